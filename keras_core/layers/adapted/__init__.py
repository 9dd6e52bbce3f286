"""Low-rank updates and quantization of layers, outside of the layers' own files.

`Adaptable` (seam) is what a layer with one large weight inherits; the schemes say how each mode
stores the weight and computes with it: `products` for Dense and EinsumDense, `tables` for
embeddings, `float8` for training with 8-bit floats.
"""
