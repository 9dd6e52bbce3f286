"""TestCase: assertions about tensors, for tests written with `unittest`."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
import unittest
from typing import Any

import numpy as np

from keras_core import tree
from keras_core.backends.select import backend
from keras_core.testing.layer_checks import check_layer

_Base: Any = unittest.TestCase
with contextlib.suppress(ImportError):  # with it, tests can be parametrised by its decorators
    from absl.testing.parameterized import TestCase as _Base

arrays = backend.arrays


def _host(x: Any) -> Any:
    def convert(leaf: Any) -> Any:
        if hasattr(leaf, "numpy") and not arrays.is_tensor(leaf):  # variables
            return np.asarray(leaf.numpy())
        return np.asarray(arrays.convert_to_numpy(leaf) if arrays.is_tensor(leaf) else leaf)

    return tree.map_structure(convert, x)


class TestCase(_Base):
    """A `unittest.TestCase` that compares tensors and checks layers.

    Example:

    >>> import keras_core as keras
    >>> from keras_core import testing
    >>> testing.TestCase().assertAllClose(keras.ops.ones((2,)), [1.0, 1.0])
    """

    __test__ = False  # not a test itself; subclasses are

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.__test__ = True

    def get_temp_dir(self) -> str:
        """A new folder that goes with the test."""
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        return folder

    def convert_to_numpy(self, x: Any) -> np.ndarray:
        """A tensor, variable or array as a NumPy array."""
        return _host(x)

    def assertAllClose(
        self,
        actual: Any,
        desired: Any,
        atol: float = 1e-6,
        rtol: float = 1e-6,
        tpu_atol: float | None = None,
        tpu_rtol: float | None = None,
        msg: str | None = None,
    ) -> None:
        """Two structures of tensors are equal within a tolerance."""
        np.testing.assert_allclose(
            _host(actual), _host(desired), atol=atol, rtol=rtol, err_msg=msg or ""
        )

    def assertNotAllClose(
        self, x1: Any, x2: Any, atol: float = 1e-6, rtol: float = 1e-6, msg: str | None = None
    ) -> None:
        """Two tensors differ by more than a tolerance somewhere."""
        if np.allclose(_host(x1), _host(x2), atol=atol, rtol=rtol):
            self.fail(msg or f"the values are equal within atol={atol}, rtol={rtol}")

    def assertAllEqual(self, actual: Any, desired: Any, msg: str | None = None) -> None:
        """Two tensors are equal."""
        np.testing.assert_array_equal(_host(actual), _host(desired), err_msg=msg or "")

    def assertDType(self, x: Any, dtype: str, msg: str | None = None) -> None:
        """A tensor has a dtype."""
        found = arrays.dtype_name(x) if arrays.is_tensor(x) else str(x.dtype)
        self.assertEqual(found, dtype, msg)

    def assertLen(self, container: Any, expected_len: int, msg: str | None = None) -> None:
        """A container has a length."""
        self.assertEqual(len(container), expected_len, msg)

    def run_class_serialization_test(self, instance: Any, custom_objects: Any = None) -> Any:
        """An object's config survives JSON, and an object made from it has the same config.

        Args:
            instance: an object with `get_config` and `from_config`.
            custom_objects: classes and functions by name.

        Returns:
            The object made from the config.
        """
        from keras_core.core import registry

        written = json.dumps(registry.serialize_keras_object(instance))
        revived = registry.deserialize_keras_object(json.loads(written), custom_objects)
        self.assertIs(type(revived), type(instance))
        self.assertEqual(json.dumps(registry.serialize_keras_object(revived)), written)
        return revived

    def run_layer_test(
        self,
        layer_cls: Any,
        init_kwargs: dict[str, Any],
        input_shape: Any = None,
        input_dtype: Any = None,
        input_data: Any = None,
        call_kwargs: dict[str, Any] | None = None,
        expected_output_shape: Any = None,
        expected_output_dtype: Any = None,
        expected_output: Any = None,
        expected_num_trainable_weights: int | None = None,
        expected_num_non_trainable_weights: int | None = None,
        expected_num_non_trainable_variables: int | None = None,
        expected_num_seed_generators: int | None = None,
        expected_num_losses: int | None = None,
        supports_masking: bool | None = None,
        custom_objects: dict[str, Any] | None = None,
        run_training_check: bool = True,
        run_mixed_precision_check: bool = True,
        **unused: Any,
    ) -> None:
        """Check a layer: what `check_layer` does, and what is expected of its call.

        Args:
            layer_cls: its class.
            init_kwargs: its constructor's arguments.
            input_shape: a shape, or a structure of shapes, for inputs that are drawn.
            input_dtype: of the inputs drawn; floatx if None.
            input_data: the inputs themselves.
            call_kwargs: more arguments of the call.
            expected_output_shape: of the outputs.
            expected_output_dtype: of the outputs.
            expected_output: the outputs' values.
            expected_num_trainable_weights: how many there are.
            expected_num_non_trainable_weights: how many there are.
            expected_num_non_trainable_variables: how many there are, seeds included.
            expected_num_seed_generators: how many there are.
            expected_num_losses: how many there are after a call.
            supports_masking: what the layer says.
            custom_objects: classes and functions by name, for the config's round trip.
            run_training_check: unused: `check_layer` trains nothing.
            run_mixed_precision_check: whether it is tried with "mixed_float16".
            **unused: expectations of sparse and ragged tensors, which must be false.

        Raises:
            NotImplementedError: if sparse or ragged tensors are expected.
            AssertionError: if anything is not as expected.
        """
        asked = sorted(name for name, value in unused.items() if value)
        if set(asked) & {"input_sparse", "input_ragged", "expected_output_sparse"}:
            raise NotImplementedError(f"TestCase.run_layer_test: {asked} are not available here.")
        data = input_data
        if data is None and input_shape is not None:
            data = tree.map_shape_structure(
                lambda shape: np.asarray(_drawn(tuple(shape), input_dtype)), input_shape
            )
        from keras_core.core.custom_objects import CustomObjectScope

        layer = layer_cls(**init_kwargs)
        with CustomObjectScope({**(custom_objects or {}), layer_cls.__name__: layer_cls}):
            self.run_class_serialization_test(layer)
            if data is None:
                return
            skip = () if run_mixed_precision_check else ("mixed_precision",)
            check_layer(layer_cls, init_kwargs, data, call_kwargs, skip)
        if isinstance(data, dict) and set(data) <= set(layer._info.names):
            output = layer(**data, **(call_kwargs or {}))
        else:
            output = layer(data, **(call_kwargs or {}))
        counts = (
            (expected_num_trainable_weights, layer.trainable_weights),
            (expected_num_non_trainable_weights, layer.non_trainable_weights),
            (expected_num_non_trainable_variables, layer.non_trainable_variables),
            (expected_num_losses, layer.losses),
            (expected_num_seed_generators, _seeds(layer)),
        )
        for expected, found in counts:
            if expected is not None:
                self.assertLen(found, expected, f"{type(layer).__name__}: {found}")
        if supports_masking is not None:
            self.assertEqual(layer.supports_masking, supports_masking)
        if expected_output_shape is not None:
            found_shape = tree.map_structure(lambda x: tuple(arrays.static_shape(x)), output)
            self.assertEqual(found_shape, expected_output_shape)
        if expected_output_dtype is not None:
            tree.map_structure(lambda x: self.assertDType(x, expected_output_dtype), output)
        if expected_output is not None:
            self.assertAllClose(output, expected_output, atol=1e-5, rtol=1e-5)


def _drawn(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    from keras_core.core import dtypes

    name = dtypes.standardize(dtype)
    generator = np.random.default_rng(0)
    if name in dtypes.FLOATS:
        return generator.normal(size=shape).astype(name)
    return generator.integers(0, 2, shape).astype(name)


def _seeds(layer: Any) -> list[Any]:
    return [seed for inner in layer._flatten_layers() for seed in inner._seed_generators]
