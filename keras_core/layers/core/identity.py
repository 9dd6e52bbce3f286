"""Identity and Masking."""

from __future__ import annotations

from typing import Any

from keras_core import ops
from keras_core.core import masks, tree
from keras_core.core.limits import COMPARABLE
from keras_core.layers.base.options import OptionsLayer
from keras_core.symbolic.keras_tensor import KerasTensor


class Identity(OptionsLayer):
    """Give back what comes in.

    Args:
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Example:

    >>> import keras_core as keras
    >>> tuple(keras.layers.Identity()(keras.ops.ones((2, 3))).shape)
    (2, 3)
    """

    passes_masks = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._set_options({})

    def build(self, input_shape: Any) -> None:
        """An identity has no weights."""

    def call(self, inputs: Any) -> Any:
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def compute_output_spec(self, inputs: Any) -> Any:
        return tree.map_structure(
            lambda x: KerasTensor(x.shape, x.dtype, sparse=x.sparse, ragged=x.ragged), inputs
        )


class Masking(OptionsLayer):
    """Mask the steps at which all features have a value, for the layers that follow.

    What is masked is also set to 0.

    Args:
        mask_value: the value, or one for each feature. NaN, which equals nothing, is none:
            put numbers into the data where it has NaN.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if mask_value is not a number, or numbers.

    Example:

    >>> import keras_core as keras
    >>> x = keras.ops.convert_to_tensor([[[1.0, 2.0], [0.0, 0.0]]])
    >>> keras.ops.convert_to_numpy(keras.layers.Masking().compute_mask(x)).tolist()
    [[True, False]]
    """

    passes_masks = True
    limits = {"mask_value": COMPARABLE}

    def __init__(self, mask_value: Any = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if isinstance(mask_value, dict):  # a tensor in a config
            from keras_core.core import registry

            mask_value = registry.deserialize_keras_object(mask_value)
        self._set_options(locals())
        masks.start()

    def build(self, input_shape: Any) -> None:
        """Masking has no weights."""

    def call(self, inputs: Any) -> Any:
        keep = ops.any(ops.not_equal(inputs, self.mask_value), axis=-1, keepdims=True)
        return ops.multiply(inputs, ops.cast(keep, ops.dtype(inputs)))

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return ops.any(ops.not_equal(inputs, self.mask_value), axis=-1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return tuple(input_shape)
