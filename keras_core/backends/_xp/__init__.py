"""Bodies that the NumPy and JAX backends share: written against `xp`, either module."""
