"""The jax backend. One file for each section of `backends.contract`."""

CAPABILITIES = frozenset(
    {"unsigned", "gradients", "jit", "functional", "complex", "sparse", "sharding"}
)
FAMILIES = (
    "arrays", "elementwise", "reductions", "shaping", "indexing", "linalg", "spectral", "nn",
    "convolution", "image", "control",
)  # fmt: skip
