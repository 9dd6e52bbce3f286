"""BatchNormalization."""

from __future__ import annotations

from typing import Any

from keras_core import ops
from keras_core.backends.select import backend
from keras_core.core import shapes
from keras_core.core.limits import AXIS, BOOL, FRACTION, NOT_NEGATIVE
from keras_core.layers.base.input_spec import InputSpec
from keras_core.layers.base.options import OptionsLayer

# Normalisation by the batch's own moments in one pass, where the framework has it:
# `(x, gamma, beta, axis, epsilon) -> (y, mean, variance)`, or None for a shape it does not take.
_fused = backend.nn.normalize_batch


class BatchNormalization(OptionsLayer):
    """Normalise each feature over the batch, then scale and shift it by learnt weights.

    While training, mean and variance are the batch's own and enter moving averages:
    `moving = momentum * moving + (1 - momentum) * batch's`. Otherwise, and where the layer is
    not trainable, the moving ones are used. Samples or steps that a mask leaves out do not
    count.

    Args:
        axis: the features' axis: 1 with channels first.
        momentum: of the moving averages, from 0 to 1.
        epsilon: added to the variance.
        center: whether there is an offset, `beta`.
        scale: whether there is a factor, `gamma`.
        beta_initializer: of the offset.
        gamma_initializer: of the factor.
        moving_mean_initializer: of the moving mean.
        moving_variance_initializer: of the moving variance.
        beta_regularizer: a penalty of the offset, or None.
        gamma_regularizer: a penalty of the factor, or None.
        beta_constraint: a projection of the offset after each step, or None.
        gamma_constraint: a projection of the factor after each step, or None.
        renorm: whether to correct the batch's moments towards moving ones while training
            (batch renormalisation, for small batches).
        renorm_clipping: limits of that correction: a dict with any of "rmax", "rmin", "dmax".
        renorm_momentum: of the moving moments used for it.
        synchronized: whether moments are taken over all replicas: those of a `tf.distribute`
            strategy or of `torch.distributed`, the axes that `jax.pmap` and `shard_map` map.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Call arguments:
        inputs: a tensor.
        training: whether the batch's own moments are used.
        mask: bool, of the leading axes of `inputs`; None for all.

    Raises:
        ValueError: if an argument is outside of its limits.

    References:
        Ioffe and Szegedy, 2015, https://arxiv.org/abs/1502.03167;
        Ioffe, 2017, https://arxiv.org/abs/1702.03275

    Example:

    >>> import keras_core as keras
    >>> layer = keras.layers.BatchNormalization(epsilon=0.0)
    >>> y = layer(keras.ops.convert_to_tensor([[1.0], [3.0]]), training=True)
    >>> keras.ops.convert_to_numpy(y).tolist()
    [[-1.0], [1.0]]
    """

    limits = {
        "axis": AXIS,
        "momentum": FRACTION,
        "epsilon": NOT_NEGATIVE,
        "center": BOOL,
        "scale": BOOL,
        "renorm": BOOL,
        "renorm_momentum": FRACTION,
        "synchronized": BOOL,
    }
    passes_masks = True

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        renorm: bool = False,
        renorm_clipping: dict[str, float] | None = None,
        renorm_momentum: float = 0.99,
        synchronized: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if isinstance(axis, (list, tuple)) and len(axis) == 1:  # files of Keras 2
            axis = axis[0]
        if self._check("renorm", renorm) and renorm_clipping is None:
            renorm_clipping = {}
        self._set_options(locals())
        if renorm_clipping is not None:
            known = {"rmax", "rmin", "dmax"}
            if not isinstance(renorm_clipping, dict) or renorm_clipping.keys() - known:
                raise self._refuse(
                    "renorm_clipping", f"be a dict with keys of {sorted(known)}", renorm_clipping
                )

    def build(self, input_shape: Any) -> None:
        axis = shapes.axis_index(self.axis, len(input_shape), f"{self._owner}: axis")
        size = input_shape[axis]
        if size is None:
            raise self._refuse(f"axis {self.axis} of inputs", "have a known size", input_shape)
        self.gamma = self.beta = None
        if self.scale:
            self.gamma = self.add_weight(
                name="gamma",
                shape=(size,),
                initializer=self.gamma_initializer,
                regularizer=self.gamma_regularizer,
                constraint=self.gamma_constraint,
                autocast=False,
            )
        if self.center:
            self.beta = self.add_weight(
                name="beta",
                shape=(size,),
                initializer=self.beta_initializer,
                regularizer=self.beta_regularizer,
                constraint=self.beta_constraint,
                autocast=False,
            )
        self.moving_mean = self._moving("moving_mean", size, self.moving_mean_initializer)
        self.moving_variance = self._moving(
            "moving_variance", size, self.moving_variance_initializer
        )
        if self.renorm:
            self.moving_stddev = self._moving("moving_stddev", size, "ones")
            self.renorm_mean = self._moving("renorm_mean", size, "zeros")
            self.renorm_stddev = self._moving("renorm_stddev", size, "ones")
        self._axes = tuple(i for i in range(len(input_shape)) if i != axis)
        self._axis = axis
        self.input_spec = InputSpec(ndim=len(input_shape), axes={axis: size})

    def _moving(self, name: str, size: int, initializer: Any) -> Any:
        return self.add_weight(
            name=name,
            shape=(size,),
            initializer=initializer,
            trainable=False,
            autocast=False,
        )

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        compute = self.compute_dtype
        half = compute in ("float16", "bfloat16")
        x = ops.cast(inputs, "float32" if half else compute)
        gamma = None if self.gamma is None else self.gamma.tensor
        beta = None if self.beta is None else self.beta.tensor
        if training and self.trainable:
            y = self._train(x, gamma, beta, mask)
        else:
            y = ops.batch_normalization(
                x,
                self.moving_mean.tensor,
                self.moving_variance.tensor,
                self._axis,
                beta,
                gamma,
                self.epsilon,
            )
        return ops.cast(y, compute) if half else y

    def _train(self, x: Any, gamma: Any, beta: Any, mask: Any) -> Any:
        """The result by the batch's moments, which enter the moving ones."""
        if mask is None and not self.renorm and not self.synchronized:
            found = _fused(x, gamma, beta, self._axis, self.epsilon)
            if found is not None:
                y, mean, variance = found
                self._update(mean, variance)
                return y
        if mask is None:
            mean, variance = ops.moments(x, self._axes, synchronized=self.synchronized)
        else:
            mean, variance = self._masked_moments(x, mask)
        factor, offset = gamma, beta
        if self.renorm:
            factor, offset = self._renormalized(mean, variance, gamma, beta)
            self._update(mean, None)
            self._update_stddev(variance)
        else:
            self._update(mean, variance)
        return ops.batch_normalization(x, mean, variance, self._axis, offset, factor, self.epsilon)

    def _update(self, mean: Any, variance: Any) -> None:
        self._move(self.moving_mean, mean, self.momentum)
        if variance is not None:
            self._move(self.moving_variance, variance, self.momentum)

    @staticmethod
    def _move(variable: Any, value: Any, momentum: float) -> Any:
        """Take a moving average a step on. What is equal already stays so bit for bit."""
        old = variable.tensor
        step = ops.multiply(ops.subtract(ops.stop_gradient(value), old), 1.0 - momentum)
        return variable.assign(ops.add(old, step))

    def _update_stddev(self, variance: Any) -> None:
        """With renormalisation it is the deviation that is averaged."""
        stddev = ops.sqrt(ops.add(variance, self.epsilon))
        moved = self._move(self.moving_stddev, stddev, self.momentum)
        self.moving_variance.assign(ops.relu(ops.subtract(ops.square(moved), self.epsilon)))

    def _masked_moments(self, x: Any, mask: Any) -> tuple[Any, Any]:
        weights = ops.cast(mask, ops.dtype(x))
        missing = len(x.shape) - len(mask.shape)
        if missing:
            weights = ops.expand_dims(weights, tuple(range(len(mask.shape), len(x.shape))))
        weights = ops.broadcast_to(weights, (*ops.shape(weights)[:-1], ops.shape(x)[-1]))
        total = self._total if self.synchronized else lambda v: ops.sum(v, self._axes, True)
        if self._axis != len(x.shape) - 1:
            weights = ops.broadcast_to(weights, ops.shape(x))
        counted = ops.multiply(weights, ops.ones_like(x))
        count = ops.maximum(total(counted), 1e-7)
        mean = ops.divide(total(ops.multiply(x, counted)), count)
        centred = ops.subtract(x, mean)
        squares = ops.multiply(ops.square(centred), counted)
        variance = ops.divide(total(squares), count)
        return ops.reshape(mean, (-1,)), ops.reshape(variance, (-1,))

    def _total(self, values: Any) -> Any:
        """Sums over the batch, as their mean over all replicas: only ratios of them are used."""
        sums = ops.sum(values, self._axes, True)
        return ops.moments(ops.expand_dims(sums, 0), [0], synchronized=True)[0]

    def _renormalized(self, mean: Any, variance: Any, gamma: Any, beta: Any) -> tuple[Any, Any]:
        """Factor and offset that take the batch's moments to moving ones, within limits."""
        clip = self.renorm_clipping or {}
        stddev = ops.sqrt(ops.add(variance, self.epsilon))
        old_mean, old_stddev = self.renorm_mean.tensor, self.renorm_stddev.tensor
        r = ops.divide(stddev, old_stddev)
        d = ops.divide(ops.subtract(mean, old_mean), old_stddev)
        if "rmin" in clip or "rmax" in clip:
            r = ops.clip(r, clip.get("rmin", 0.0), clip.get("rmax", float("inf")))
        if "dmax" in clip:
            d = ops.clip(d, -clip["dmax"], clip["dmax"])
        r, d = ops.stop_gradient(r), ops.stop_gradient(d)
        self._move(self.renorm_mean, mean, self.renorm_momentum)
        self._move(self.renorm_stddev, stddev, self.renorm_momentum)
        factor = r if gamma is None else ops.multiply(r, gamma)
        offset = d if gamma is None else ops.multiply(d, gamma)
        return factor, offset if beta is None else ops.add(offset, beta)

    def compute_output_shape(self, input_shape: Any) -> shapes.Shape:
        return tuple(input_shape)
