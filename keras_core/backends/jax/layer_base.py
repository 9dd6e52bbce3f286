"""What `Layer` stands on with JAX: nothing."""


class LayerBase:
    """The base of `Layer` on this backend."""


class StateBase:
    """The base of optimizers and metrics on this backend."""
