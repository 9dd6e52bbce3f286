"""What `Layer` stands on with JAX: a plain class."""

from __future__ import annotations

import sys


class LayerBase:
    """The base of `Layer` on this backend."""

    name: str

    def _overlooked(self) -> list[str]:
        """What to say of modules of NNX among the attributes that have parameters."""
        nnx = sys.modules.get("flax.nnx")
        if nnx is None:
            return []
        return [
            f"{type(self).__name__} {self.name!r}: the parameters of its attribute {name!r}, a "
            f"{type(x).__name__} of flax.nnx, are neither trained nor saved with it. Keep it as a "
            f"layer: self.{name} = keras.layers.FlaxLayer(module)"
            for name, x in vars(self).items()
            if isinstance(x, nnx.Module) and nnx.state(x, nnx.Param)
        ]


class StateBase:
    """The base of optimizers and metrics on this backend."""
