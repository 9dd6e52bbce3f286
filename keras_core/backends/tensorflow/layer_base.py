"""What stateful objects stand on with TensorFlow: what checkpoints and SavedModel find.

A layer is a `tf.Module`; optimizers and metrics are trackable and no more.

Attributes are plain; what TensorFlow asks for is found by a scan. `tf.Module` looks for
`tf.Variable`s in `vars()` of the modules inside, so each layer lists those of its variables.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from typing import Any, ClassVar

import tensorflow as tf

from keras_core.backends import _saved_model
from keras_core.backends.tensorflow.variables import Variable
from keras_core.backends.variable import BaseVariable, Native
from keras_core.core import scopes, tracking, tree
from keras_core.core.identity import ByIdentity

_Trackable = tf.__internal__.tracking.Trackable
# What TensorFlow writes into the objects that it tracks.
_NOTES = frozenset(
    "_self_setattr_tracking _self_unconditional_checkpoint_dependencies "
    "_self_unconditional_dependency_names _self_unconditional_deferred_dependencies "
    "_self_update_uid _self_name_based_restores _self_saveable_object_factories".split()
)

_DEFAULT_SIGNATURE = "_default_save_signature"  # the child that TensorFlow looks for


class _Tracked:
    """What TensorFlow sees of both."""

    # AutoGraph is not to rewrite what is in here when a dataset or a function calls an object:
    # `_convert_call` has it look at the user's own `call` alone.
    autograph_info__: ClassVar[dict[str, Any]] = {}

    def _take_waiting(self: Any) -> None:
        """Give what waits to the children that are there now."""
        waiting = self.__dict__.get("_self_unconditional_deferred_dependencies")
        if waiting:
            for name, child in self._trackable_children().items():
                if name in waiting:
                    self._handle_deferred_dependencies(name, child)


class StateBase(_Tracked, _Trackable):
    """The base of optimizers and metrics on this backend: `tf.train.Checkpoint` takes them."""

    _bookkeeping = _NOTES
    _variables: list[BaseVariable]

    def _trackable_children(self, save_type: str = "checkpoint", **kwargs: Any) -> dict[str, Any]:
        found = dict(super()._trackable_children(save_type, **kwargs))
        found.update((str(i), v._value) for i, v in enumerate(self._variables))
        found.update(tracking.named_children(self, StateBase))
        return found


class LayerBase(_Tracked, tf.Module):
    """The base of `Layer` on this backend."""

    name = ""  # in place of tf.Module's property: the instance has its own
    _bookkeeping = _NOTES | {"_tf_variables", "_stand_ins"}
    _untracked: frozenset[str]

    _TF_MODULE_IGNORED_PROPERTIES = frozenset(
        "_added_variables _inbound_nodes _constructed_with _losses".split()
    )

    def __init__(self) -> None:
        # Without tf.Module's own, which opens name scopes: half of a layer's making.
        self.__dict__["_tf_variables"] = []

    @property
    def name_scope(self) -> Any:
        """TensorFlow's name scope of the layer."""
        return tf.name_scope(self.name)

    @property
    def distribute_strategy(self) -> Any:
        """TensorFlow's strategy in force; outside of any that of the layer's variables."""
        if not tf.distribute.has_strategy():
            for v in getattr(self, "variables", ())[:1]:
                if isinstance(v._value, tf.distribute.DistributedValues):
                    return v._value.distribute_strategy  # type: ignore[attr-defined]
        return tf.distribute.get_strategy()

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, BaseVariable):
            self._note_variable(value)
        object.__setattr__(self, name, value)

    def _note_variable(self, variable: BaseVariable, gone: bool = False) -> None:
        """List a variable for `tf.Module`, or take it off the list."""
        listed = self.__dict__.setdefault("_tf_variables", [])
        listed[:] = [v for v in listed if v is not variable._value]
        if not gone:
            listed.append(variable._value)

    def _native_variables(self) -> list[BaseVariable]:
        """Variables that stand for those of TensorFlow in attributes, and in its modules there."""
        if type(self).__module__.startswith("keras_core."):
            return []
        found: dict[int, Any] = {}
        for _, value in tracking.named_children(self, (tf.Variable, tf.Module)):
            if isinstance(value, tf.Variable):
                found[id(value)] = value
            elif not isinstance(value, LayerBase):
                found.update((id(v), v) for v in value.variables)
        if not found:
            return []
        known = self.__dict__.setdefault("_stand_ins", ByIdentity())
        for native in found.values():
            if id(native) not in known and native.shape.is_fully_defined():
                held = Native(native, tuple(native.shape), native.dtype.name)
                name = native.name.split(":")[0].replace("/", "_")
                with scopes.name_scope(self.name):
                    variable = Variable(held, trainable=native.trainable, name=name)
                known.enter(native, variable)
        return [known[key] for key in found if key in known]

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)

    @staticmethod
    def _convert_call(call: Any) -> Any:
        """A user's `call` for a graph: AutoGraph turns its branches and loops on tensors."""
        # A user's class may have a `call` of ours: nothing to turn, and its errors stay clean.
        ours = str(getattr(call, "__module__", "")).startswith("keras_core.")
        if ours or tf.executing_eagerly():
            return call
        autograph = tf.__internal__.autograph
        return autograph.tf_convert(call, autograph.control_status_ctx())

    def _named_layers(self) -> Iterator[tuple[str, Any]]:
        """The layers inside by attribute path; models of a graph name them by layer name."""
        return tracking.named_children(self, LayerBase)

    def _trackable_children(self, save_type: str = "checkpoint", **kwargs: Any) -> dict[str, Any]:
        found = dict(super()._trackable_children(save_type, **kwargs))
        for path, v in tracking.named_children(self, BaseVariable):
            found[path] = v._value
        for path, layer in self._named_layers():
            found[path] = layer
        found.update(tracking.named_children(self, (tf.Variable, StateBase)))
        for path, value in tracking.named_children(self, tf.Module):
            if not isinstance(value, LayerBase):  # which graphs name otherwise
                found[path] = value
        if save_type == "savedmodel":
            function = self._default_signature(kwargs.get("cache"))
            if function is not None:
                found[_DEFAULT_SIGNATURE] = function
        return found

    # Signatures of SavedModels ---------------------------------------------------------------

    def _serving_inputs(self) -> list[Any] | None:
        """The arguments that it is served with, structures of `Spec`; None of a layer."""
        return None

    def _default_signature(self, cache: Any) -> Any:
        """What `tf.saved_model.save` makes "serving_default" of: a `tf.function`, or None.

        TensorFlow takes it from the object that is saved; only the outermost model has one, so
        that the models inside are not written twice.

        Args:
            cache: a dict for notes that lasts as long as one save does.
        """
        if cache is None or _saved_model.SIGNED in cache:
            return None
        specs = self._serving_inputs()
        if specs is None:
            return None
        cache[_saved_model.SIGNED] = True
        places = iter(range(len(tree.flatten(specs))))

        def spec_of(spec: Any) -> Any:
            i = next(places)
            return tf.TensorSpec(spec.shape, spec.dtype, name=f"inputs_{i}" if i else "inputs")

        inputs = tf.nest.map_structure(spec_of, specs)
        function = tf.function(self._serve, input_signature=inputs, autograph=False)
        try:
            with self._losses_kept():
                function.get_concrete_function()
        except Exception as error:
            warnings.warn(
                f"{type(self).__name__} {self.name!r}: the SavedModel has no signature "
                f'"serving_default", for the model could not be called on {inputs}: {error}\n'
                "Use tf.saved_model.save(model, folder, signatures=a_function_of_your_own).",
                stacklevel=2,
            )
            return None
        return function

    def _serve(self: Any, *inputs: Any) -> dict[str, Any]:
        """The outputs for inference by name: keys of a dict, or "output_0" and so on."""
        named = {}
        for path, value in tree.flatten_with_path(self(*inputs)):
            if not tf.is_tensor(value):
                raise TypeError(f"its outputs must be tensors. Received: {value!r}")
            start = () if path and isinstance(path[0], str) else ("output",)
            named["_".join(map(str, start + (path or (0,))))] = value
        return named

    @contextlib.contextmanager
    def _losses_kept(self: Any) -> Iterator[None]:
        """A block that traces a call, whose losses are of the graph and nobody's afterwards."""
        kept = [(layer, list(layer._losses)) for layer in self._flatten_layers()]
        try:
            yield
        finally:
            for layer, losses in kept:
                layer._losses[:] = losses
