"""What `Layer` stands on with NumPy: nothing."""


class LayerBase:
    """The base of `Layer` on this backend."""
