"""Layer: state and computation in one object."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from keras_core import dtype_policies, ops, regularizers
from keras_core.backends import select
from keras_core.backends.select import backend
from keras_core.backends.variable import BaseVariable
from keras_core.core import (
    advice,
    dtypes,
    errors,
    masks,
    old_names,
    placement,
    scopes,
    tracebacks,
    tree,
)
from keras_core.core.tracking import Trackable, children
from keras_core.dtype_policies.policy import policy_argument
from keras_core.layers.base import building, structures
from keras_core.layers.base.building import build_parameters, scoped_build
from keras_core.layers.base.call import CallContext, CallInfo
from keras_core.layers.base.input_spec import InputSpec, check_inputs
from keras_core.layers.base.remat import recomputed
from keras_core.layers.base.state import StateMixin
from keras_core.symbolic import constants
from keras_core.symbolic.abstract import compute_output_spec as abstract_output_spec
from keras_core.symbolic.keras_tensor import KerasTensor
from keras_core.symbolic.operation import Node, Operation, captured_arguments, unrecorded

arrays = backend.arrays
TENSOR_TYPES = arrays.TENSOR_TYPES
_LayerBase = select.layer_base()
_has_hooks: Callable[[Any], bool] | None = getattr(_LayerBase, "_has_hooks", None)
_note_variable: Callable[..., None] | None = getattr(_LayerBase, "_note_variable", None)
_take_waiting: Callable[[Any], None] | None = getattr(_LayerBase, "_take_waiting", None)

# The attributes every layer has: its own bookkeeping, in which no state is looked for.
_BOOKKEEPING = frozenset(
    """
    name trainable built _supports_masking _input_spec _constructed_with _made _attached
    _inbound_nodes _added_variables _losses _regularized _dtype_policy _autocast
    _call_info _fast _build_shapes _path _building _rebuilding activity_regularizer
    _removed_variables _loss_ids _convert_input_args _allow_non_tensor_positional_args
    _trainable _entry_losses _remat _dropped_a_mask
    """.split()
)

_STRUCTURES = (list, tuple, dict)


class Layer(StateMixin, _LayerBase, Operation, Trackable):
    """A computation with its variables: what models are made of.

    A subclass sets its options in `__init__`, makes its variables with `add_weight` in
    `build(input_shape)` (called once, before the first call), and computes in `call`. Layers,
    variables and metrics set as attributes, also in lists and dicts, belong to it.

    Args:
        activity_regularizer: a regularizer of the outputs; its value, divided by the size of the
            batch, is added to `losses`.
        trainable: whether the layer's variables are trained, those of the layers inside included:
            they are frozen with it, unless they are set to be trainable one by one.
        dtype: the dtype policy, a name such as "float32" or "mixed_bfloat16"; None for the
            global one.
        autocast: whether float inputs are cast to the compute dtype.
        name: a string without "/"; made from the class name if None.

    Raises:
        ValueError: if an argument is unknown or has a wrong value.

    Example:

    >>> import keras_core as keras
    >>> class Scale(keras.Layer):
    ...     def build(self, input_shape):
    ...         self.factor = self.add_weight(shape=(input_shape[-1],), initializer="ones")
    ...
    ...     def call(self, x):
    ...         return x * self.factor
    >>> Scale()(keras.ops.ones((2, 3))).shape
    """

    name: str
    _call_info: CallInfo | None = None
    _constructed_with: tuple[tuple, dict[str, Any]]
    _fast: tuple[Any] | None
    _building: bool
    _rebuilding = False  # in a second `build`, which is to make nothing
    _input_spec: Any
    _supports_masking: bool
    _remat: Any
    _build_shapes: dict[str, Any] | None
    _untracked = _BOOKKEEPING | getattr(_LayerBase, "_bookkeeping", frozenset())

    _casts_inputs = True  # whether float inputs are cast to the compute dtype
    _input_must: ClassVar[str | None] = None  # what the first argument must do, None for anything
    _forgets = True  # whether a RematScope applies; a model's layers forget, not the model
    _checks_inputs = True  # whether inputs are compared with `input_spec` before the call
    _context_args: frozenset[str] = frozenset()  # see `_register_call_context_args`
    _mode: bool | None = None  # what torch's `train()` and `eval()` set: the default of `training`

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._call_info = None
        if "build" in cls.__dict__:
            cls.build = scoped_build(cls.__dict__["build"])
        if "__init__" in cls.__dict__ and cls.__module__.startswith("keras_core."):
            cls.__init__ = tracebacks.trimmed(cls.__dict__["__init__"])

    def __init__(
        self,
        *,
        activity_regularizer: Any = None,
        trainable: bool = True,
        dtype: Any = None,
        autocast: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        _LayerBase.__init__(self)
        Operation.__init__(self, name=name)
        _ = self._info  # now, and not while torch.compile traces a call
        input_shape = kwargs.pop("input_shape", None)
        input_dim = kwargs.pop("input_dim", None)
        batch_size = kwargs.pop("batch_size", None)
        whole_shape = kwargs.pop("batch_input_shape", None)
        if whole_shape is not None:
            batch_size, *input_shape = whole_shape
        weights = kwargs.pop("weights", None)
        if kwargs:
            raise ValueError(
                f"{type(self).__name__} {self.name!r}: unknown argument(s) {sorted(kwargs)}."
                + old_names.advice(kwargs)
            )
        if weights is not None:
            self.__dict__["_given_weights"] = weights
        if input_dim is not None and input_shape is None:
            input_shape = (input_dim,)
        state = self.__dict__
        if input_shape is not None:
            state["_input_shape_arg"] = (batch_size, *input_shape)
        try:
            self.activity_regularizer = regularizers.get(activity_regularizer)
        except ValueError as error:
            must = "be one of the regularizers, its name, its config, or a function"
            owner, given = f"{type(self).__name__} {self.name!r}", activity_regularizer
            text = errors.message(owner, "activity_regularizer", must, given, str(error))
            raise ValueError(text) from None
        state["_dtype_policy"] = dtype_policies.get(dtype)
        state["_autocast"] = bool(autocast)
        if not isinstance(trainable, (bool, np.bool_)):
            raise ValueError(
                errors.message(
                    f"{type(self).__name__} {self.name!r}", "trainable", "be a bool", trainable
                )
            )
        state["_trainable"] = bool(trainable)
        state["built"] = False
        makes_masks = type(self).compute_mask is not Layer.compute_mask
        state["_supports_masking"] = makes_masks
        if makes_masks and not type(self).__module__.startswith("keras_core."):
            masks.start()
        state["_input_spec"] = None
        state["_added_variables"] = []
        state["_losses"] = []
        state["_path"] = None
        state["_remat"] = scopes.local.remat
        state["_fast"] = None
        state["_build_shapes"] = None
        state["_building"] = False
        state["_convert_input_args"] = True
        state["_allow_non_tensor_positional_args"] = False

    @property
    def input_spec(self) -> Any:
        """What the layer expects of its inputs: an `InputSpec`, a structure of them, or None."""
        return self._input_spec

    @input_spec.setter
    def input_spec(self, value: Any) -> None:
        self.__dict__["_input_spec"] = value

    @property
    def supports_masking(self) -> bool:
        """Whether masks are let through; False where `compute_mask` would have nothing to say."""
        return self._supports_masking

    @supports_masking.setter
    def supports_masking(self, value: bool) -> None:
        self.__dict__["_supports_masking"] = bool(value)

    # Building ----------------------------------------------------------------------------

    if TYPE_CHECKING:  # a subclass may take a shape for each tensor

        def build(self, *args: Any, **kwargs: Any) -> None:
            """Make the variables; called once, with the shapes of the first call's inputs."""

    else:

        def build(self, input_shape: Any) -> None:
            """Make the variables; called once, with the shapes of the first call's inputs.

            Args:
                input_shape: the input's shape, batch axis included; a structure of shapes for a
                    structure of inputs. A subclass with several tensor arguments may instead take
                    one argument for each, named after it: `query_shape`, `value_shape`.
            """
            if self._makes_nothing() and not self.built and not children(self, Layer):
                self._note_built({"input_shape": input_shape})

    def _untrack_variable(self, variable: BaseVariable) -> None:
        """Let a variable made by `add_weight` go."""
        self._added_variables[:] = [v for v in self._added_variables if v is not variable]
        if _note_variable is not None:
            _note_variable(self, variable, gone=True)

    def __delattr__(self, name: str) -> None:
        value = self.__dict__.get(name)
        super().__delattr__(name)
        if isinstance(value, BaseVariable) and name not in self.__dict__:
            self._untrack_variable(value)

    def _keep_variable(self, variable: BaseVariable) -> None:
        """Count a variable among the layer's own, whatever attribute will hold it."""
        self._added_variables.append(variable)
        if not self._trainable:
            variable._freeze(True)
        if _note_variable is not None:
            _note_variable(self, variable)

    def _shapes_of(self, bound: dict[str, Any]) -> dict[str, Any]:
        """The shapes of the tensor arguments, by argument name."""
        found: dict[str, Any] = {}
        for name, value in bound.items():
            if name == "training" or name in self._info.mask_of or value is None:
                continue
            if not structures.holds_tensor(value):
                continue
            found[name] = tree.map_structure(structures.shape_or_none, value)
        return found

    def _maybe_build(self, bound: dict[str, Any]) -> None:
        given = self._shapes_of(bound)
        cls = type(self)
        if self._built_by_call(given):
            self._note_built({f"{k}_shape": v for k, v in given.items()})
            return
        accepted = build_parameters(cls.build)
        keyed = {f"{k}_shape": v for k, v in given.items()}
        if building.names_no_shape(cls.build):
            self.build(**building.unnamed_shapes(cls.build, keyed))
        elif len(accepted) == 1 or not any(name in keyed for name in accepted[1:]):
            if not given and not self._allow_non_tensor_positional_args:
                raise ValueError(
                    f"{self!r} cannot be built: the call has no tensor among its arguments."
                )
            self.build(next(iter(given.values()), None))
        else:
            known = {k: v for k, v in keyed.items() if k in accepted}
            missing = [
                name
                for name in accepted
                if name not in known and name.removesuffix("_shape") in bound
            ]
            self.build(**known, **dict.fromkeys(missing))

    def _build_ahead(self, args: tuple, kwargs: dict[str, Any], sizes: Callable) -> None:
        """Build the layer for a call that is still to come, of tensors whose `sizes` are told."""

        def spec(x: Any) -> Any:
            if not arrays.is_tensor(x):
                return x
            return KerasTensor(sizes(x), arrays.dtype_name(x), record_history=False)

        args, kwargs = tree.map_structure(spec, (args, kwargs))
        owner = f"{type(self).__name__} {self.name!r}"
        self._build_once(args, self._info.bind(args, kwargs, owner), owner)
        if not all(layer.built for layer in self._flatten_layers()):
            # What layers inside make comes with their calls: made in symbols, where that can be.
            with contextlib.suppress(Exception):
                self.compute_output_spec(*args, **kwargs)

    def _build_once(self, args: tuple, bound: dict[str, Any], owner: str) -> None:
        if self._checks_inputs and self.input_spec is not None and args:
            check_inputs(self.input_spec, args[0], owner)
        with _building:  # several threads may make the first call
            if not self.built:
                self._maybe_build(bound)

    def _makes_nothing(self) -> bool:
        """Whether `build` makes nothing: what the layers inside need comes with their calls."""
        return type(self).build is Layer.build

    def _built_by_call(self, given: dict[str, Any]) -> bool:
        return self._makes_nothing()

    def _note_built(self, shapes: dict[str, Any]) -> None:
        self.__dict__["_build_shapes"] = shapes
        self.__dict__["_path"] = self._path or "/".join((*scopes.local.names, self.name))
        self._after_build()

    def _map_build_shapes(self, function: Callable) -> None:
        """Replace each shape that the layer was built with by what `function` makes of it."""
        self.__dict__["_build_shapes"] = {
            k: structures.tree_of_shapes(v, function) if isinstance(v, (tuple, list, dict)) else v
            for k, v in (self._build_shapes or {}).items()
        } or None

    def _after_build(self) -> None:
        """Settle what the calls need to look at, once for the instance."""
        if not self._trainable:  # by the constructor, when the layers inside were not there yet
            self._freeze_inside()
        self.built = True
        if scopes.local.built is not None:
            scopes.local.built.append(self)
        if "_given_weights" in self.__dict__:
            self.set_weights(self.__dict__.pop("_given_weights"))
        if _take_waiting is not None:
            _take_waiting(self)
        info = self._info
        policy = self._dtype_policy
        leaf = not children(self, Layer)
        plain = (
            leaf
            and not info.training
            and not info.mask_of
            and not info.takes_any
            and not self._context_args
            and len(info.required) == 1
            and self.activity_regularizer is None
            and policy.compute_dtype == policy.variable_dtype
            and type(self).input_spec is Layer.input_spec
            and (self._input_spec is None or isinstance(self._input_spec, InputSpec))
            and not self._makes_masks
            and self._remat is None
            and type(self).__call__ is Layer.__call__
            and policy.compute_dtype in arrays.NATIVE_DTYPES
            and not getattr(policy, "quantization_mode", None)
            and placement.current is None
        )
        cast = self._autocast and self._convert_input_args and self._casts_inputs
        native = arrays.NATIVE_DTYPES[policy.compute_dtype] if plain else None
        self.__dict__["_fast"] = (native if cast else None,) if plain else None

    # Calling -----------------------------------------------------------------------------

    @property
    def _info(self) -> CallInfo:
        cls = type(self)
        info = cls._call_info  # every class has its own, see __init_subclass__
        if info is None:
            info = cls._call_info = CallInfo(cls)
        return info

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Build the layer if it is not, prepare the arguments, and run `call`.

        Args:
            *args: tensors, arrays, or structures of them, as `call` takes them.
            **kwargs: as `call` takes them; `training` and masks are filled in if left out.

        Returns:
            What `call` returns; KerasTensors if any argument is one.
        """
        try:
            fast = self._fast
            if fast is not None and not kwargs and len(args) == 1 and not scopes.watched:
                # A built leaf layer with one native tensor of the right dtype: nothing to prepare.
                x = args[0]
                if (
                    type(x) in TENSOR_TYPES
                    and (fast[0] is None or x.dtype == fast[0])
                    and not masks.in_use
                    and not self._losses
                    and (_has_hooks is None or not _has_hooks(self))
                ):
                    spec = self._input_spec
                    if spec is None or spec.problem(x) is None:
                        return self.call(x)
            if _has_hooks is not None and _has_hooks(self):
                return _LayerBase.__call__(self, *args, **kwargs)
            return self._full_call(*args, **kwargs)
        except Exception as error:
            if "_added_variables" not in self.__dict__:
                raise RuntimeError(advice.on_super(type(self))) from None
            tracebacks.trim(error)
            if (why := structures.no_numbers(self, args, error)) is not None:
                raise why from error
            raise

    def _full_call(self, *args: Any, **kwargs: Any) -> Any:
        info = self._info
        owner = f"{type(self).__name__} {self.name!r}"
        args, kwargs, symbolic = self._prepared(args, kwargs, owner)
        passed = self._values_for_inside(kwargs)
        bound = info.bind(args, kwargs, owner)

        local = scopes.local
        context = local.call
        outermost = context is None
        if outermost:
            context = local.call = CallContext(self)
            if StateMixin._losses_in_use:
                self._clear_losses()
        outer_training, outer_values = context.training, context.values
        try:
            if passed:
                context.values = {**outer_values, **passed}
            for arg in self._context_args if context.values else ():
                if arg in info.names and arg in context.values and arg not in bound:
                    bound[arg] = kwargs[arg] = context.values[arg]
            training = self._resolve_training(bound, kwargs, context, symbolic)
            context.training = training
            for mask_name, source in info.mask_of.items():
                mask = bound.get(mask_name)  # a list of None, in graphs, is none: values have them
                if mask is None or structures.holds_nothing(mask):
                    mask, given = None, bound.get(source)
                    if given is not None and (masks.in_use or isinstance(given, _STRUCTURES)):
                        mask = structures.masks_of(given)  # a list of None for unmasked tensors
                    bound[mask_name] = kwargs[mask_name] = mask
                    at = info.positional.index(mask_name) if mask_name in info.positional else 0
                    if len(args) > at > 0:  # None was passed by position
                        args = (*args[:at], mask, *args[at + 1 :])
                        del kwargs[mask_name]
            first = not self.built
            if first:
                self._build_once(args, bound, owner)
            if self._checks_inputs and self.input_spec is not None and args:
                check_inputs(self.input_spec, args[0], owner)
            policy = self._dtype_policy
            mixed = policy.compute_dtype != policy.variable_dtype
            local.names.append(self.name)
            try:
                if mixed or local.autocast is not None:
                    with scopes.AutocastScope(policy.compute_dtype if mixed else None):
                        outputs = self._dispatch(args, kwargs, symbolic)
                else:
                    outputs = self._dispatch(args, kwargs, symbolic)
            finally:
                local.names.pop()
            if outputs is None and symbolic and type(self).call is not Layer.call:
                raise ValueError(
                    f"{owner}: call() must return a tensor or a structure of them. Received: None. "
                    "End it with `return`."
                )
            if placement.current is not None and not symbolic:
                outputs = self._arranged(outputs)
            if self.activity_regularizer is not None and not symbolic:
                for x in tree.flatten(outputs):
                    if arrays.is_tensor(x):
                        penalty, sizes = self.activity_regularizer(x), ops.shape(x)
                        # The batch's mean: how many rows it has leaves the penalty's weight alone.
                        self.add_loss(ops.divide(penalty, sizes[0]) if sizes else penalty)
            if masks.in_use or self._makes_masks or bound.get("mask") is not None:
                self._set_output_masks(bound, outputs)
            if first and outermost and not symbolic and not scopes.watched:
                for x in tree.flatten(outputs) if self.weights else ():
                    constants.remember(x, owner)
        finally:
            context.training, context.values = outer_training, outer_values
            if outermost:
                local.call = None
        return outputs

    def _arranged(self, outputs: Any) -> Any:
        """The outputs laid out over devices as the distribution says."""
        layout = placement.current.get_tensor_layout(f"{self.path}/output")
        if layout is None:
            return outputs
        distribute, native = backend.distribution.distribute, layout.backend_layout
        return tree.map_structure(
            lambda x: distribute(x, native) if arrays.is_tensor(x) else x, outputs
        )

    def _dispatch(self, args: tuple, kwargs: dict[str, Any], symbolic: bool) -> Any:
        if symbolic:
            return self.symbolic_call(*args, **kwargs)
        if getattr(self._dtype_policy, "quantization_mode", None):
            return self.quantized_call(*args, **kwargs)
        if self._remat is not None and self._remat.takes(self, args):
            return recomputed(self._user_call, args, kwargs, self)
        return self._user_call(*args, **kwargs)

    @property
    def _user_call(self) -> Callable:
        """`call`, as the backend wants a user's own function to be called (AutoGraph)."""
        convert = getattr(_LayerBase, "_convert_call", None)
        if convert is None or type(self).__module__.startswith("keras_core."):
            return self.call
        return convert(self.call)

    def _prepared(
        self, args: tuple, kwargs: dict[str, Any], owner: str
    ) -> tuple[tuple, dict[str, Any], bool]:
        """The arguments with arrays converted and floats cast; whether any is symbolic."""
        compute = self._dtype_policy.compute_dtype
        cast = self._autocast and self._casts_inputs and compute in dtypes.FLOATS
        symbolic = False

        def convert(x: Any) -> Any:
            nonlocal symbolic
            if isinstance(x, KerasTensor):
                symbolic = True
                return x
            if isinstance(x, BaseVariable):
                x = x.tensor
            elif isinstance(x, (np.ndarray, np.generic)) and not arrays.is_tensor(x):
                if x.dtype.kind in "OSU":
                    return x
                x = arrays.convert_to_tensor(x)
            elif not arrays.is_tensor(x):
                x = structures.from_foreign(x)
                if not arrays.is_tensor(x):
                    return x
            if cast:
                dtype = arrays.dtype_name(x)
                if dtype != compute and dtype in dtypes.FLOATS:
                    mask = masks.get_mask(x)
                    x = arrays.cast(x, compute)
                    if mask is not None:
                        masks.set_mask(x, mask)
            return x

        if not self._convert_input_args:
            symbolic = any(
                isinstance(x, KerasTensor) for x in tree.flatten((args, *kwargs.values()))
            )
            return args, dict(kwargs), symbolic
        if len(args) == 1 and not tree.is_nested(args[0]):
            args = (convert(args[0]),)
        else:
            args = tree.map_structure(convert, args)
        if kwargs:
            kwargs = {
                k: v if v is None or v.__class__ is bool else tree.map_structure(convert, v)
                for k, v in kwargs.items()
            }
        if not self._allow_non_tensor_positional_args:
            for i, value in enumerate(args):
                if arrays.is_tensor(value):
                    continue
                for x in [value] if not tree.is_nested(value) else tree.flatten(value):
                    if x is None or hasattr(x, "shape"):
                        continue
                    name = self._info.positional[i] if i < len(self._info.positional) else i
                    mend = advice.on_positional(type(self).__name__, x, isinstance(x, Layer))
                    raise ValueError(
                        f"{owner}: the positional argument {name!r} must be a tensor or a "
                        f"structure of tensors. Received: {errors.describe(x)}. {mend}"
                    )
        return args, kwargs, symbolic

    def _resolve_training(
        self, bound: dict[str, Any], kwargs: dict[str, Any], context: CallContext, symbolic: bool
    ) -> bool | None:
        """An explicit value, else the running call's, else torch's mode, else the default.

        The default is no part of a graph: what runs the graph says whether it trains.
        """
        info = self._info
        training = bound.get("training")
        if "training" in bound and "training" not in info.names and not info.takes_any:
            del bound["training"]  # for the layers inside of this one
            if not symbolic:  # a graph records it first
                del kwargs["training"]
        if training is None:
            training = context.training
            if training is None and not symbolic:
                training = self._mode
                if training is None and info.training:
                    training = info.training_default
            if info.training and training is not None:
                bound["training"] = training
                kwargs["training"] = training
        return training

    def _register_call_context_args(self, *names: str) -> None:
        """Have calls take more arguments by name, which are for the layers inside.

        A layer at any depth that registers the name too, and whose `call` has it as a parameter,
        gets the value of the innermost call around it that was given one. Sequential and
        functional models take what the layers inside of them register.
        """
        self._context_args = self._context_args | frozenset(names)
        self.__dict__["_fast"] = None

    def _accepted_context_args(self) -> frozenset[str]:
        return self._context_args

    def _values_for_inside(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        """What the layers inside are to get; taken away where `call` has no such parameter."""
        names = self._info.names
        if not self._context_args and all(k in names for k in kwargs):
            return {}
        accepted = self._accepted_context_args()
        values = {k: v for k, v in kwargs.items() if k in accepted}
        for k in values:
            if k not in names:
                del kwargs[k]
        return values

    def symbolic_call(self, *args: Any, **kwargs: Any) -> Any:
        """Infer the outputs, and record a node unless the inputs say not to."""
        info, compute = self._info, self.compute_dtype
        recorded = {k: v for k, v in kwargs.items() if k != "training" or v is not None}
        if "training" in kwargs and "training" not in info.names and not info.takes_any:
            kwargs = {k: v for k, v in kwargs.items() if k != "training"}
        self._build_inner(args, kwargs)
        casts = self._autocast and self._convert_input_args and self._casts_inputs
        if casts and compute in dtypes.FLOATS:
            # The spec sees the inputs as `call` will, cast; the graph keeps them as they are.
            seen = tree.map_structure(lambda x: structures.as_cast(x, compute), (args, kwargs))
            outputs = self.compute_output_spec(*seen[0], **seen[1])
        else:
            outputs = self.compute_output_spec(*args, **kwargs)
        if not unrecorded((args, kwargs), outputs):
            Node(self, args, recorded, outputs)
        return outputs

    def _build_inner(self, args: tuple, kwargs: dict[str, Any]) -> None:
        """Build the layers inside that only `call` can build, where no call would come.

        A class that says its outputs' shape and has no `build` of its own is the case.
        """
        cls = type(self)
        if (
            cls.__module__.startswith("keras_core.")
            or cls.build is not Layer.build
            or (
                cls.compute_output_shape is Layer.compute_output_shape
                and cls.compute_output_spec is Layer.compute_output_spec
            )
            or all(layer.built for layer in self._layers)
        ):
            return
        with contextlib.suppress(Exception):  # what cannot be traced is built by its first call
            abstract_output_spec(self.call, *args, **kwargs)

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """The computation. Subclasses define it."""
        raise NotImplementedError(
            f"{type(self).__name__} {self.name!r} must define a `call()` method."
        )

    @property
    def _makes_masks(self) -> bool:
        """Whether outputs may have a mask that no input has: `compute_mask` has its own idea.

        A subclass that only passes masks on says so, which keeps its calls short.
        """
        return type(self).compute_mask is not Layer.compute_mask

    # Shapes and masks --------------------------------------------------------------------

    def compute_output_shape(self, *args: Any, **kwargs: Any) -> Any:
        """The outputs' shapes from the inputs'; inferred from `call` unless overridden."""
        values = dict(zip(self._info.positional, args, strict=False)) | {
            k.removesuffix("_shape"): v for k, v in kwargs.items()
        }
        inputs = {
            name: structures.tree_of_shapes(shape, lambda s: KerasTensor(s, self.compute_dtype))
            for name, shape in values.items()
        }
        spec = self.compute_output_spec(**inputs)
        return tree.map_structure(lambda x: x.shape if isinstance(x, KerasTensor) else x, spec)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """The outputs as KerasTensors, without computing anything.

        By `compute_output_shape` where a subclass has one; else the layer's `call` is run on
        specs: by the operations' own rules for the layers of this package, by the backend's
        abstract evaluation for others, which may call the framework itself.
        """
        if type(self).compute_output_shape is not Layer.compute_output_shape:
            bound = self._info.bind(args, kwargs, self.name)
            given = self._shapes_of(bound)
            parameters = build_parameters(type(self).compute_output_shape)
            if len(parameters) == 1 or not any(f"{k}_shape" in parameters for k in list(given)[1:]):
                shape = self.compute_output_shape(next(iter(given.values())))
            else:
                shape = self.compute_output_shape(
                    **{f"{k}_shape": v for k, v in given.items() if f"{k}_shape" in parameters}
                )
            return structures.tree_of_shapes(shape, lambda s: KerasTensor(s, self.compute_dtype))
        if type(self).__module__.startswith("keras_core."):
            args, kwargs = tree.map_structure(structures.without_history, (args, kwargs))
            outputs = self.call(*args, **kwargs)
            return tree.map_structure(structures.fresh, outputs)
        return abstract_output_spec(self.call, *args, **kwargs)

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """The outputs' masks from the inputs'; the inputs' own by default."""
        return previous_mask

    def _set_output_masks(self, bound: dict[str, Any], outputs: Any) -> None:
        first = next((name for name in self._info.positional if name in bound), None)
        inputs = bound.get(first) if first is not None else None
        if inputs is None:
            return
        # What was given as `mask` is the inputs' mask as much as what they carry.
        explicit = bound.get("mask") if self._info.mask_of.get("mask") == first else None
        previous = structures.masks_of(inputs) if explicit is None else explicit
        flat_previous = tree.flatten(previous)
        has_any = any(m is not None for m in flat_previous)
        if not self.supports_masking:
            if has_any and not self._info.mask_of and "_dropped_a_mask" not in self.__dict__:
                self.__dict__["_dropped_a_mask"] = True
                masks.warn_of_loss(f"{type(self).__name__} {self.name!r}")
            return
        if type(self).compute_mask is Layer.compute_mask and not has_any:
            return
        flat = tree.flatten(outputs)
        if any(masks.get_mask(x) is None for x in flat):
            masks.set_missing(flat, self.compute_mask(inputs, previous))

    # Quantization ------------------------------------------------------------------------

    def quantize(self, mode: Any = None, type_check: bool = True, config: Any = None) -> None:
        """Replace the weights by quantized ones. Layers that can be quantized override it."""
        raise NotImplementedError(f"{type(self).__name__} cannot be quantized.")

    def quantized_build(self, input_shape: Any, mode: Any) -> None:
        """Make the variables of the quantized form."""
        raise NotImplementedError(f"{type(self).__name__} cannot be quantized.")

    # Configuration -----------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments; a class without its own gets them as they were passed."""
        config: dict[str, Any] = {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": dtype_policies.serialize(self._dtype_policy),
        }
        if self.activity_regularizer is not None:
            config["activity_regularizer"] = regularizers.serialize(self.activity_regularizer)
        if type(self).get_config is Layer.get_config and type(self).__init__ is not Layer.__init__:
            from keras_core.core import registry

            for key, value in captured_arguments(self).items():
                if key not in config:
                    config[key] = registry.serialize_keras_object(value)
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """A layer built from what `get_config` gave."""
        from keras_core.core import guards, registry

        if registry.refuses_code():
            guards.check(cls, config)
        if cls.get_config is Layer.get_config:
            config = {
                k: registry.deserialize_keras_object(v) if isinstance(v, dict) else v
                for k, v in config.items()
            }
        elif isinstance(config.get("dtype"), dict):
            config = {**config, "dtype": policy_argument(config["dtype"])}
        return super().from_config(config)

    def get_build_config(self) -> dict[str, Any] | None:
        """The shapes that `build` was called with, for a loader to build the layer again."""
        found = self._build_shapes
        if not found:
            return None
        config: dict[str, Any] = {"shapes_dict": dict(found)}
        if len(found) == 1 and not building.names_no_shape(type(self).build):
            config = {"input_shape": next(iter(found.values()))}
        return config | self._forms_inside()

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Build the layer from what `get_build_config` gave."""
        if not config or self.built:
            return
        if "input_shape" in config:
            self.build(structures.as_shapes(config["input_shape"]))
        elif "shapes_dict" in config:
            self.build(**{k: structures.as_shapes(v) for k, v in config["shapes_dict"].items()})
        self._restore_forms(config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


# TensorFlow's AutoGraph leaves what says this alone; users' `call` is handed to it apart.
Layer.__call__.autograph_info__ = {}


_building = threading.RLock()
