"""Layers that compute on the host with NumPy, and what lets any layer prepare TensorFlow data.

Strings never reach a device. A layer of strings takes NumPy arrays, Python strings and lists of
them; inside of `tf.data.Dataset.map`, on any backend, TensorFlow calls back into the same code.
TensorFlow is never imported here: whoever passes its tensors has imported it.
"""

from __future__ import annotations

import sys
from typing import Any, ClassVar

import numpy as np

from keras_core import ops, random
from keras_core.backends.select import backend
from keras_core.core import dtypes, hosted, scopes, shapes, tree
from keras_core.layers.base import structures
from keras_core.layers.base.options import OptionsLayer
from keras_core.symbolic.keras_tensor import KerasTensor

arrays = backend.arrays


def is_tensorflow(x: Any) -> bool:
    """Whether `x` is a tensor of TensorFlow, a ragged or a sparse one included."""
    module = type(x).__module__
    return module.startswith("tensorflow.") and hasattr(x, "dtype") and hasattr(x, "shape")


def _in_graph() -> bool:
    return not sys.modules["tensorflow"].executing_eagerly()


def to_host(x: Any) -> Any:
    """A tensor, an array or nested lists as a NumPy array; strings as an array of objects."""
    return np.asarray(masked_on_host(x))


def masked_on_host(x: Any) -> Any:
    """The same; of a ragged tensor a masked array: there is nothing where rows were filled up."""
    if isinstance(x, np.ndarray):
        return x
    if arrays.is_tensor(x) and not is_tensorflow(x):
        return np.asarray(arrays.convert_to_numpy(x))
    if is_tensorflow(x):
        if shapes.is_ragged(x):
            return np.ma.MaskedArray(*(part.numpy() for part in _filled(x)))
        if type(x).__name__ == "SparseTensor":
            x = sys.modules["tensorflow"].sparse.to_dense(x)
        return np.asarray(x.numpy())
    return np.asarray(x)


def _filled(ragged: Any) -> tuple[Any, Any]:
    """The rows of a ragged tensor at one length, and where there is nothing in them."""
    tf = sys.modules["tensorflow"]
    return ragged.to_tensor(), tf.logical_not(tf.ones_like(ragged, dtype=tf.bool).to_tensor())


class _DataBackend:
    """What `DataLayer.backend` gives: the operations, also by family (`backend.numpy.where`)."""

    name = backend.name
    core = math = ops
    random = random

    def __getattr__(self, name: str) -> Any:
        return getattr(ops, name)


class DataLayer(OptionsLayer):
    """A layer that, whatever the backend, also takes the tensors of a `tf.data` pipeline.

    Its `call` is written in `keras_core.ops` alone, or in those of `self.backend`, and sees
    tensors of the backend in either case.

    Args:
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.
    """

    backend: ClassVar[Any] = _DataBackend()
    _by_element = False  # whether each element is looked at alone, with output_mode="int"
    _heeds_holes: ClassVar[bool] = False  # whether `masked_on_host` tells it where rows end
    _counts_for_nothing: int | None = None  # else, what fills up ragged rows; None: nothing may

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if args and args[0] is None and self._input_must is not None:  # NumPy would take it for NaN
            raise self._refuse(self._info.positional[0], self._input_must, None)
        if args and shapes.is_ragged(args[0]) and self._keeps_ragged():
            rows: Any = args[0]
            values = self(rows.flat_values, *args[1:], **kwargs)
            return rows.with_flat_values(sys.modules["tensorflow"].convert_to_tensor(values))
        if not self._heeds_holes and any(map(shapes.is_ragged, (*args, *kwargs.values()))):
            args, kwargs = self._filled_up(args, kwargs)
        if "tensorflow" in sys.modules and self._is_foreign(args):
            return self._on_tensorflow(*args, **kwargs)
        if args and self._convert_input_args and _of_python(args[0]):
            args = (self._converted(args[0]), *args[1:])
        return super().__call__(*args, **kwargs)

    def _keeps_ragged(self) -> bool:
        """Whether a ragged tensor gives one of the same rows."""
        alone = self._by_element and getattr(self, "output_mode", "int") == "int"
        return alone and self._can_be_ragged()

    def _can_be_ragged(self) -> bool:
        """Whether what is given may be ragged: on TensorFlow, and in its graphs of data."""
        return backend.has("ragged") or _in_graph()

    def _filled_up(self, args: Any, kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """A call's ragged tensors with the number in their holes that counts for nothing."""

        def fill(x: Any) -> Any:
            if not shapes.is_ragged(x):
                return x
            if self._counts_for_nothing is None:
                raise ValueError(f"{self._owner}: inputs {shapes.must_be_dense(x)}")
            return x.to_tensor(self._counts_for_nothing)

        return tuple(map(fill, args)), {name: fill(x) for name, x in kwargs.items()}

    def _converted(self, numbers: Any) -> Any:
        """A number, or lists of numbers, as a tensor."""
        try:
            return arrays.convert_to_tensor(np.asarray(numbers))
        except (TypeError, ValueError) as error:
            must = self._input_must or "be a tensor"
            name = self._info.positional[0]
            raise self._refuse(name, must, numbers, f"They make no array: {error}.") from None

    def _is_foreign(self, args: Any) -> bool:
        found = [x for x in tree.flatten(args) if is_tensorflow(x)]
        return bool(found) and not arrays.is_tensor(found[0])

    def _host_call(self, *args: Any, **kwargs: Any) -> Any:
        """The layer on NumPy arrays, giving NumPy arrays."""
        outputs = super().__call__(*args, **kwargs)
        return tree.map_structure(lambda y: np.asarray(arrays.convert_to_numpy(y)), outputs)

    def _on_tensorflow(self, *args: Any, **kwargs: Any) -> Any:
        tf = sys.modules["tensorflow"]
        if not _in_graph():
            given = tree.map_structure(lambda x: to_host(x) if is_tensorflow(x) else x, args)
            return super().__call__(*given, **kwargs)
        leaves, spec = tree.flatten_spec(args)
        # Where the rows of ragged tensors were filled up. AutoGraph takes no annotation here.
        missing = {}
        for i, x in enumerate(leaves):
            if shapes.is_ragged(x):
                leaves[i], missing[i] = _filled(x)
        places = [i for i, x in enumerate(leaves) if is_tensorflow(x)]
        symbolic = list(leaves)
        for i in places:
            shape = leaves[i].shape
            if shape.rank is None:
                raise ValueError(
                    f"{self._owner}: tensors of a dataset must have a known rank. Received: "
                    f"{leaves[i]!r}. Call set_shape() on it first."
                )
            symbolic[i] = KerasTensor(tuple(shape), leaves[i].dtype.name)
        outputs = self.compute_output_spec(*tree.unflatten(spec, symbolic), **kwargs)
        specs, structure = tree.flatten_spec(outputs)
        names = [dtypes.canonical(s.dtype) if s.dtype != "string" else "string" for s in specs]

        def run(*values: Any) -> list[Any]:
            filled = list(leaves)
            for i, value in zip(places, values, strict=False):
                filled[i] = value
            for i, holes in zip(missing, values[len(places) :], strict=True):
                filled[i] = np.ma.MaskedArray(filled[i], holes)
            results = tree.flatten(self._host_call(*tree.unflatten(spec, filled), **kwargs))
            return [
                np.asarray(y, dtype=object if name == "string" else name)
                for y, name in zip(results, names, strict=True)
            ]

        results = tf.numpy_function(
            run,
            [*(leaves[i] for i in places), *missing.values()],
            [tf.as_dtype(n) for n in names],
        )
        for result, one in zip(results, specs, strict=True):
            result.set_shape(one.shape)
        return tree.unflatten(structure, results)


def _of_python(x: Any) -> bool:
    """Whether `x` is a number of Python's, or lists of anything but tensors."""
    if isinstance(x, (list, tuple)):
        return not structures.holds_tensor(x)
    return isinstance(x, (bool, int, float))


class HostLayer(DataLayer):
    """A layer whose computation is NumPy's: `compute` takes and gives arrays."""

    _input_must = None  # strings too
    _heeds_holes = True
    _entries: ClassVar[str | None] = None  # the inputs' dtype, whatever the policy says

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        layer = super().__new__(cls, *args, **kwargs)
        hosted.register(layer)  # here, where copies and pickles come by too
        return layer

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._convert_input_args = False
        self._allow_non_tensor_positional_args = True
        self.built = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if scopes.local.exporting:
            raise ValueError(
                f"{self._owner} computes with NumPy on the host, which no exported file can. "
                "Export the part of the model that comes after it, "
                "keras.Model(layer.output, model.output).export(...), and give that what "
                "layer(data) gives."
            )
        return super().__call__(*args, **kwargs)

    @property
    def compute_dtype(self) -> str:
        """The dtype of the entries, where the layer has one; else the policy's."""
        return self._entries or self._dtype_policy.compute_dtype

    @property
    def variable_dtype(self) -> str:
        """The dtype of the entries, where the layer has one; else the policy's."""
        return self._entries or self._dtype_policy.variable_dtype

    @property
    def dtype(self) -> str:
        """The dtype of the entries, where the layer has one; else the policy's."""
        return self.variable_dtype

    def _is_foreign(self, args: Any) -> bool:
        return any(is_tensorflow(x) for x in tree.flatten(args)) and _in_graph()

    def compute(self, inputs: np.ndarray) -> np.ndarray:
        """The outputs of one array."""
        raise NotImplementedError

    def _output_dtype(self) -> str:
        """The outputs' dtype."""
        return "int64"

    def _host_call(self, *args: Any, **kwargs: Any) -> Any:
        return self.compute(*args, **kwargs)

    def call(self, inputs: Any) -> Any:
        many = isinstance(inputs, (list, tuple))
        dtype = self._output_dtype()
        given = list(inputs) if many else [inputs]
        if dtype != "string" and all(arrays.is_tensor(x) and not is_tensorflow(x) for x in given):
            sizes = [tuple(x.shape) for x in given]
            shape = self.compute_output_shape(sizes if many else sizes[0])
            dtype = dtypes.canonical(dtype)
            return backend.execute.on_host(id(self), given, shape, dtype)
        values = self.compute(self._inputs(inputs))
        if values.dtype.kind in "OSU":
            return values
        return arrays.convert_to_tensor(values, dtypes.canonical(self._output_dtype()))

    def on_host(self, *inputs: np.ndarray) -> np.ndarray:
        """`compute` in the middle of a compiled function, of one array or of several."""
        return self.compute(inputs[0])

    def _inputs(self, inputs: Any) -> Any:
        return masked_on_host(inputs)

    def compute_output_spec(self, inputs: Any) -> Any:
        name = self._output_dtype()
        shape = self.compute_output_shape(tuple(inputs.shape))
        return KerasTensor(shape, name if name == "string" else dtypes.canonical(name))


def one_hot_shape(shape: Any) -> tuple[Any, ...]:
    """The shape of indices that get a vector each: a last axis of one goes, the batch stays."""
    shape = tuple(shape) or (1,)
    return shape[:-1] if len(shape) > 1 and shape[-1] == 1 else shape


def encoded_shape(shape: Any, mode: str, depth: int | None) -> tuple[Any, ...]:
    """The shape that `encoded` gives."""
    shape = tuple(shape)
    if mode == "int":
        return shape
    if mode == "one_hot":
        return (*one_hot_shape(shape), depth)
    return (*shape[:-1], depth)


def encoded(
    ids: np.ndarray,
    mode: str,
    depth: int,
    weights: np.ndarray | None = None,
    inputs: np.ndarray | None = None,
) -> np.ndarray:
    """Indices as they are, or as vectors of a length.

    Args:
        ids: indices; those outside of [0, depth) count for nothing.
        mode: "int", "one_hot" (a vector for each), "multi_hot" or "count" (one vector for the
            last axis), or "tf_idf" (counts times `weights`).
        depth: the vectors' length.
        weights: of length `depth`, for "tf_idf".
        inputs: what the indices are of; where these are masked, there is nothing to count.
    """
    if mode == "int":
        return ids
    if isinstance(inputs, np.ma.MaskedArray):
        ids = np.where(np.ma.getmaskarray(inputs), -1, ids)
    if mode == "one_hot":
        flat = ids.reshape(-1, 1)
        shape = one_hot_shape(ids.shape)
    else:
        flat = ids.reshape(-1, ids.shape[-1] if ids.ndim else 1)
        shape = ids.shape[:-1]
    out = np.zeros((len(flat), depth), np.float32 if mode == "tf_idf" else np.int64)
    row, column = np.nonzero((flat >= 0) & (flat < depth))
    np.add.at(out, (row, flat[row, column]), 1)
    if mode in ("one_hot", "multi_hot"):
        out = np.minimum(out, 1)
    if mode == "tf_idf":
        out = out * np.asarray(weights, np.float32)
    return out.reshape(*shape, depth)
