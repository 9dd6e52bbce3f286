"""Pooling: windows of inputs reduced to one value each."""
