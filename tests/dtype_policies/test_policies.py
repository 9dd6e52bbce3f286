"""Dtype policies against Keras: names, dtypes, configs, and the errors."""

from __future__ import annotations

import numpy as np
import pytest

from keras_core import dtype_policies
from keras_core.backends.select import backend, variable_class
from keras_core.dtype_policies import policy as policy_module
from keras_core.symbolic.keras_tensor import KerasTensor

keras = pytest.importorskip("keras")

NAMES = [
    "float32", "mixed_float16", "mixed_bfloat16", "float16", "bfloat16", "float64", "uint8", "bool",
    "int8_from_float32", "int8_from_mixed_bfloat16", "float8_from_float32", "int4_from_float32",
    "int4/128_from_float32", "int4/-1_from_float32", "gptq/4/128_from_float32",
    "awq/4/128_from_float32", "float8_from_mixed_float16",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_named_policies_equal_keras(name: str) -> None:
    ours, theirs = dtype_policies.get(name), keras.dtype_policies.get(name)
    assert type(ours).__name__ == type(theirs).__name__
    for attribute in ("name", "compute_dtype", "variable_dtype", "quantization_mode"):
        assert getattr(ours, attribute) == getattr(theirs, attribute)
    assert ours.get_config() == theirs.get_config()
    assert type(ours).from_config(ours.get_config()) == ours
    assert hash(type(ours).from_config(ours.get_config())) == hash(ours)


@pytest.mark.parametrize(
    "name",
    ["nope", "mixed_float32", "int8_from_float16", "gptq_from_float32", "int4/0_from_float32",
     "int9_from_float32", "gptq/5/128_from_float32", "awq/8/128_from_float32"],
)  # fmt: skip
def test_unknown_names_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="Received"):
        dtype_policies.get(name)


def test_get_takes_policies_dtypes_and_refuses_the_rest() -> None:
    policy = dtype_policies.DTypePolicy("float16")
    assert dtype_policies.get(policy) is policy
    assert dtype_policies.get(np.float16).name == "float16"
    assert (
        dtype_policies.deserialize({"class_name": "DTypePolicy", "config": {"name": "float16"}})
        == policy
    )
    with pytest.raises(ValueError, match="Received: 3"):
        dtype_policies.get(3)
    with pytest.raises(TypeError, match="name must be a string"):
        dtype_policies.DTypePolicy(3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="class_name"):
        dtype_policies.get({"a": 1})


def test_the_default_policy_follows_floatx_until_it_is_set() -> None:
    assert dtype_policies.get(None).name == "float32"
    policy_module.set_dtype_policy("mixed_bfloat16")
    try:
        assert dtype_policies.get(None).name == "mixed_bfloat16"
        assert dtype_policies.DTypePolicy().name == "mixed_bfloat16"
    finally:
        policy_module.set_dtype_policy(None)
    assert policy_module.dtype_policy().name == "float32"


def test_convert_input() -> None:
    policy = dtype_policies.get("mixed_float16")
    name = backend.arrays.dtype_name
    assert name(policy.convert_input(np.ones(2, "float32"), True, "float16")) == "float16"
    assert name(policy.convert_input(np.ones(2, "float32"), False, "float16")) == "float32"
    assert name(policy.convert_input(np.ones(2, "int32"), True, "float16")) == "int32"
    variable = variable_class()(np.ones(2, "float32"))
    assert name(policy.convert_input(variable, True, "float16")) == "float16"
    symbolic = policy.convert_input(KerasTensor((None, 2)), True, "float16")
    assert (symbolic.shape, symbolic.dtype) == ((None, 2), "float16")
    for value in (1, 1.5, None, "a", [1, 2]):
        assert policy.convert_input(value, True, "float16") is value
    tensor = backend.arrays.convert_to_tensor(np.ones(2, "float16"))
    assert policy.convert_input(tensor, True, "float16") is tensor


def test_map() -> None:
    policies = dtype_policies.DTypePolicyMap("mixed_float16", {"a/b": "float16"})
    policies["c.*"] = dtype_policies.DTypePolicy("bfloat16")
    assert [policies[k].name for k in ("a/b", "a/b/d", "cc", "z")] == [
        "float16", "mixed_float16", "bfloat16", "mixed_float16",
    ]  # fmt: skip
    assert (policies.name, policies.compute_dtype, len(policies)) == (
        "map_mixed_float16",
        "float16",
        2,
    )
    with pytest.raises(ValueError, match="only once"):
        policies["a/b"] = "float32"
    with pytest.raises(ValueError, match="Received"):
        policies["x"] = policies
    policies["cc.*"] = "float32"
    with pytest.raises(ValueError, match="only one key"):
        policies["ccc"]
    assert dtype_policies.get(policies) is policies
