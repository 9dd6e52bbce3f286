"""Model: a layer that is trained, saved and summarized as a whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from keras_core.backends.select import backend
from keras_core.core import scopes, tree
from keras_core.core.errors import describe
from keras_core.core.tracebacks import trimmed
from keras_core.core.tracking import children
from keras_core.layers.base.layer import Layer
from keras_core.layers.base.structures import as_shapes, tree_of_shapes
from keras_core.symbolic.keras_tensor import KerasTensor
from keras_core.training.trainer import Trainer

if TYPE_CHECKING:
    from keras_core.saving import PendingSave


def _with_ids(specs: Any) -> Iterator[Any]:
    """The same inputs, then with one of them as whole numbers, then all: shapes do not tell."""
    yield specs
    flat = tree.flatten(specs)
    ids = [KerasTensor(x.shape, "int32") if isinstance(x, KerasTensor) else x for x in flat]
    for i in range(len(flat) if len(flat) > 1 else 0):
        yield tree.pack_sequence_as(specs, [*flat[:i], ids[i], *flat[i + 1 :]])
    yield tree.pack_sequence_as(specs, ids)


class Model(Trainer, Layer):
    """A layer with `compile`, `fit`, `evaluate`, `predict` and `save`.

    Three ways lead to one: `Sequential` for a stack of layers; `Model(inputs, outputs)` for a
    graph described with `Input` and layer calls; and a subclass with `__init__` and `call`.

    Args:
        inputs: with `outputs`: a KerasTensor or a structure of them.
        outputs: a KerasTensor or a structure of them that depends on `inputs`.
        name: a string without "/".
        trainable: whether the model's variables are trained.
        dtype: the dtype policy.

    Raises:
        ValueError: if the outputs cannot be reached from the inputs.

    Example:

    >>> import keras_core as keras
    >>> inputs = keras.Input((4,))
    >>> outputs = keras.layers.Dense(1)(inputs)
    >>> model = keras.Model(inputs, outputs)
    >>> model.count_params()
    5
    """

    _layers_come_first = False  # in files of weights, before other attributes
    _forgets = False
    _untracked = Layer._untracked | frozenset(
        [
            "_inputs_struct",
            "_outputs_struct",
            "_results_struct",
            "_graph",
            "optimizer",
            "_trainer",
            "_steps",
            "_compile_config",
            "_loss",
            "_metrics_container",
            "stop_training",
            "history",
            "loss",
            "compiled",
        ]
    )

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls is Model and _describes_graph(args, kwargs):
            from keras_core.models.functional import Functional

            return Functional.__new__(Functional, *args, **kwargs)
        return super().__new__(cls, *args, **kwargs)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if _describes_graph(args, kwargs):
            # A subclass given inputs and outputs: its call is the graph's.
            from keras_core.models.functional import Functional

            if not isinstance(self, Functional):
                _graft(type(self), Functional)
                Functional.__init__(self, *args, **kwargs)
                return
        if args:
            raise ValueError(
                "Model: inputs and outputs must be KerasTensors, made by Input() and calls on "
                f"them. Received: {describe(args[0])}. Write Model(inputs, outputs), or "
                "Sequential([a, b]) for a stack of layers; a subclass passes on options by name: "
                "super().__init__(**kwargs)."
            )
        Trainer.__init__(self)
        Layer.__init__(self, **kwargs)

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """The computation. Subclasses define it."""
        raise NotImplementedError(
            f"Model {self.name!r} has no `call()`: define one in {type(self).__name__}, or make "
            "the model from inputs and outputs."
        )

    # Layers ------------------------------------------------------------------------------

    @property
    def layers(self) -> list[Any]:
        """The layers directly inside, in order."""
        return [layer for layer in self._layers if not getattr(layer, "_hidden", False)]

    @trimmed
    def get_layer(self, name: str | None = None, index: int | None = None) -> Any:
        """One of `layers`, by name or by index.

        Raises:
            ValueError: if there is none, or not exactly one of the arguments is given.
        """
        own = self.layers
        if (name is None) == (index is None):
            raise ValueError(f"Model {self.name!r}: get_layer needs either name or index.")
        if index is not None:
            if not -len(own) <= index < len(own):
                raise ValueError(
                    f"Model {self.name!r}: index must be below the {len(own)} layers. "
                    f"Received: index={index}"
                )
            return own[index]
        for layer in own:
            if layer.name == name:
                return layer
        raise ValueError(
            f"Model {self.name!r} has no layer named {name!r}. Its layers: "
            f"{[layer.name for layer in own]}"
        )

    def build(self, input_shape: Any = None) -> None:
        """Make the variables of all layers inside, by tracing `call` for the given shapes.

        Args:
            input_shape: the input's shape, batch axis included; a list or dict of shapes for
                several inputs.

        Raises:
            ValueError: if `call` cannot be traced for the shapes.
        """
        if self._own_layers_built():
            return
        if input_shape is None:
            raise ValueError(f"Model {self.name!r}: build() needs the input's shape.")
        if type(self).call is Model.call:
            self.call()  # for its error
        specs = tree_of_shapes(input_shape, lambda s: KerasTensor(s, self.compute_dtype))
        from keras_core.symbolic.abstract import compute_output_spec

        first = None
        for guess in _with_ids(specs):
            try:
                if isinstance(guess, dict) and set(guess) <= set(self._info.names):
                    compute_output_spec(self.call, **guess)
                else:
                    compute_output_spec(self.call, guess)
                return
            except Exception as error:
                first = first or error
        raise ValueError(
            f"Model {self.name!r} could not be built for the shape {input_shape}: {first} "
            "Call it on real data instead, or check its call() for this shape."
        ) from first

    def _maybe_build(self, bound: dict[str, Any]) -> None:
        try:
            super()._maybe_build(bound)
        except ValueError as error:
            if type(self).build is Model.build and not scopes.local.symbolic:
                try:
                    self._build_by_trial(bound)
                    return
                except Exception:
                    self.built = False
            cause = error.__cause__
            if cause is not None and backend.arrays.wants_values(cause):
                raise cause from None  # it tells of the line that looks into a tensor
            raise

    def _build_by_trial(self, bound: dict[str, Any]) -> None:
        """Have a call on the data itself make the variables, and change none.

        What `call` does may need values, which there are none of while it is traced.
        """
        with (
            scopes.StatelessScope(collect_losses=True),
            backend.execute.no_gradients(),
            scopes.name_scope(self.name),
        ):
            self._user_call(**bound)
        self._note_built({f"{k}_shape": v for k, v in self._shapes_of(bound).items()})

    def _built_by_call(self, given: dict[str, Any]) -> bool:
        # `build` here traces a call of one argument, whose dtypes it does not know.
        several = len(given.keys() & set(self._info.required)) > 1
        return type(self).build is Model.build and (
            several or isinstance(next(iter(given.values()), None), (list, dict))
        )

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Build the model from what `get_build_config` gave."""
        shapes = (config or {}).get("shapes_dict")
        if not shapes or type(self).build is not Model.build or self.built:
            super().build_from_config(config)
            return
        # One shape for each argument of `call`, as a call left them.
        self.build({k.removesuffix("_shape"): as_shapes(v) for k, v in shapes.items()})
        self.__dict__["_build_shapes"] = {k: as_shapes(v) for k, v in shapes.items()}
        self._restore_forms(config)

    def _own_layers_built(self) -> bool:
        inside = self._flatten_layers(include_self=False)
        return bool(inside) and all(layer.built for layer in inside)

    # Files -------------------------------------------------------------------------------

    @trimmed
    def save(
        self, filepath: Any, overwrite: bool = True, zipped: bool | None = None, **kwargs: Any
    ) -> PendingSave | None:
        """Write the model: configuration, weights and the optimizer's state.

        Args:
            filepath: ends with ".keras" (or ".h5", the older format).
            overwrite: whether an existing file is replaced; else the user is asked.
            zipped: whether it is one file, or a folder with the same content.
            **kwargs: options of the format; `background=True` copies the state and has a thread
                write the file, see `keras_core.saving.save_model`.

        Returns:
            With `background` a handle to wait for the end with; else None.

        Raises:
            ValueError: if the format is unknown or something cannot be saved.
        """
        from keras_core import saving

        return saving.save_model(self, filepath, overwrite=overwrite, zipped=zipped, **kwargs)

    @trimmed
    def save_weights(
        self,
        filepath: Any,
        overwrite: bool = True,
        max_shard_size: float | None = None,
        *,
        background: bool = False,
        **kwargs: Any,
    ) -> PendingSave | None:
        """Write the weights.

        Args:
            filepath: ends with ".weights.h5", or ".weights.json" for shards.
            overwrite: whether an existing file is replaced; else the user is asked.
            max_shard_size: in GiB, the limit of one shard.
            background: whether to copy the weights and have a thread write the file.
            **kwargs: `objects_to_skip`: a list of layers inside that are left out.

        Returns:
            With `background` a handle to wait for the end with; else None.
        """
        from keras_core import saving

        return saving.save_weights(
            self, filepath, overwrite, max_shard_size, background=background, **kwargs
        )

    @trimmed
    def load_weights(self, filepath: Any, skip_mismatch: bool = False, **kwargs: Any) -> None:
        """Set the weights from a file.

        Args:
            filepath: what `save_weights` or `save` wrote.
            skip_mismatch: whether layers that do not fit keep their weights.
            **kwargs: `by_name` for older ".h5" files; `objects_to_skip`, a list of layers inside.

        Raises:
            ValueError: if weights do not fit.
        """
        from keras_core import saving

        saving.load_weights(self, filepath, skip_mismatch=skip_mismatch, **kwargs)

    @trimmed
    def export(
        self,
        filepath: Any,
        format: str = "tf_saved_model",
        verbose: bool | None = None,
        input_signature: Any = None,
        **kwargs: Any,
    ) -> None:
        """Write the inference function in a format that runs without this package.

        Args:
            filepath: a folder for "tf_saved_model"; a file that ends with ".onnx", ".xml"
                ("openvino"), ".tflite" ("litert") or ".pt2" ("torch").
            format: "tf_saved_model", "onnx", "openvino", "litert" or "torch" (`torch.export`).
                What the active backend cannot write itself another installed one writes,
                in a process of its own, from the model's config and weights.
            verbose: whether to say where the file is; None: yes.
            input_signature: a list with the shape and dtype of each argument of the call, as
                InputSpec, KerasTensor or tensor; by default those the model was built for,
                with any batch size.
            **kwargs: `opset_version` for "onnx" and "openvino"; `is_static` and
                `jax2tf_kwargs` for "tf_saved_model" on JAX; attributes of
                `tf.lite.TFLiteConverter` for "litert".

        Raises:
            ValueError: if the format, the path's ending or an option is wrong, or the model is
                not built.
            ImportError: if a package that writes the format is not installed.

        Example:

        >>> import keras_core as keras
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
        >>> model.export("model.onnx", format="onnx")  # doctest: +SKIP
        """
        from keras_core.export import formats

        formats.export_model(self, filepath, format, verbose, input_signature, **kwargs)

    def _serving_inputs(self) -> list[Any] | None:
        """The arguments that it is served with, for a SavedModel; None before they are known."""
        from keras_core.export import signature

        try:
            return signature.of_model(self)
        except ValueError:
            return None

    def to_json(self, **kwargs: Any) -> str:
        """The configuration as JSON; `models.model_from_json` builds the model again.

        Args:
            **kwargs: arguments of `json.dumps`.
        """
        from keras_core.core import registry

        return json.dumps(registry.serialize_keras_object(self), **kwargs)

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """A model built from what `get_config` gave."""
        graph = {"name", "layers", "input_layers", "output_layers"}
        if graph <= set(config):
            from keras_core.models.functional import Functional, functional_from_config

            return functional_from_config(
                Functional if cls is Model else cls, config, custom_objects
            )
        return super().from_config(config)

    def get_compile_config(self) -> dict[str, Any] | None:
        return Trainer.get_compile_config(self)

    # State as a tree ---------------------------------------------------------------------

    def get_state_tree(self, value_format: str = "backend_tensor") -> dict[str, Any]:
        """The values of all variables as nested dicts by path.

        Args:
            value_format: "backend_tensor" or "numpy_array".

        Returns:
            A dict with "trainable_variables", "non_trainable_variables",
            "optimizer_variables" and "metrics_variables".

        Raises:
            ValueError: for another format, or two variables of one path.
        """
        if value_format not in ("backend_tensor", "numpy_array"):
            raise ValueError(
                "get_state_tree: value_format must be 'backend_tensor' or 'numpy_array'. "
                f"Received: {value_format!r}"
            )
        as_numpy = value_format == "numpy_array"
        return {
            kind: _nested(
                {v.path: v.numpy() if as_numpy else v.tensor for v in variables}, variables
            )
            for kind, variables in self._state_groups().items()
        }

    def set_state_tree(self, state_tree: dict[str, Any]) -> None:
        """Set variables from what `get_state_tree` gave.

        Raises:
            ValueError: if a group or a variable's path is unknown.
        """
        groups = self._state_groups()
        for kind, values in state_tree.items():
            if kind not in groups:
                raise ValueError(
                    f"set_state_tree: keys must be among {sorted(groups)}. Received: {kind!r}"
                )
            by_path = {v.path: v for v in groups[kind]}
            for path, value in _flat(values).items():
                if path not in by_path:
                    raise ValueError(
                        f"set_state_tree: {kind} has no variable {path!r}. It has {sorted(by_path)}"
                    )
                by_path[path].assign(value)

    def _state_groups(self) -> dict[str, list[Any]]:
        optimizer = getattr(self, "optimizer", None)
        return {
            "trainable_variables": self.trainable_variables,
            "non_trainable_variables": self.non_trainable_variables,
            "optimizer_variables": list(optimizer.variables) if optimizer is not None else [],
            "metrics_variables": self.metrics_variables,
        }

    @trimmed
    def summary(
        self,
        line_length: int | None = None,
        positions: list[float] | None = None,
        print_fn: Any = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Any = None,
    ) -> None:
        """Print a table of the layers: name, output shape, parameters.

        Args:
            line_length: the table's width in characters.
            positions: the columns' right edges, as fractions of the width or in characters.
            print_fn: called with the text in place of printing it.
            expand_nested: whether the layers of models inside are shown.
            show_trainable: whether a column says if a layer is trained.
            layer_range: a pair of names (regular expressions): the first and last layer shown.
        """
        from keras_core.models.summary import print_summary

        print_summary(
            self,
            line_length=line_length,
            positions=positions,
            print_fn=print_fn,
            expand_nested=expand_nested,
            show_trainable=show_trainable,
            layer_range=layer_range,
        )

    def get_quantization_layer_structure(self, mode: Any = None) -> Any:
        """How the layers follow each other, for quantization; None unless overridden."""
        return None

    def quantize(
        self, mode: Any = None, config: Any = None, filters: Any = None, **kwargs: Any
    ) -> None:
        """Quantize the layers inside that can be.

        Args:
            mode: "int8", "int4", "float8", "gptq" or "awq".
            config: a quantization config in place of `mode`; GPTQ and AWQ need one, with a
                dataset of texts, tokens or other inputs, on which the layers are calibrated in
                the order in which they are called.
            filters: which layers: a regular expression of names, a list of them, or a function.
            **kwargs: `type_check`.
        """
        import re

        def wanted(layer: Any) -> bool:
            if filters is None:
                return True
            if callable(filters):
                return bool(filters(layer))
            patterns = [filters] if isinstance(filters, str) else filters
            return any(re.search(pattern, layer.name) for pattern in patterns)

        from keras_core.quantizers import QuantizationConfig

        if config is None and isinstance(mode, QuantizationConfig):
            mode, config = None, mode
        kind = getattr(config, "mode", mode)
        if mode not in (None, kind):
            raise ValueError(
                f"{self.name}: mode and config must be of one mode. Received: mode={mode!r}, "
                f"config of mode {kind!r}"
            )
        if kind in ("gptq", "awq"):
            from keras_core.models import calibrate

            if config is None:
                raise ValueError(
                    f"{self.name}: mode {kind!r} calibrates on data: pass a "
                    f"quantizers.{kind.upper()}Config with a dataset as `config`."
                )
            done = calibrate.quantize(self, config, wanted)
        else:
            done = self._quantize_each(mode, config, wanted, kwargs)
        if done:
            self.__dict__["_steps"] = {}  # compiled for the old variables

    def _quantize_each(self, mode: Any, config: Any, wanted: Any, options: dict[str, Any]) -> bool:
        done = False
        for layer in self._flatten_layers(include_self=False):
            if children(layer, Layer) or not wanted(layer):
                continue
            try:
                layer.quantize(mode, config=config, **options)
                done = True
            except NotImplementedError:
                continue
        return done


def _describes_graph(args: tuple, kwargs: dict[str, Any]) -> bool:
    given = len(args) == 2 or (len(args) == 1 and "outputs" in kwargs)
    return given or ("inputs" in kwargs and "outputs" in kwargs)


def _graft(cls: type, functional: type) -> None:
    """Put Functional between a Model subclass that was given a graph, and Model."""
    for c in cls.__mro__:
        if Model in c.__bases__ and c is not functional:
            c.__bases__ = tuple(functional if b is Model else b for b in c.__bases__)
            return


def _nested(values: dict[str, Any], variables: list[Any]) -> dict[str, Any]:
    if len(values) != len(variables):
        raise ValueError("get_state_tree: two variables have the same path; name the layers apart.")
    out: dict[str, Any] = {}
    for path, value in values.items():
        *folders, last = path.split("/")
        inner = out
        for folder in folders:
            inner = inner.setdefault(folder, {})
        inner[last] = value
    return out


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, value in values.items():
        path = f"{prefix}/{key}" if prefix else key
        if isinstance(value, dict):
            out.update(_flat(value, path))
        else:
            out[path] = value
    return out
