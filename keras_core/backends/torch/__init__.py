"""The torch backend. One file for each section of `backends.contract`."""

CAPABILITIES = frozenset(
    {"gradients", "jit", "eager", "complex", "x64", "sparse", "fused_attention"}
)
FAMILIES = (
    "arrays", "elementwise", "reductions", "shaping", "indexing", "linalg", "spectral", "nn",
    "convolution", "image", "control",
)  # fmt: skip
