"""LayerNormalization, RMSNormalization, GroupNormalization, UnitNormalization."""

from __future__ import annotations

from typing import Any

from keras_core import ops
from keras_core.core import shapes
from keras_core.core.limits import AXES, AXIS, BOOL, NOT_NEGATIVE, Limit, optional
from keras_core.layers.base.input_spec import InputSpec
from keras_core.layers.base.options import OptionsLayer


class _SampleNormalization(OptionsLayer):
    """Normalisation of each sample by itself."""

    def _axes_of(self, input_shape: Any) -> tuple[int, ...]:
        axis = list(self.axis) if isinstance(self.axis, (list, tuple)) else self.axis
        return shapes.axis_tuple(axis, len(input_shape), f"{self._owner}: axis")

    def _known(self, input_shape: Any, axes: tuple[int, ...]) -> tuple[int, ...]:
        """The sizes along `axes`."""
        sizes = tuple(input_shape[a] for a in axes)
        if None in sizes:
            raise self._refuse(
                f"inputs along axis {self.axis}", "have known sizes", tuple(input_shape)
            )
        return sizes

    def _affine(self, shape: tuple[int, ...]) -> None:
        """Make `gamma` and `beta`, as far as they are asked for."""
        self.gamma = self.beta = None
        if self.scale:
            self.gamma = self.add_weight(
                name="gamma",
                shape=shape,
                initializer=self.gamma_initializer,
                regularizer=self.gamma_regularizer,
                constraint=self.gamma_constraint,
                autocast=False,
            )
        if self.center:
            self.beta = self.add_weight(
                name="beta",
                shape=shape,
                initializer=self.beta_initializer,
                regularizer=self.beta_regularizer,
                constraint=self.beta_constraint,
                autocast=False,
            )

    def compute_output_shape(self, input_shape: Any) -> shapes.Shape:
        self._axes_of(input_shape)
        return tuple(input_shape)


class LayerNormalization(_SampleNormalization):
    """Give each sample mean 0 and variance 1 over some axes, then scale and shift it.

    Args:
        axis: the axes, an int or several.
        epsilon: added to the variance; None for `keras.config.epsilon()`.
        center: whether there is an offset, `beta`.
        scale: whether there is a factor, `gamma`.
        beta_initializer: of the offset.
        gamma_initializer: of the factor.
        beta_regularizer: a penalty of the offset, or None.
        gamma_regularizer: a penalty of the factor, or None.
        beta_constraint: a projection of the offset after each step, or None.
        gamma_constraint: a projection of the factor after each step, or None.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`; `rms_scaling=True` of old files
            leaves the mean where it is and has no offset (use `RMSNormalization`).

    Raises:
        ValueError: if an argument is outside of its limits.

    Reference:
        Ba et al., 2016, https://arxiv.org/abs/1607.06450

    Example:

    >>> import keras_core as keras
    >>> y = keras.layers.LayerNormalization(epsilon=0.0)(keras.ops.convert_to_tensor([[1.0, 3.0]]))
    >>> keras.ops.convert_to_numpy(y).tolist()
    [[-1.0, 1.0]]
    """

    limits = {"axis": AXES, "epsilon": optional(NOT_NEGATIVE), "center": BOOL, "scale": BOOL}
    passes_masks = True

    def __init__(
        self,
        axis: int | list[int] = -1,
        epsilon: float | None = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        rms_scaling = bool(kwargs.pop("rms_scaling", False))
        super().__init__(**kwargs)
        if isinstance(axis, tuple):
            axis = list(axis)
        self._set_options(locals())
        self.rms_scaling = rms_scaling

    def build(self, input_shape: Any) -> None:
        axes = self._axes_of(input_shape)
        shape = self._known(input_shape, axes)
        self._affine(shape)
        if self.rms_scaling and self.beta is not None:
            self._untrack_variable(self.beta)
            self.beta = None
        self._axes = axes[0] - len(input_shape) if len(axes) == 1 else axes
        self.input_spec = InputSpec(ndim=len(input_shape), axes=dict(zip(axes, shape, strict=True)))

    def call(self, inputs: Any) -> Any:
        gamma, beta = self.gamma, self.beta
        gamma = gamma if gamma is None else gamma.tensor
        beta = beta if beta is None else beta.tensor
        if self.rms_scaling or self.compute_dtype != self.variable_dtype:
            return self._general(inputs, gamma, beta)
        return ops.layer_normalization(inputs, gamma, beta, self._axes, self.epsilon)

    def _general(self, inputs: Any, gamma: Any, beta: Any) -> Any:
        compute = self.compute_dtype
        x = ops.cast(inputs, "float32" if compute in ("float16", "bfloat16") else compute)
        options = {"rms_scaling": True} if self.rms_scaling else {}
        y = ops.layer_normalization(x, gamma, beta, self._axes, self.epsilon, **options)
        return ops.cast(y, compute)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rms_scaling": self.rms_scaling}


class RMSNormalization(_SampleNormalization):
    """Divide each sample by the root of its mean square over some axes, then scale it.

    Args:
        axis: the axes, an int or several.
        epsilon: added to the mean square; None for `keras.config.epsilon()`.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if an argument is outside of its limits.

    Reference:
        Zhang and Sennrich, 2019, https://arxiv.org/abs/1910.07467

    Example:

    >>> import keras_core as keras
    >>> y = keras.layers.RMSNormalization(epsilon=0.0)(keras.ops.convert_to_tensor([[2.0, -2.0]]))
    >>> keras.ops.convert_to_numpy(y).tolist()
    [[1.0, -1.0]]
    """

    limits = {"axis": AXES, "epsilon": optional(NOT_NEGATIVE)}
    passes_masks = True

    def __init__(
        self, axis: int | list[int] = -1, epsilon: float | None = 1e-6, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self._set_options(locals())

    def build(self, input_shape: Any) -> None:
        axes = self._axes_of(input_shape)
        shape = self._known(input_shape, axes)
        self.scale = self.add_weight(name="scale", shape=shape, initializer="ones")
        self._axes = axes[0] if len(axes) == 1 else axes
        self.input_spec = InputSpec(ndim=len(input_shape), axes=dict(zip(axes, shape, strict=True)))

    def call(self, x: Any) -> Any:
        return ops.rms_normalization(x, self.scale.tensor, self._axes, self.epsilon)


class GroupNormalization(_SampleNormalization):
    """Normalise each sample over groups of channels and all other axes.

    Args:
        groups: how many groups the channels are split into; -1 for one a channel.
        axis: the channels' axis.
        epsilon: added to the variance.
        center: whether there is an offset, `beta`.
        scale: whether there is a factor, `gamma`.
        beta_initializer: of the offset.
        gamma_initializer: of the factor.
        beta_regularizer: a penalty of the offset, or None.
        gamma_regularizer: a penalty of the factor, or None.
        beta_constraint: a projection of the offset after each step, or None.
        gamma_constraint: a projection of the factor after each step, or None.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if an argument is outside of its limits, or the channels are no multiple of
            the groups.

    Reference:
        Wu and He, 2018, https://arxiv.org/abs/1803.08494

    Example:

    >>> import keras_core as keras
    >>> x = keras.ops.convert_to_tensor([[1.0, 3.0, 5.0, 9.0]])
    >>> y = keras.layers.GroupNormalization(groups=2, epsilon=0.0)(x)
    >>> keras.ops.convert_to_numpy(y).tolist()
    [[-1.0, 1.0, -1.0, 1.0]]
    """

    limits = {
        "groups": Limit(
            "be a positive int, or -1",
            lambda v: isinstance(v, int) and not isinstance(v, bool) and (v > 0 or v == -1),
            (0, -2, 1.5, "all", None),
        ),
        "axis": AXIS,
        "epsilon": NOT_NEGATIVE,
        "center": BOOL,
        "scale": BOOL,
    }
    passes_masks = True

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._set_options(locals())

    def build(self, input_shape: Any) -> None:
        (axis,) = self._axes_of(input_shape)
        (size,) = self._known(input_shape, (axis,))
        if self.groups == -1:
            self.groups = size
        if size % self.groups:
            raise ValueError(
                f"{self._owner}: the channels must be a multiple of groups. Received: inputs of "
                f"shape {tuple(input_shape)}, groups={self.groups}"
            )
        self._affine((size,))
        self._channel = axis
        self.input_spec = InputSpec(ndim=len(input_shape), axes={axis: size})

    def call(self, inputs: Any) -> Any:
        compute = self.compute_dtype
        x = ops.cast(inputs, "float32" if compute in ("float16", "bfloat16") else compute)
        shape, axis, rank = ops.shape(x), self._channel, len(inputs.shape)
        split = (*shape[:axis], self.groups, shape[axis] // self.groups, *shape[axis + 1 :])
        grouped = ops.reshape(x, split)
        axes = tuple(i for i in range(1, rank + 1) if i != axis)
        mean, variance = ops.moments(grouped, axes, keepdims=True)
        y = ops.multiply(ops.subtract(grouped, mean), ops.rsqrt(ops.add(variance, self.epsilon)))
        y = ops.reshape(y, shape)
        along = tuple(-1 if i == axis else 1 for i in range(rank))
        if self.gamma is not None:
            y = ops.multiply(y, ops.reshape(self.gamma.tensor, along))
        if self.beta is not None:
            y = ops.add(y, ops.reshape(self.beta.tensor, along))
        return ops.cast(y, compute)


class UnitNormalization(_SampleNormalization):
    """Scale each sample to norm 1 over some axes.

    Args:
        axis: the axes, an int or several.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if axis is no int and no list of ints.

    Example:

    >>> import keras_core as keras
    >>> y = keras.layers.UnitNormalization()(keras.ops.convert_to_tensor([[3.0, 4.0]]))
    >>> keras.ops.convert_to_numpy(y).round(3).tolist()
    [[0.6, 0.8]]
    """

    limits = {"axis": AXES}
    passes_masks = True

    def __init__(self, axis: int | list[int] = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if isinstance(axis, tuple):
            axis = list(axis)
        self._set_options(locals())

    def build(self, input_shape: Any) -> None:
        self._axes_of(input_shape)

    def call(self, inputs: Any) -> Any:
        axis = self.axis if isinstance(self.axis, int) else tuple(self.axis)
        return ops.normalize(inputs, axis=axis, order=2, epsilon=1e-12)
