"""What `Layer` stands on with JAX: nothing."""


class LayerBase:
    """The base of `Layer` on this backend."""
