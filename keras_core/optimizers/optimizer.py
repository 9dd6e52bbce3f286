"""Optimizer: what surrounds every update rule, from gradients to assigned variables.

A rule is a class with slots (named variables beside each trainable one), `begin`, which
works out once a step what all updates share, and `update`, a pure function of one gradient,
value and slots. The base class does the rest: building, clipping, weight decay, loss scaling,
gradient accumulation, moving averages, constraints and the step count. Where the backend has
a fused kernel for a rule (`backend.optimizers.FUSED`) it replaces the calls of `update`.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from keras_core import ops
from keras_core.backends.select import backend, state_base, variable_class
from keras_core.backends.variable import BaseVariable, Native
from keras_core.core import dtypes, naming, old_names, scopes
from keras_core.core.identity import ByIdentity
from keras_core.ops._door import Tensor
from keras_core.optimizers import scalar
from keras_core.optimizers.averages import AveragesMixin
from keras_core.optimizers.initial import ZEROS, Constant, initializer_of
from keras_core.optimizers.schedules.schedule import (
    LearningRateSchedule,
    OfStep,
    is_rule,
    takes_step,
)
from keras_core.optimizers.state import StateMixin

_native = backend.optimizers
_arrays = backend.arrays
_StateBase = state_base()
_take_waiting: Callable[[Any], None] | None = getattr(_StateBase, "_take_waiting", None)
Rate = Any


class Optimizer(AveragesMixin, StateMixin, _StateBase):
    """What all optimizers share.

    A subclass defines `slot_groups` and `update` (and `begin`, where something can be worked
    out once for all variables); or, in the form that Keras documents, `build` and
    `update_step`.

    Args:
        learning_rate: a float, a `LearningRateSchedule`, or a function of the step or of nothing.
        weight_decay: None, or the fraction, times the learning rate, by which variables
            shrink every step, apart from the gradient.
        clipnorm: None, or the largest norm of each gradient.
        clipvalue: None, or the largest size of each gradient's elements.
        global_clipnorm: None, or the largest norm of all gradients together.
        use_ema: whether to keep exponential moving averages of the variables.
        ema_momentum: how much of the average stays every step, from 0 to 1.
        ema_overwrite_frequency: after how many steps variables are set to their averages; None:
            only by `finalize_variable_values`, at the end of training.
        loss_scale_factor: None, or a factor by which the loss is multiplied, and gradients are
            divided, against underflow.
        gradient_accumulation_steps: None, or over how many steps (at least 2) gradients are
            averaged before one update.
        name: a string; made from the class name if None.

    Raises:
        ValueError: if an argument is out of range or unknown.

    Example:

    >>> import keras_core as keras
    >>> class SignDescent(keras.Optimizer):
    ...     def update(self, gradient, value, slots, shared):
    ...         return value - shared * keras.ops.sign(gradient), ()
    >>> v = keras.Variable([1.0, 2.0])
    >>> SignDescent(0.5).apply([keras.ops.convert_to_tensor([3.0, -4.0])], [v])
    >>> v.numpy().tolist()
    [0.5, 2.5]
    """

    #: The name of the fused kernel in `backend.optimizers.FUSED`, if there is one.
    fused: str | None = None

    _untracked: frozenset[str] = getattr(_StateBase, "_bookkeeping", frozenset())

    def __getattr__(self, name: str) -> Any:
        raise old_names.missing_attribute(self, name)

    @property
    def lr(self) -> Any:
        """`learning_rate` by its older name."""
        return self.learning_rate

    @lr.setter
    def lr(self, value: Any) -> None:
        self.learning_rate = value

    def __init__(
        self,
        learning_rate: Any = 0.001,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        cls = type(self).__name__
        learning_rate = kwargs.pop("lr", learning_rate)  # as it was called once
        if kwargs.pop("decay", None) is not None:
            warnings.warn(
                f"{cls}: `decay` is ignored; use a schedule from keras.optimizers.schedules.",
                stacklevel=3,
            )
        if kwargs:
            raise ValueError(f"{cls}: unknown arguments {sorted(kwargs)}")
        if sum(x is not None for x in (clipnorm, clipvalue, global_clipnorm)) > 1:
            raise ValueError(
                f"{cls}: only one of clipnorm, clipvalue and global_clipnorm must be given. "
                f"Received: clipnorm={clipnorm}, clipvalue={clipvalue}, "
                f"global_clipnorm={global_clipnorm}"
            )
        for argument, value in (
            ("clipnorm", clipnorm),
            ("clipvalue", clipvalue),
            ("global_clipnorm", global_clipnorm),
            ("loss_scale_factor", loss_scale_factor),
        ):
            if value is not None and (not hasattr(value, "__float__") or not value > 0):
                raise ValueError(f"{cls}: {argument} must be positive. Received: {value!r}")
        if use_ema and not 0 <= ema_momentum <= 1:
            raise ValueError(
                f"{cls}: ema_momentum must be from 0 to 1. Received: ema_momentum={ema_momentum}"
            )
        for argument, value, least in (
            ("ema_overwrite_frequency", ema_overwrite_frequency, 1),
            ("gradient_accumulation_steps", gradient_accumulation_steps, 2),
        ):
            if value is not None and (
                isinstance(value, bool) or not isinstance(value, int) or value < least
            ):
                raise ValueError(
                    f"{cls}: {argument} must be an integer of at least {least}, or None. "
                    f"Received: {argument}={value!r}"
                )
        self.name = naming.given_or_auto(name, cls)
        self.weight_decay = weight_decay
        self.clipnorm = clipnorm
        self.clipvalue = clipvalue
        self.global_clipnorm = global_clipnorm
        self.use_ema = use_ema
        self.ema_momentum = ema_momentum
        self.ema_overwrite_frequency = ema_overwrite_frequency if use_ema else None
        self.loss_scale_factor = loss_scale_factor
        self.gradient_accumulation_steps = gradient_accumulation_steps
        self.built = False
        self._variables: list[Any] = []
        self._trainable_variables: list[Any] = []
        self._index = ByIdentity()  # where a trained variable stands
        self._adopted = ByIdentity()  # by the framework's own variable
        self._excluded = ByIdentity()  # from weight decay
        self._averages: list[Any] = []
        self._accumulated: list[Any] = []
        self._slots: list[tuple[Any, ...]] = []
        self._shared: tuple[Any, Any] | None = None
        with scopes.name_scope(self.name):
            self._iterations = self._new_variable("iteration", (), "int32", ZEROS)
            self._learning_rate = self._as_rate(learning_rate)

    # Variables ---------------------------------------------------------------------------

    def _new_variable(self, name: str, shape: Any, dtype: str, initializer: Any) -> Any:
        variable = variable_class()(
            initializer, shape=shape, dtype=dtype, trainable=False, autocast=False, name=name
        )
        return self._kept(variable)

    def _kept(self, variable: Any) -> Any:
        self._variables.append(variable)
        if _take_waiting is not None:
            _take_waiting(self)
        return variable

    def _as_rate(self, value: Any) -> Any:
        if is_rule(value):
            return OfStep(value) if takes_step(value) else value
        try:  # "0.1" comes from a file or a command line by mistake
            number = float(value if not isinstance(value, str) else "a rate")
        except (TypeError, ValueError):
            raise ValueError(
                f"{type(self).__name__}: learning_rate must be a float, a LearningRateSchedule "
                f"or a function of the step or of nothing. Received: learning_rate={value!r}"
            ) from None
        return self._new_variable("learning_rate", (), scalar.dtype(), Constant(number))

    @property
    def variables(self) -> list[Any]:
        """The optimizer's own variables: the step, the learning rate, then the slots."""
        return self._variables[:]

    @property
    def iterations(self) -> Any:
        """How many updates were made: a variable, a tensor under gradient accumulation."""
        if self.gradient_accumulation_steps:
            return ops.floor_divide(self._iterations.tensor, self.gradient_accumulation_steps)
        return self._iterations

    @property
    def learning_rate(self) -> Any:
        """The learning rate: a variable, or the current value of the schedule."""
        rate = self._learning_rate
        if isinstance(rate, LearningRateSchedule):
            return rate(self._iterations.tensor)
        return rate() if is_rule(rate) else rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        if is_rule(value):
            old = self._learning_rate
            self._variables = [v for v in self._variables if v is not old]
            self._learning_rate = self._as_rate(value)
        elif is_rule(self._learning_rate):
            raise TypeError(
                f"{type(self).__name__} {self.name!r}: learning_rate comes from "
                f"{self._learning_rate!r}, so it must not be set to a number. Make the optimizer "
                "with a float for that."
            )
        else:
            self._learning_rate.assign(value)

    def add_variable(
        self,
        shape: Any,
        initializer: Any = "zeros",
        dtype: Any = None,
        aggregation: str | None = "none",
        layout: Any = None,
        name: str | None = None,
    ) -> Any:
        """A new variable of the optimizer.

        Args:
            shape: a tuple of ints.
            initializer: an initializer or its name.
            dtype: a dtype name; None: `floatx()`.
            aggregation: see `keras.Variable`.
            layout: a `distribution.TensorLayout`; None for what the distribution says.
            name: a string; made up if None.
        """
        with scopes.name_scope(self.name):
            variable = variable_class()(
                initializer_of(initializer),
                shape=tuple(shape),
                dtype=dtype,
                trainable=False,
                autocast=False,
                aggregation=aggregation,
                name=name,
            )
        if layout is not None:
            variable._lay_out(layout)
        return self._kept(variable)

    def add_variable_from_reference(
        self, reference_variable: Any, name: str | None = None, initializer: Any = "zeros"
    ) -> Any:
        """A new variable of the shape and dtype of another one, and named after it.

        Args:
            reference_variable: a variable.
            name: what comes after the reference's path in the new name.
            initializer: an initializer or its name.
        """
        path = getattr(reference_variable, "path", None) or reference_variable.name
        path = path.replace("/", "_")
        return self.add_variable(
            tuple(reference_variable.shape),
            initializer,
            dtypes.standardize(reference_variable.dtype),
            layout=getattr(reference_variable, "_layout", None),
            name=f"{path}_{name}" if name else path,
        )

    def add_optimizer_variables(
        self, trainable_variables: Sequence[Any], name: Any, initializer: Any = "zeros"
    ) -> Any:
        """New variables, one for each of `trainable_variables`.

        Args:
            trainable_variables: variables.
            name: a string, or several: then variables of all these names are made for the
                first of `trainable_variables`, then for the next.
            initializer: an initializer or its name, or as many as names.

        Returns:
            A list of variables; for several names a tuple of lists.
        """
        names = (name,) if isinstance(name, str) else tuple(name)
        many = isinstance(initializer, (list, tuple))
        initializers = tuple(initializer) if many else (initializer,) * len(names)
        if len(initializers) != len(names):
            raise ValueError(
                f"{type(self).__name__}: initializer must be one, or as many as names. Received: "
                f"name={name!r}, initializer={initializer!r}"
            )
        lists: tuple[list[Any], ...] = tuple([] for _ in names)
        for variable in trainable_variables:
            for found, slot, start in zip(lists, names, initializers, strict=True):
                found.append(
                    None
                    if getattr(variable, "overwrite_with_gradient", False)
                    else self.add_variable_from_reference(variable, slot, start)
                )
        return lists[0] if isinstance(name, str) else lists

    def slot_groups(self) -> tuple[dict[str, Any], ...]:
        """The slots: name -> initializer. Those of one group lie together for each variable."""
        return ()

    def build(self, variables: Sequence[Any]) -> None:
        """Make the slots of the variables that are going to be updated. Once only.

        Args:
            variables: trainable variables, in the order in which gradients will come:
                `keras.Variable`s, or the framework's own (`tf.Variable`,
                `torch.nn.Parameter`), which are then updated themselves.
        """
        if self.built:
            return
        variables = self._owned(variables)
        self._trainable_variables = variables
        self._index = ByIdentity((v, i) for i, v in enumerate(variables))
        if self.use_ema:
            self._averages = self.add_optimizer_variables(variables, "average")
        if self.gradient_accumulation_steps:
            self._accumulated = self.add_optimizer_variables(variables, "gradient_accumulator")
        self.built = True
        self._slots = self.init_slots(variables)

    def init_slots(self, variables: Sequence[Any]) -> list[tuple[Any, ...]]:
        """The slot variables of each variable, in the order of `slot_groups`."""
        lists: list[Sequence[Any]] = []
        for group in self.slot_groups():
            lists.extend(
                self.add_optimizer_variables(variables, tuple(group), tuple(group.values()))
            )
        return list(zip(*lists, strict=True)) if lists else [()] * len(variables)

    # The rule ----------------------------------------------------------------------------

    def begin(self, learning_rate: Rate, step: scalar.Scalar) -> Any:
        """What the updates of one step share.

        Args:
            learning_rate: a Python float, or a scalar tensor under a trace.
            step: the number of this update, from 1, in the same form.

        Returns:
            Anything; `update` gets it.
        """
        return learning_rate

    def update(
        self, gradient: Tensor, value: Tensor, slots: tuple[Tensor, ...], shared: Any
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """The rule: a variable's new value and slots. Pure.

        Args:
            gradient: a tensor of the value's shape.
            value: the variable's value.
            slots: its slots' values, in the order of `slot_groups`.
            shared: what `begin` gave.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `update` (or `update_step`).")

    def _get_variable_index(self, variable: Any) -> int:
        """Where a trained variable stands, and so its slots: for an `update_step` of one's own."""
        return self._index[id(variable)]

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Update one variable and its slots by the rule."""
        index = self._index[id(variable)]
        if self._shared is not None and self._shared[0] is learning_rate:
            shared = self._shared[1]
        else:
            shared = self.begin(learning_rate, self._step())
        slots = self._slots[index]
        dtype = variable._dtype
        value, values = variable.tensor, tuple(_value(slot) for slot in slots)
        if dtype != "float32" or _arrays.dtype_name(gradient) != dtype:
            # Half precision is too coarse for the rule; float64 scalars must not spoil float64.
            dtype = "float32" if dtypes.ITEMSIZE[dtype] < 4 else dtype
            gradient, value, values, shared = _cast((gradient, value, values, shared), dtype)
        value, news = self.update(gradient, value, values, shared)
        variable.assign(value)
        for slot, new in zip(slots, news, strict=True):
            if slot is not None and new is not None:
                slot.assign(new)

    # Applying ----------------------------------------------------------------------------

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Any]]) -> Any:
        """As `apply`, for pairs of gradient and variable."""
        pairs = list(grads_and_vars)
        if not pairs:
            raise ValueError(
                f"{type(self).__name__}: grads_and_vars must hold at least one pair. Received none."
            )
        gradients, variables = zip(*pairs, strict=True)
        self.apply(list(gradients), list(variables))
        return self._iterations

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Any] | None = None) -> None:
        """Update variables by their gradients.

        Args:
            grads: gradient tensors; None for a variable that does not take part.
            trainable_variables: their variables; None: all those the optimizer was built with.

        Raises:
            ValueError: if numbers or shapes differ, a variable is unknown, or no gradient is given.
            TypeError: if something is no variable.
        """
        grads = list(grads)
        if trainable_variables is None:
            if not self.built:
                raise ValueError(
                    f"{type(self).__name__} {self.name!r}: trainable_variables must be given as "
                    "long as the optimizer is not built. Received: None"
                )
            variables = self._trainable_variables
        else:
            variables = list(trainable_variables)
            if not self.built:
                variables = self._owned(variables)
                self.build(variables)
            elif not all(map(self._index.__contains__, map(id, variables))):
                variables = self._owned(variables)
                self._check_known(variables)
        if len(grads) != len(variables):
            raise ValueError(
                f"{type(self).__name__} {self.name!r}: there must be as many gradients as "
                f"variables ({len(variables)}). Received: {len(grads)} gradients"
            )
        if type(None) in map(type, grads):
            grads, variables = self._without_none(grads, variables)
        if not variables:
            return
        try:
            with _native.no_gradients():
                self._apply(_native.across_replicas(grads), variables)
        except Exception as error:
            self._name_misfit(grads, variables, error)
            raise

    def _owned(self, variables: Iterable[Any]) -> list[Any]:
        """The variables; those of the framework as Variables that stand for them."""
        return [v if isinstance(v, BaseVariable) else self._adopted_one(v) for v in variables]

    def _adopted_one(self, native: Any) -> Any:
        found = self._adopted.get(id(native))
        if found is None:
            if not _native.is_variable(native):
                raise TypeError(
                    f"{type(self).__name__} {self.name!r}: trainable variables must be "
                    f"keras.Variable, or {_native.OWN_VARIABLES}. Received: "
                    f"{type(native).__name__} Make it one: keras.Variable(x)."
                )
            shape, dtype = tuple(native.shape), _arrays.dtype_name(native)
            found = variable_class()(Native(native, shape, dtype))
            self._adopted.enter(native, found)
        return found

    def _check_known(self, variables: list[Any]) -> None:
        index = self._index
        for variable in variables:
            if id(variable) not in index:
                raise ValueError(
                    f"{type(self).__name__} {self.name!r}: it was built for other variables, and "
                    f"does not know {getattr(variable, 'path', variable)!r}. An optimizer belongs "
                    "to the variables of its first step: make a new one for others."
                )

    def _without_none(self, grads: list[Any], variables: list[Any]) -> tuple[list, list]:
        pairs = [(g, v) for g, v in zip(grads, variables, strict=True) if g is not None]
        if variables and not pairs:
            raise ValueError(
                f"{type(self).__name__} {self.name!r}: no gradient was given for any variable "
                "(all are None). Does the loss depend on the trainable variables?"
            )
        missing = [
            v.path
            for g, v in zip(grads, variables, strict=True)
            if g is None and id(v) not in _warned
        ]
        if missing:
            _warned.update(id(v) for g, v in zip(grads, variables, strict=True) if g is None)
            warnings.warn(
                f"{type(self).__name__}: there is no gradient for {', '.join(missing)}, which "
                "stay as they are.",
                stacklevel=3,
            )
        return [g for g, _ in pairs], [v for _, v in pairs]

    def _apply(self, grads: list[Any], variables: list[Any]) -> None:
        grads, variables = self._overwrite(grads, variables)
        if self.loss_scale_factor is not None and not self._scaled:  # else nobody scaled by it
            grads = [g / float(self.loss_scale_factor) for g in grads]
        every = self.gradient_accumulation_steps
        if not every:
            self._update(grads, variables)
        else:
            averages = [self._accumulated[self._index[id(v)]] for v in variables]

            def update() -> None:
                means = [(g + a.tensor) / every for g, a in zip(grads, averages, strict=True)]
                self._update(means, variables)
                for average in averages:
                    average.assign(ops.zeros_like(average.tensor))

            def accumulate() -> None:
                for gradient, average in zip(grads, averages, strict=True):
                    average.assign(average.tensor + gradient)

            due = _native.number(self._iterations) % every == every - 1
            self._either(due, update, accumulate)
        if self.use_ema:
            self._average(variables)
        _native.increment(self._iterations)

    def _overwrite(self, grads: list[Any], variables: list[Any]) -> tuple[list, list]:
        """Assign the gradients of variables that take them as their value (float8 scales)."""
        if True not in [v._overwrite_with_gradient for v in variables]:
            known = _arrays.TENSOR_TYPES
            return [g if type(g) in known else _dense(g) for g in grads], variables
        rest = []
        for gradient, variable in zip(grads, variables, strict=True):
            if variable._overwrite_with_gradient:
                variable.assign(gradient)
            else:
                rest.append((_dense(gradient), variable))
        return [g for g, _ in rest], [v for _, v in rest]

    def _update(self, grads: list[Any], variables: list[Any]) -> None:
        grads = self._clip(grads)
        learning_rate, step = self._rate(), self._step()
        if not self._run_kernel(grads, variables, learning_rate, step):
            self._decay(variables, learning_rate)
            self._shared = (learning_rate, self.begin(learning_rate, step))
            try:
                for gradient, variable in zip(grads, variables, strict=True):
                    self.update_step(gradient, variable, learning_rate)
            finally:
                self._shared = None
        self._constrain(variables)

    def _run_kernel(
        self, grads: list[Any], variables: list[Any], learning_rate: Rate, step: scalar.Scalar
    ) -> bool:
        """Update by the backend's fused kernel, if there is one that fits."""
        kernel = _native.FUSED.get(self.fused) if self.fused is not None else None
        if kernel is None or scopes.local.stateless is not None:
            return False
        slots = [self._slots[self._index[id(v)]] for v in variables]
        decays = self._decaying(variables)
        return kernel(self, grads, variables, slots, learning_rate, step, decays)

    def _rate(self) -> Rate:
        """The current learning rate: a Python float where the backend runs eagerly."""
        rate = self._learning_rate
        if isinstance(rate, LearningRateSchedule):
            return rate.rate(_native.number(self._iterations))  # every call counts, as in Keras
        if is_rule(self._learning_rate):
            found = rate()
            return _native.number(found) if hasattr(found, "assign") else found
        return _native.number(rate)

    def _updates(self) -> scalar.Scalar:
        """How many updates were made, a Python int where the backend runs eagerly."""
        done = _native.number(self._iterations)
        every = self.gradient_accumulation_steps
        return done // every if every else done

    def _step(self) -> scalar.Scalar:
        """The number of the update being made, from 1: a float."""
        return scalar.as_float(self._updates()) + 1.0

    def _either(self, due: Any, update: Callable[[], None], otherwise: Callable[[], None]) -> None:
        """Run one of two functions that assign variables, also where `due` is a traced tensor."""
        due = _native.concrete(due)
        if isinstance(due, bool):
            (update if due else otherwise)()
            return
        variables = [*self.variables, *self._trainable_variables]
        now = [v.tensor for v in variables]

        def assigned(function: Callable[[], None]) -> Callable[[], list[Any]]:
            def run() -> list[Any]:
                with scopes.StatelessScope(zip(variables, now, strict=True)) as scope:
                    function()
                return [_arrays.convert_to_tensor(scope.get_current_value(v)) for v in variables]

            return run

        news = ops.cond(due, assigned(update), assigned(otherwise))
        for variable, old, new in zip(variables, now, news, strict=True):
            if new is not old:
                variable.assign(new)

    # Around the rule ---------------------------------------------------------------------

    def _clip(self, grads: list[Any]) -> list[Any]:
        if self.clipnorm is not None:
            return [_clip_by_norm(g, self.clipnorm) for g in grads]
        if self.clipvalue is not None:
            return [ops.clip(g, -self.clipvalue, self.clipvalue) for g in grads]
        if self.global_clipnorm is not None:
            norm = _native.global_norm(grads)
            factor = self.global_clipnorm / ops.maximum(norm, self.global_clipnorm)
            return [ops.multiply(g, factor) for g in grads]
        return grads

    def exclude_from_weight_decay(
        self, var_list: Sequence[Any] | None = None, var_names: Sequence[str] | None = None
    ) -> None:
        """Leave variables out of weight decay.

        Args:
            var_list: variables.
            var_names: regular expressions; a variable whose name or path one of them is found in
                is left out, such as "bias".
        """
        for variable in var_list or ():
            self._excluded.enter(variable, True)
        self._excluded_names = [
            *getattr(self, "_excluded_names", ()),
            *(re.compile(n) for n in var_names or ()),
        ]

    _excluded_names: Sequence[re.Pattern] = ()

    def _use_weight_decay(self, variable: Any) -> bool:
        """Whether weight decay acts on a variable."""
        if id(variable) in self._excluded:
            return False
        return not any(
            pattern.search(variable.name) or pattern.search(variable.path)
            for pattern in self._excluded_names
        )

    def _decay_of(self, variable: Any) -> float:
        """The weight decay of a variable that is not left out."""
        return self.weight_decay or 0.0

    def _decaying(self, variables: list[Any]) -> list[float] | None:
        """Each variable's weight decay; None if there is none at all."""
        if not self.weight_decay and type(self)._decay_of is Optimizer._decay_of:
            return None
        return [self._decay_of(v) if self._use_weight_decay(v) else 0.0 for v in variables]

    def _decay(self, variables: list[Any], learning_rate: Rate) -> None:
        for variable, decay in zip(variables, self._decaying(variables) or (), strict=False):
            if decay:
                factor = 1.0 - learning_rate * decay
                variable.assign(ops.multiply(variable.tensor, factor))

    def _constrain(self, variables: list[Any]) -> None:
        for variable in variables:
            if variable._constraint is not None:
                variable.assign(variable._constraint(variable.tensor))

    def scale_loss(self, loss: Any) -> Any:
        """The loss times `loss_scale_factor`: what to differentiate."""
        return loss if self.loss_scale_factor is None else loss * self.loss_scale_factor

    def assign(self, variable: Any, value: Any) -> None:
        """Set a variable. A subclass's `update_step` may use it."""
        variable.assign(value)

    def assign_add(self, variable: Any, value: Any) -> None:
        """Add to a variable."""
        variable.assign(variable.tensor + value)

    def assign_sub(self, variable: Any, value: Any) -> None:
        """Subtract from a variable."""
        variable.assign(variable.tensor - value)

    # Configuration ----------------------------------------------------------------------

    #: What a rule adds to the config: attributes named as the constructor's arguments.
    config_arguments: tuple[str, ...] = ()

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        rate = self._learning_rate
        if is_rule(self._learning_rate):
            from keras_core.core import registry

            rate = rate.function if isinstance(rate, OfStep) else rate
            rate = registry.serialize_keras_object(rate)
        else:
            rate = float(rate.numpy())
        return {
            "name": self.name,
            "learning_rate": rate,
            "weight_decay": self.weight_decay,
            "clipnorm": self.clipnorm,
            "global_clipnorm": self.global_clipnorm,
            "clipvalue": self.clipvalue,
            "use_ema": self.use_ema,
            "ema_momentum": self.ema_momentum,
            "ema_overwrite_frequency": self.ema_overwrite_frequency,
            "loss_scale_factor": self.loss_scale_factor,
            "gradient_accumulation_steps": self.gradient_accumulation_steps,
            **{name: getattr(self, name) for name in self.config_arguments},
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> Optimizer:
        """An optimizer from what `get_config` gave."""
        rate = config.get("learning_rate")
        if isinstance(rate, dict):
            from keras_core.core import registry

            rate = registry.deserialize_keras_object(rate, custom_objects=custom_objects)
            config = {**config, "learning_rate": rate}
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name!r}>"


_warned: set[int] = set()


def _value(x: Any) -> Any:
    return x.tensor if hasattr(x, "assign") else x


def _cast(x: Any, dtype: str) -> Any:
    """The float tensors of a structure of tuples in another dtype."""
    if isinstance(x, tuple):
        return tuple(_cast(i, dtype) for i in x)
    if _arrays.is_tensor(x) and _arrays.dtype_name(x) in dtypes.FLOATS:
        return _arrays.cast(x, dtype)
    return x


def _dense(gradient: Any) -> Any:
    """A gradient as a dense native tensor."""
    return gradient if type(gradient) in _arrays.TENSOR_TYPES else _native.dense(gradient)


def _clip_by_norm(gradient: Any, norm: float) -> Any:
    size = ops.sqrt(ops.sum(ops.square(gradient)))
    return gradient * (norm / ops.maximum(size, norm))


class SlotOptimizer(Optimizer):
    """An optimizer whose `build` calls its argument `var_list`, as Keras's all do but SGD's."""

    def build(self, var_list: Sequence[Any]) -> None:
        """Make the slots of the variables that are going to be updated. Once only.

        Args:
            var_list: trainable variables, in the order in which gradients will come.
        """
        super().build(var_list)
