"""The tensorflow backend. One file for each section of `backends.contract`."""

CAPABILITIES = frozenset(
    {"gradients", "jit", "graph", "complex", "x64", "sparse", "ragged", "strings", "unsigned"}
)
FAMILIES = (
    "arrays", "elementwise", "reductions", "shaping", "indexing", "linalg", "spectral", "nn",
    "convolution", "image", "control",
)  # fmt: skip
