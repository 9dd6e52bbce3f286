"""Muon: orthogonalized momentum for matrices, AdamW for the rest."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from keras_core import ops
from keras_core.optimizers import scalar
from keras_core.optimizers.optimizer import SlotOptimizer


class Muon(SlotOptimizer):
    """Momentum whose singular values are all brought near 1, for the hidden layers' matrices.

    Jordan et al., 2024, "Muon: an optimizer for hidden layers in neural networks"; the scale by
    `rms_rate` is Liu et al.'s, 2025, https://arxiv.org/abs/2502.16982. Variables that are not
    matrices, embeddings, and `exclude_layers` are updated by AdamW.

    Args:
        learning_rate: see `keras.optimizers.Optimizer`.
        adam_beta_1: AdamW's first momentum.
        adam_beta_2: AdamW's second momentum.
        adam_weight_decay: the weight decay of the variables that AdamW updates.
        epsilon: keeps AdamW's division finite.
        weight_decay: the weight decay of Muon's matrices.
        clipnorm: see `keras.optimizers.Optimizer`; so with the rest up to `name`.
        exclude_layers: regular expressions; variables in whose path one is found go to AdamW.
        exclude_embeddings: whether variables with "embedding" in their path go to AdamW.
        muon_a: the iteration's first coefficient.
        muon_b: its second.
        muon_c: its third.
        adam_lr_ratio: AdamW's rate, as a multiple of `learning_rate`.
        momentum: from 0 to 1, how much of the last step is kept.
        ns_steps: how many Newton-Schulz iterations are made.
        nesterov: whether the gradient is taken ahead of the step.
        rms_rate: the steps' root mean square, as a multiple of the rate; None: unscaled.

    Example:

    >>> import keras_core as keras
    >>> v = keras.Variable([[1.0, 0.0], [0.0, 1.0]], name="kernel")
    >>> keras.optimizers.Muon(0.1).apply(
    ...     [keras.ops.convert_to_tensor([[1.0, 0.0], [0.0, 2.0]])], [v]
    ... )
    >>> float(v.numpy()[0, 0]) < 1
    True
    """

    config_arguments = (
        "adam_beta_1",
        "adam_beta_2",
        "epsilon",
        "exclude_layers",
        "muon_a",
        "muon_b",
        "muon_c",
        "adam_lr_ratio",
        "momentum",
        "ns_steps",
        "nesterov",
        "exclude_embeddings",
        "adam_weight_decay",
        "rms_rate",
    )

    def __init__(
        self,
        learning_rate: Any = 0.001,
        adam_beta_1: float = 0.9,
        adam_beta_2: float = 0.999,
        adam_weight_decay: float | None = 0.004,
        epsilon: float = 1e-7,
        weight_decay: float | None = 0.004,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        exclude_layers: Sequence[str] | None = None,
        exclude_embeddings: bool = True,
        muon_a: float = 3.4445,
        muon_b: float = -4.775,
        muon_c: float = 2.0315,
        adam_lr_ratio: float = 1,
        momentum: float = 0.95,
        ns_steps: int = 5,
        nesterov: bool = True,
        rms_rate: float | None = 0.2,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            learning_rate,
            weight_decay,
            clipnorm,
            clipvalue,
            global_clipnorm,
            use_ema,
            ema_momentum,
            ema_overwrite_frequency,
            loss_scale_factor,
            gradient_accumulation_steps,
            name,
            **kwargs,
        )
        self.adam_beta_1, self.adam_beta_2 = adam_beta_1, adam_beta_2
        self.adam_weight_decay, self.adam_lr_ratio = adam_weight_decay, adam_lr_ratio
        self.muon_a, self.muon_b, self.muon_c = muon_a, muon_b, muon_c
        self.momentum, self.nesterov = momentum, nesterov
        self.epsilon, self.ns_steps, self.rms_rate = epsilon, ns_steps, rms_rate
        self.exclude_layers = list(exclude_layers or ())
        self.exclude_embeddings = exclude_embeddings

    def _uses_adam(self, variable: Any) -> bool:
        """Whether AdamW updates a variable."""
        if len(variable.shape) != 2:
            return True
        if self.exclude_embeddings and "embedding" in variable.path.lower():
            return True
        return any(re.search(pattern, variable.path) for pattern in self.exclude_layers)

    def init_slots(self, variables: Sequence[Any]) -> list[tuple[Any, ...]]:
        """The momentum, and for AdamW's variables the second moment."""
        found: list[tuple[Any, ...]] = []
        for variable in variables:
            if variable.overwrite_with_gradient:
                found.append((None,))
                continue
            names = ("momentum", "velocity") if self._uses_adam(variable) else ("momentum",)
            found.append(tuple(self.add_variable_from_reference(variable, name) for name in names))
        return found

    def begin(self, learning_rate: Any, step: scalar.Scalar) -> Any:
        """Muon's rate, and AdamW's with the bias corrections."""
        second = scalar.sqrt(1.0 - scalar.power(self.adam_beta_2, step))
        first = 1.0 - scalar.power(self.adam_beta_1, step)
        return learning_rate, learning_rate * self.adam_lr_ratio * second / first

    def update(self, gradient: Any, value: Any, slots: tuple, shared: Any) -> tuple[Any, tuple]:
        """The rule."""
        learning_rate, adam_rate = shared
        if len(slots) == 2:
            momentum, velocity = slots
            momentum = momentum + (gradient - momentum) * (1.0 - self.adam_beta_1)
            velocity = velocity + (ops.square(gradient) - velocity) * (1.0 - self.adam_beta_2)
            step = momentum * adam_rate / (ops.sqrt(velocity) + self.epsilon)
            return value - step, (momentum, velocity)
        momentum = slots[0] * self.momentum + gradient
        direction = gradient + momentum * self.momentum if self.nesterov else momentum
        step = self.lr_adjust(self.zeropower_via_newtonschulz5(direction, self.ns_steps))
        return value - step * learning_rate, (momentum,)

    def _decay_of(self, variable: Any) -> float:
        adam = len(self._slots[self._index[id(variable)]]) == 2
        return (self.adam_weight_decay if adam else self.weight_decay) or 0.0

    def transpose_last_axis(self, X: Any) -> Any:
        """`X` with its last two axes swapped."""
        return ops.swapaxes(X, -1, -2)

    def lr_adjust(self, x: Any) -> Any:
        """A step scaled so that its root mean square is about `rms_rate`."""
        if self.rms_rate is None:
            return x
        return x * (self.rms_rate * max(x.shape[-2:]) ** 0.5)

    def zeropower_via_newtonschulz5(self, x: Any, steps: int) -> Any:
        """A matrix with the same singular vectors and singular values near 1.

        Args:
            x: a tensor of shape `(..., rows, columns)`.
            steps: how many iterations of `x = a x + b (x x') x + c (x x')^2 x` are made.
        """
        tall = x.shape[-2] > x.shape[-1]
        if tall:
            x = self.transpose_last_axis(x)
        # The iteration needs a spectral norm of at most 1, of which this is an upper bound.
        x = x / (ops.sqrt(ops.sum(ops.square(x), axis=(-2, -1), keepdims=True)) + 1e-7)
        for _ in range(steps):
            gram = ops.matmul(x, self.transpose_last_axis(x))
            mix = gram * self.muon_b + ops.matmul(gram, gram) * self.muon_c
            x = x * self.muon_a + ops.matmul(mix, x)
        return self.transpose_last_axis(x) if tall else x
