"""SpectralNormalization."""

from __future__ import annotations

from typing import Any

from keras_core import ops
from keras_core.core import scopes, shapes
from keras_core.core.limits import POSITIVE_INT
from keras_core.layers.base.input_spec import InputSpec
from keras_core.layers.core.wrapper import Wrapper


class SpectralNormalization(Wrapper):
    """Divide a layer's kernel by its largest singular value, found by power iteration.

    The iteration goes on with each call while training, and the kernel is replaced by its
    normalised form.

    Args:
        layer: a layer with a `kernel` or `embeddings`.
        power_iterations: how many iterations a call makes, a positive int.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if an argument is outside of its limits, or the layer has no such weight.

    Reference:
        Miyato et al., 2018, https://arxiv.org/abs/1802.05957

    Example:

    >>> import keras_core as keras
    >>> layer = keras.layers.SpectralNormalization(keras.layers.Dense(3))
    >>> tuple(layer(keras.ops.ones((2, 4)), training=True).shape)
    (2, 3)
    """

    limits = {"power_iterations": POSITIVE_INT}

    def __init__(self, layer: Any, power_iterations: int = 1, **kwargs: Any) -> None:
        super().__init__(layer, **kwargs)
        self._set_options(locals())

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        name = next((n for n in ("kernel", "embeddings") if hasattr(self.layer, n)), None)
        if name is None:
            raise self._refuse("layer", "have a kernel or embeddings", self.layer)
        # Set here too, the weight stands first among the variables, as in files.
        self.kernel = getattr(self.layer, name)
        self.input_spec = InputSpec(shape=(None, *input_shape[1:]))
        self.vector_u = self.add_weight(
            name="vector_u",
            shape=(1, self.kernel.shape[-1]),
            initializer="truncated_normal",
            dtype=self.kernel.dtype,
            trainable=False,
        )

    def call(self, inputs: Any, training: bool = False) -> Any:
        if training:
            kernel, u = self.normalized_weights()
            self.kernel.assign(kernel)
            self.vector_u.assign(u)
        return ops.cast(self.layer(inputs), self.compute_dtype)

    def normalized_weights(self) -> tuple[Any, Any]:
        """The kernel divided by its largest singular value, and the vector that found it."""
        with scopes.AutocastScope(None):
            kernel, u = self.kernel.tensor, self.vector_u.tensor
        matrix = ops.reshape(kernel, (-1, kernel.shape[-1]))
        v = None
        for _ in range(self.power_iterations):
            v = ops.normalize(ops.matmul(u, ops.transpose(matrix)), axis=-1, epsilon=1e-12)
            u = ops.normalize(ops.matmul(v, matrix), axis=-1, epsilon=1e-12)
        u, v = ops.stop_gradient(u), ops.stop_gradient(v)
        sigma = ops.matmul(ops.matmul(v, matrix), ops.transpose(u))
        return ops.divide(kernel, ops.reshape(sigma, ())), u

    def compute_output_shape(self, input_shape: Any) -> shapes.Shape:
        return self.layer.compute_output_shape(input_shape)
