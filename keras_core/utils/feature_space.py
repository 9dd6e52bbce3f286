"""FeatureSpace: the columns of a table, each prepared in its way, as one vector."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np

from keras_core import ops
from keras_core.backends.select import backend
from keras_core.core import tree
from keras_core.core.errors import describe, message
from keras_core.core.registry import deserialize_keras_object, serialize_keras_object
from keras_core.layers.core.identity import Identity
from keras_core.layers.core.input_layer import Input
from keras_core.layers.preprocessing.hashing import HashedCrossing, Hashing
from keras_core.layers.preprocessing.host import DataLayer, _in_graph, is_tensorflow, to_host
from keras_core.layers.preprocessing.lookup import IndexLookup, IntegerLookup, StringLookup
from keras_core.layers.preprocessing.numeric import (
    CategoryEncoding,
    Discretization,
    Normalization,
)
from keras_core.layers.preprocessing.rescaling import Rescaling
from keras_core.symbolic.keras_tensor import KerasTensor

# Under this module files name the parts of a FeatureSpace, and the identity of plain floats.
_MODULE = "keras.src.layers.preprocessing.feature_space"
_CHUNK = 1024  # single samples that are learnt from at a time


class Feature:
    """How one column is read, prepared and encoded.

    Args:
        dtype: of the column: "float32", "int32", "int64" or "string".
        preprocessor: a layer.
        output_mode: "float" or "int" for the layer's outputs as they are, "one_hot" to encode
            its indices.
    """

    def __init__(self, dtype: str, preprocessor: Any, output_mode: str) -> None:
        if output_mode not in ("int", "one_hot", "float"):
            raise ValueError(
                message(
                    "FeatureSpace", "output_mode", "be 'int', 'one_hot' or 'float'", output_mode
                )
            )
        if not callable(preprocessor):
            raise ValueError(message("FeatureSpace", "preprocessor", "be a layer", preprocessor))
        self.dtype = str(dtype)
        self.preprocessor = preprocessor
        self.output_mode = output_mode

    def get_config(self) -> dict[str, Any]:
        """The arguments as data."""
        held = serialize_keras_object(self.preprocessor)
        if type(self.preprocessor) is Identity:
            held |= {"module": _MODULE, "class_name": "TFDIdentity"}
            held["registered_name"] = "TFDIdentity"
        return {"dtype": self.dtype, "preprocessor": held, "output_mode": self.output_mode}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Feature:
        """A feature from `get_config()`."""
        config = dict(config)
        held = config["preprocessor"]
        if isinstance(held, dict):
            if held.get("class_name") == "TFDIdentity":
                held = {**held, "module": "keras.layers", "class_name": "Identity"}
                held["registered_name"] = None
            config["preprocessor"] = deserialize_keras_object(held)
        return cls(**config)


class Cross:
    """How several columns are crossed.

    Args:
        feature_names: the columns' names.
        crossing_dim: how many indices the combinations are hashed to.
        output_mode: "one_hot" or "int".
    """

    def __init__(self, feature_names: Any, crossing_dim: int, output_mode: str = "one_hot") -> None:
        if output_mode not in ("int", "one_hot"):
            raise ValueError(
                message("FeatureSpace.cross", "output_mode", "be 'int' or 'one_hot'", output_mode)
            )
        self.feature_names = tuple(feature_names)
        self.crossing_dim = crossing_dim
        self.output_mode = output_mode

    @property
    def name(self) -> str:
        """The cross's name among the features."""
        return "_X_".join(self.feature_names)

    def get_config(self) -> dict[str, Any]:
        """The arguments as data."""
        return {
            "feature_names": list(self.feature_names),
            "crossing_dim": self.crossing_dim,
            "output_mode": self.output_mode,
        }


def _part(class_name: str, config: dict[str, Any]) -> dict[str, Any]:
    return {
        "module": _MODULE,
        "class_name": class_name,
        "config": config,
        "registered_name": class_name,
    }


def _named(name: str | None) -> dict[str, Any]:
    return {} if name is None else {"name": f"{name}_preprocessor"}


class FeatureSpace(DataLayer):
    """Prepares the columns of a table: scales, hashes, looks up, crosses, encodes.

    Args:
        features: a dict from columns' names to what they are: a string ("float",
            "float_rescaled", "float_normalized", "float_discretized", "integer_categorical",
            "integer_hashed", "string_categorical", "string_hashed"), or what one of the class
            methods of these names, or `feature`, gives.
        output_mode: "concat" for one vector a sample, features in order of their names and
            crosses last; "dict" for a dict of tensors.
        crosses: tuples of columns' names, or what `FeatureSpace.cross` gives.
        crossing_dim: how many indices the combinations of such tuples are hashed to.
        hashing_dim: how many indices the features given as "..._hashed" are hashed to.
        num_discretization_bins: how many bins "float_discretized" has.
        name: the name.

    Raises:
        ValueError: for unknown kinds of features, or crosses of columns that are not there.

    Example:

    >>> import numpy as np, keras_core as keras
    >>> space = keras.utils.FeatureSpace(
    ...     {"age": "float_normalized", "job": "string_categorical"}, crosses=[("age", "job")]
    ... )  # doctest: +SKIP
    >>> space = keras.utils.FeatureSpace({"age": "float_normalized", "job": "string_categorical"})
    >>> table = {"age": np.array([20.0, 40.0]), "job": np.array(["cook", "nurse"])}
    >>> space.adapt(table)
    >>> space(table).shape
    """

    _input_must = None  # a dict of columns, of which its own messages tell
    # TensorFlow's AutoGraph, which a dataset's `map` brings along on every backend, warns of what
    # it cannot rewrite, and there is nothing here that needs it.
    autograph_info__: ClassVar[dict[str, Any]] = {}

    def __init__(
        self,
        features: Mapping[str, Any],
        output_mode: str = "concat",
        crosses: Any = None,
        crossing_dim: int = 32,
        hashing_dim: int = 32,
        num_discretization_bins: int = 32,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        if not isinstance(features, Mapping) or not features:
            raise ValueError(
                message("FeatureSpace", "features", "be a dict of at least one feature", features)
            )
        if output_mode not in ("concat", "dict"):
            raise ValueError(
                message("FeatureSpace", "output_mode", "be 'concat' or 'dict'", output_mode)
            )
        self._convert_input_args = False
        self._allow_non_tensor_positional_args = True
        self.crossing_dim = crossing_dim
        self.hashing_dim = hashing_dim
        self.num_discretization_bins = num_discretization_bins
        self.output_mode = output_mode
        self.features = {key: self._feature(key, value) for key, value in features.items()}
        self.crosses = [
            cross if isinstance(cross, Cross) else Cross(cross, crossing_dim)
            for cross in crosses or ()
        ]
        for cross in self.crosses:
            unknown = [key for key in cross.feature_names if key not in self.features]
            if unknown:
                raise ValueError(
                    f"FeatureSpace: crosses must be of the features {list(self.features)}. "
                    f"Received: {unknown}"
                )
        self.preprocessors = {key: f.preprocessor for key, f in self.features.items()}
        self.crossers = {cross.name: HashedCrossing(cross.crossing_dim) for cross in self.crosses}
        self.one_hot_encoders: dict[str, Any] = {}
        self._is_adapted = not any(_learns(layer) for layer in self.preprocessors.values())
        self.built = self._is_adapted
        self._inputs: dict[str, Any] | None = None
        self._encoded: Any = None

    # Kinds of features -----------------------------------------------------------------------

    def _feature(self, name: str, value: Any) -> Feature:
        if isinstance(value, Feature):
            return value
        make = {
            "float": lambda: self.float(name),
            "float_rescaled": lambda: self.float_rescaled(name=name),
            "float_normalized": lambda: self.float_normalized(name),
            "float_discretized": lambda: self.float_discretized(
                self.num_discretization_bins, name=name
            ),
            "integer_categorical": lambda: self.integer_categorical(name=name),
            "integer_hashed": lambda: self.integer_hashed(self.hashing_dim, name=name),
            "string_categorical": lambda: self.string_categorical(name=name),
            "string_hashed": lambda: self.string_hashed(self.hashing_dim, name=name),
        }
        if isinstance(value, dict) and value.get("class_name") == "Feature":
            return Feature.from_config(value["config"])
        if not isinstance(value, str) or value not in make:
            raise ValueError(
                f"FeatureSpace: the feature {name!r} must be one of {', '.join(make)}, or made by "
                f"a class method such as FeatureSpace.float_rescaled(). Received: {describe(value)}"
            )
        return make[value]()

    @classmethod
    def cross(cls, feature_names: Any, crossing_dim: int, output_mode: str = "one_hot") -> Cross:
        """A cross of columns, hashed to `crossing_dim` indices."""
        return Cross(feature_names, crossing_dim, output_mode)

    @classmethod
    def feature(cls, dtype: str, preprocessor: Any, output_mode: str) -> Feature:
        """A feature prepared by a layer of your own."""
        return Feature(dtype, preprocessor, output_mode)

    @classmethod
    def float(cls, name: str | None = None) -> Feature:
        """A number as it is."""
        return Feature("float32", Identity(dtype="float32", **_named(name)), "float")

    @classmethod
    def float_rescaled(
        cls, scale: Any = 1.0, offset: Any = 0.0, name: str | None = None
    ) -> Feature:
        """A number times `scale` plus `offset`."""
        return Feature("float32", Rescaling(scale, offset, **_named(name)), "float")

    @classmethod
    def float_normalized(cls, name: str | None = None) -> Feature:
        """A number less the data's mean, over its standard deviation."""
        return Feature("float32", Normalization(axis=-1, **_named(name)), "float")

    @classmethod
    def float_discretized(
        cls,
        num_bins: int,
        bin_boundaries: Any = None,
        output_mode: str = "one_hot",
        name: str | None = None,
    ) -> Feature:
        """The bin that a number falls into; boundaries are learnt unless they are given."""
        # The layer takes either boundaries or their number.
        given = {"num_bins": num_bins} if bin_boundaries is None else {}
        layer = Discretization(bin_boundaries=bin_boundaries, **given, **_named(name))
        return Feature("float32", layer, output_mode)

    @classmethod
    def integer_categorical(
        cls,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        output_mode: str = "one_hot",
        name: str | None = None,
    ) -> Feature:
        """The place of an integer among those of the data."""
        layer = IntegerLookup(max_tokens, num_oov_indices=num_oov_indices, **_named(name))
        return Feature("int32", layer, output_mode)

    @classmethod
    def string_categorical(
        cls,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        output_mode: str = "one_hot",
        name: str | None = None,
    ) -> Feature:
        """The place of a string among those of the data."""
        layer = StringLookup(max_tokens, num_oov_indices=num_oov_indices, **_named(name))
        return Feature("string", layer, output_mode)

    @classmethod
    def string_hashed(
        cls, num_bins: int, output_mode: str = "one_hot", name: str | None = None
    ) -> Feature:
        """A string's hash, of `num_bins` indices."""
        return Feature("string", Hashing(num_bins, **_named(name)), output_mode)

    @classmethod
    def integer_hashed(
        cls, num_bins: int, output_mode: str = "one_hot", name: str | None = None
    ) -> Feature:
        """An integer's hash, of `num_bins` indices."""
        return Feature("int32", Hashing(num_bins, **_named(name)), output_mode)

    # Learning --------------------------------------------------------------------------------

    def adapt(self, dataset: Any) -> None:
        """Learn means, vocabularies and boundaries.

        Args:
            dataset: a dict of arrays, or a DataFrame; or batches or samples as dicts: a
                `tf.data.Dataset`, a `PyDataset`, a torch `DataLoader`, a list or another iterable.

        Raises:
            ValueError: if an item is no dict with the features' names.
        """
        if hasattr(dataset, "__next__"):  # goes round once, and every feature looks at it
            dataset = list(dataset)
        for name, layer in self.preprocessors.items():
            if _learns(layer):
                layer.adapt(_columns(dataset, name))
        self._is_adapted = self.built = True
        self.one_hot_encoders = {}
        self._encoded = None
        self._encoders()

    def _encoders(self) -> dict[str, Any]:
        """The layers that encode indices, once their number is known."""
        wanted = {
            name: _cardinality(feature.preprocessor)
            for name, feature in sorted(self.features.items())
            if feature.output_mode == "one_hot"
        }
        wanted |= {
            cross.name: cross.crossing_dim
            for cross in self.crosses
            if cross.output_mode == "one_hot"
        }
        for name, count in wanted.items():
            if name not in self.one_hot_encoders:
                if count is None:
                    raise ValueError(
                        f"FeatureSpace: the feature {name!r} cannot be one-hot: its layer has "
                        "neither a vocabulary nor num_bins. Use output_mode='int' or 'float'."
                    )
                encoder = CategoryEncoding(num_tokens=count, output_mode="multi_hot")
                self.one_hot_encoders[name] = encoder
        return self.one_hot_encoders

    def _check_adapted(self) -> None:
        if not self._is_adapted:
            raise ValueError(f"{self._owner}: call adapt(dataset) first.")

    # Encoding --------------------------------------------------------------------------------

    def get_inputs(self) -> dict[str, Any]:
        """A symbolic input of shape `(None, 1)` for every feature, by name."""
        if self._inputs is None:
            self._inputs = {
                name: Input((1,), name=name, dtype=feature.dtype)
                for name, feature in self.features.items()
            }
        return self._inputs

    def get_encoded_features(self) -> Any:
        """What becomes of the symbolic inputs, for a model that prepares its data itself."""
        self._check_adapted()
        if self._encoded is None:
            self._encoded = self._encode(self.get_inputs())
        return self._encoded

    def _encode(self, columns: dict[str, Any]) -> Any:
        """The features of columns of shape (batch, 1)."""
        made = {name: self.preprocessors[name](columns[name]) for name in sorted(columns)}
        for cross in sorted(self.crosses, key=lambda cross: cross.name):
            parts = tuple(made[name] for name in cross.feature_names)
            made[cross.name] = self.crossers[cross.name](parts)
        encoders = self._encoders()
        made = {
            name: encoders[name](value) if name in encoders else value
            for name, value in made.items()
        }
        if self.output_mode == "dict":
            return made
        for name, value in made.items():
            if not _dtype(value).startswith(("float", "bfloat")):
                raise ValueError(
                    f"FeatureSpace: the feature {name!r} holds indices, which cannot be joined "
                    "with numbers. Use output_mode='one_hot' for it, or output_mode='dict' for "
                    "the FeatureSpace."
                )
        parts = list(made.values())
        return parts[0] if len(parts) == 1 else ops.concatenate(parts, axis=-1)

    def _column(self, name: str, value: Any) -> tuple[Any, int]:
        """A feature's values as (batch, n), and the rank they came in."""
        kind = self.features[name].dtype
        if not isinstance(value, KerasTensor):
            value = to_host(value)
            value = value if kind == "string" else value.astype(kind)
        rank = len(value.shape)
        if rank >= 2:
            return value, rank
        if isinstance(value, KerasTensor):
            return KerasTensor((1, 1) if rank == 0 else (*value.shape, 1), kind), rank
        value = value.reshape(-1, 1)
        numeric = kind != "string" and not isinstance(self.preprocessors[name], IndexLookup)
        return (ops.convert_to_tensor(value, dtype=kind) if numeric else value), rank

    def call(self, data: Any = None) -> Any:
        self._check_adapted()
        if not isinstance(data, Mapping) or set(data) != set(self.features):
            given = list(data) if isinstance(data, Mapping) else data
            raise ValueError(
                message(
                    self._owner, "data", f"be a dict of the features {list(self.features)}", given
                )
            )
        columns, ranks = {}, set()
        for name, value in data.items():
            columns[name], rank = self._column(name, value)
            ranks.add(rank)
        out = self._encode(columns)
        if ranks == {0}:  # one sample
            out = tree.map_structure(lambda x: _first(x), out)
        return out

    def build(self, input_shape: Any) -> None:
        self._check_adapted()

    def compute_output_spec(self, data: Any = None) -> Any:
        return self.call(data)

    def __call__(self, data: Any = None, *args: Any, **kwargs: Any) -> Any:
        if isinstance(data, Mapping) or hasattr(data, "columns"):  # such as pandas' DataFrame
            data = dict(data)
        return super().__call__(data, *args, **kwargs)

    def _is_foreign(self, args: Any) -> bool:
        return any(is_tensorflow(x) for x in tree.flatten(args)) and _in_graph()

    # Files -----------------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        return {
            "features": {
                name: _part("Feature", feature.get_config())
                for name, feature in self.features.items()
            },
            "output_mode": self.output_mode,
            "crosses": [_part("Cross", cross.get_config()) for cross in self.crosses],
            "crossing_dim": self.crossing_dim,
            "hashing_dim": self.hashing_dim,
            "num_discretization_bins": self.num_discretization_bins,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> FeatureSpace:
        config = dict(config)
        config["crosses"] = [
            Cross(**cross["config"]) if isinstance(cross, dict) else cross
            for cross in config.get("crosses") or ()
        ]
        return cls(**config)

    def get_build_config(self) -> dict[str, Any] | None:
        if not self._is_adapted:
            return None
        return {name: layer.get_build_config() for name, layer in self.preprocessors.items()}

    def build_from_config(self, config: dict[str, Any]) -> None:
        for name, layer in self.preprocessors.items():
            if not layer.built and config.get(name):
                layer.build_from_config(config[name])
        self._is_adapted = self.built = True

    def save(self, filepath: Any) -> None:
        """Write to a `.keras` file, for `keras.saving.load_model`."""
        from keras_core.saving.api import save_model

        save_model(self, filepath)


def _dtype(x: Any) -> str:
    return x.dtype if isinstance(x, KerasTensor) else backend.arrays.dtype_name(x)


def _first(x: Any) -> Any:
    return KerasTensor(x.shape[1:], x.dtype) if isinstance(x, KerasTensor) else x[0]


def _learns(layer: Any) -> bool:
    """Whether a layer has something to learn from data."""
    if isinstance(layer, Normalization):
        return layer.input_mean is None
    if isinstance(layer, IndexLookup):
        return not layer._given
    if isinstance(layer, Discretization):
        return layer._learns
    return False


def _cardinality(layer: Any) -> int | None:
    """How many indices a layer may give: data of few values fills fewer bins than it has."""
    if isinstance(layer, Discretization) and layer.num_bins is None:
        return len(layer.bin_boundaries or ()) + 1
    count = getattr(layer, "vocabulary_size", None)
    if callable(count):
        return count()  # pyright: ignore[reportReturnType]
    return getattr(layer, "num_bins", None)


def _columns(dataset: Any, name: str) -> Iterator[np.ndarray]:
    """One column of the data in arrays of shape (n, 1)."""
    items = (dataset,) if isinstance(dataset, Mapping) or hasattr(dataset, "columns") else dataset
    if hasattr(items, "__len__") and not hasattr(items, "__iter__"):  # a PyDataset
        items = map(dataset.__getitem__, range(len(dataset)))
    single: list[np.ndarray] = []
    for item in items:
        known = isinstance(item, Mapping) or hasattr(item, "columns")
        if not known or name not in item:
            raise ValueError(
                f"FeatureSpace.adapt: dataset must give dicts with the feature {name!r}. "
                f"Received: {describe(item)}. Map the dataset to its features first."
            )
        values = to_host(item[name])
        if values.ndim:
            yield values.reshape(len(values), -1)
            continue
        single.append(values)
        if len(single) == _CHUNK:
            yield np.array(single).reshape(-1, 1)
            single = []
    if single:
        yield np.array(single).reshape(-1, 1)
