"""The numpy backend. One file for each section of `backends.contract`."""

CAPABILITIES = frozenset({"unsigned", "complex"})
FAMILIES = (
    "arrays", "elementwise", "reductions", "shaping", "indexing", "linalg", "spectral", "nn",
    "convolution", "image", "control",
)  # fmt: skip
