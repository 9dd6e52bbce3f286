"""Fifty steps of every optimizer and option, equal to Keras's, eagerly and traced."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from keras_core import optimizers
from keras_core.backends.select import backend, variable_class

STEPS = 50
SHAPES = {"dense/kernel": (4, 3), "dense/bias": (3,), "tall/kernel": (6, 2), "scale": ()}
rng = np.random.default_rng(3)
START = {name: rng.normal(size=shape).astype("float32") for name, shape in SHAPES.items()}
GRADIENTS = [
    {name: rng.normal(size=shape).astype("float32") * (0.1 + 2 * (i % 7 == 3)) for name, shape in SHAPES.items()}
    for i in range(STEPS)
]  # fmt: skip

CASES: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {"learning_rate": 0.1}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"learning_rate": 0.1, "weight_decay": 0.05}),
    ("Adam", {"learning_rate": 0.05}),
    ("Adam", {"learning_rate": 0.05, "amsgrad": True}),
    ("Adam", {"learning_rate": 0.05, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-3}),
    ("AdamW", {"learning_rate": 0.05, "weight_decay": 0.1}),
    ("Adamax", {"learning_rate": 0.05}),
    ("Nadam", {"learning_rate": 0.05}),
    ("RMSprop", {"learning_rate": 0.05}),
    ("RMSprop", {"learning_rate": 0.05, "momentum": 0.8}),
    ("RMSprop", {"learning_rate": 0.05, "centered": True}),
    ("RMSprop", {"learning_rate": 0.05, "momentum": 0.8, "centered": True, "rho": 0.7}),
    ("Adagrad", {"learning_rate": 0.1}),
    ("Adagrad", {"learning_rate": 0.1, "initial_accumulator_value": 0.5}),
    ("Adadelta", {"learning_rate": 1.0}),
    ("Ftrl", {"learning_rate": 0.1}),
    ("Ftrl", {
        "learning_rate": 0.1, "l1_regularization_strength": 0.1, "l2_regularization_strength": 0.2,
        "l2_shrinkage_regularization_strength": 0.1, "beta": 0.3, "learning_rate_power": -0.4,
    }),
    ("Lion", {"learning_rate": 0.01}),
    ("Lamb", {"learning_rate": 0.05}),
    ("Lamb", {"learning_rate": 0.05, "weight_decay": 0.1}),
    ("Adafactor", {"learning_rate": 0.05}),
    ("Adafactor", {"learning_rate": 0.05, "relative_step": False, "clip_threshold": 0.5}),
    ("Muon", {"learning_rate": 0.05}),
    ("Muon", {"learning_rate": 0.05, "nesterov": False, "rms_rate": None, "adam_lr_ratio": 0.5}),
    ("Muon", {"learning_rate": 0.05, "weight_decay": 0.3, "adam_weight_decay": 0.1, "exclude_layers": ["tall"]}),
    ("ScheduleFreeAdamW", {"learning_rate": 0.05}),
    ("ScheduleFreeAdamW", {"learning_rate": 0.05, "warmup_steps": 10, "weight_decay": 0.1}),
    # What every optimizer can do.
    ("Adam", {"learning_rate": 0.05, "clipnorm": 0.3}),
    ("Adam", {"learning_rate": 0.05, "clipvalue": 0.2}),
    ("SGD", {"learning_rate": 0.05, "global_clipnorm": 0.5}),
    ("Adam", {"learning_rate": 0.05, "use_ema": True, "ema_momentum": 0.9}),
    ("SGD", {"learning_rate": 0.05, "use_ema": True, "ema_momentum": 0.9, "ema_overwrite_frequency": 7}),
    ("Adam", {"learning_rate": 0.05, "gradient_accumulation_steps": 4}),
    ("SGD", {"learning_rate": 0.05, "gradient_accumulation_steps": 3, "momentum": 0.9, "clipnorm": 0.2,
             "weight_decay": 0.1, "use_ema": True}),
    ("SGD", {"learning_rate": 0.05, "gradient_accumulation_steps": 3, "use_ema": True, "ema_overwrite_frequency": 4}),
    ("Adam", {"learning_rate": 0.05, "loss_scale_factor": 8.0}),
    ("Adam", {"learning_rate": ("ExponentialDecay", (0.1, 10, 0.5))}),
    ("SGD", {"learning_rate": ("CosineDecay", (0.1, 20)), "gradient_accumulation_steps": 2}),
    ("SGD", {"learning_rate": ("PiecewiseConstantDecay", ([5, 20], [0.1, 0.05, 0.01]))}),
]  # fmt: skip
IDS = [f"{name}-{i}" for i, (name, _) in enumerate(CASES)]


def _arguments(module: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    rate = arguments["learning_rate"]
    if isinstance(rate, tuple):
        return {**arguments, "learning_rate": getattr(module.schedules, rate[0])(*rate[1])}
    return dict(arguments)


def _variables(cls: Any, scope: Any) -> list[Any]:
    found = []
    for path, value in START.items():
        *outer, name = path.split("/")
        if outer:
            with scope(outer[0]):
                found.append(cls(value.copy(), name=name))
        else:
            found.append(cls(value.copy(), name=name))
    return found


def _tensors(values: Any) -> list[Any]:
    return [backend.arrays.convert_to_tensor(np.asarray(v)) for v in values]


def _ours(name: str, arguments: dict[str, Any]) -> tuple[Any, list[Any]]:
    from keras_core.core.scopes import name_scope

    return getattr(optimizers, name)(**_arguments(optimizers, arguments)), _variables(
        variable_class(), name_scope
    )


_oracle: dict[str, tuple[list[np.ndarray], list[np.ndarray]]] = {}


def _run_keras(keras: Any, optimizer: Any, variables: list[Any]) -> tuple[list[Any], list[Any]]:
    """Fifty steps: jitted on JAX, where eager ones are slow."""
    if backend.name != "jax":
        for gradients in GRADIENTS:
            optimizer.apply([keras.ops.convert_to_tensor(g) for g in gradients.values()], variables)
        return [v.value for v in variables], [v.value for v in optimizer.variables]
    import jax

    optimizer.build(variables)
    step = jax.jit(optimizer.stateless_apply)
    values, own = [v.value for v in variables], [v.value for v in optimizer.variables]
    for gradients in GRADIENTS:
        values, own = step(own, list(gradients.values()), values)
    return values, own


def _theirs(
    keras: Any, name: str, arguments: dict[str, Any]
) -> tuple[list[np.ndarray], list[np.ndarray], Any]:
    optimizer = getattr(keras.optimizers, name)(**_arguments(keras.optimizers, arguments))
    key = f"{name}{arguments}"
    if key not in _oracle:
        variables = _variables(keras.Variable, keras.name_scope)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            values, own = _run_keras(keras, optimizer, variables)
        _oracle[key] = tuple(
            [np.asarray(keras.ops.convert_to_numpy(v)) for v in x] for x in (values, own)
        )
    return (*_oracle[key], optimizer)


# The bias corrections of float32 and of Python's floats part in the fifth digit.
TOLERANCE = {"rtol": 3e-4, "atol": 3e-5}


def _check(keras: Any, name: str, arguments: dict, values: list[Any], own: list[Any]) -> None:
    if backend.name in ("torch", "tensorflow") and name == "ScheduleFreeAdamW":
        pytest.skip("Keras writes the average into the variables here, unlike on JAX and NumPy")
    wanted, slots, _ = _theirs(keras, name, arguments)
    for path, ours, theirs in zip(SHAPES, values, wanted, strict=True):
        np.testing.assert_allclose(ours, theirs, **TOLERANCE, err_msg=path)
    assert [np.shape(x) for x in own] == [x.shape for x in slots]
    for i, (ours, theirs) in enumerate(zip(own, slots, strict=True)):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4, err_msg=str(i))


def numpy_of(tensors: Any) -> list[np.ndarray]:
    return [np.asarray(backend.arrays.convert_to_numpy(t)) for t in tensors]


@pytest.mark.parametrize(("name", "arguments"), CASES, ids=IDS)
def test_eager_steps(keras: Any, name: str, arguments: dict[str, Any]) -> None:
    if backend.name == "jax" and CASES.index((name, arguments)) % 6:
        pytest.skip("a sample is enough beside the traced steps")
    optimizer, variables = _ours(name, arguments)
    for gradients in GRADIENTS:
        optimizer.apply(_tensors(gradients.values()), variables)
    _check(
        keras,
        name,
        arguments,
        [v.numpy() for v in variables],
        [v.numpy() for v in optimizer.variables],
    )


def _traced(optimizer: Any, variables: list[Any]) -> tuple[list[Any], list[Any]]:
    """Fifty steps as training runs them: compiled where that is so."""
    optimizer.build(variables)
    if backend.name == "jax":
        import jax

        step = jax.jit(optimizer.stateless_apply)
        values, own = [v.value for v in variables], [v.value for v in optimizer.variables]
        for gradients in GRADIENTS:
            values, own = step(own, list(gradients.values()), values)
        return numpy_of(values), numpy_of(own)
    apply: Any = lambda gradients: optimizer.apply(gradients, variables)  # noqa: E731
    if backend.name == "tensorflow":
        import tensorflow as tf

        apply = tf.function(apply, autograph=False)
    for gradients in GRADIENTS:
        apply(_tensors(gradients.values()))
    return [v.numpy() for v in variables], [v.numpy() for v in optimizer.variables]


@pytest.mark.skipif(backend.name not in ("jax", "tensorflow"), reason="torch and NumPy run eagerly")
@pytest.mark.parametrize(("name", "arguments"), CASES, ids=IDS)
def test_traced_steps(keras: Any, name: str, arguments: dict[str, Any]) -> None:
    _check(keras, name, arguments, *_traced(*_ours(name, arguments)))


EVERYTHING = {
    "learning_rate": ("ExponentialDecay", (0.05, 7, 0.8)), "global_clipnorm": 0.5, "weight_decay": 0.02,
    "use_ema": True, "ema_momentum": 0.8, "ema_overwrite_frequency": 5, "gradient_accumulation_steps": 3,
}  # fmt: skip


@pytest.mark.parametrize("name", sorted({name for name, _ in CASES}))
def test_every_option_at_once(keras: Any, name: str) -> None:
    _check(keras, name, EVERYTHING, *_traced(*_ours(name, EVERYTHING)))


@pytest.mark.parametrize(("name", "arguments"), CASES, ids=IDS)
def test_stateless_apply_is_apply(name: str, arguments: dict[str, Any]) -> None:
    optimizer, variables = _ours(name, arguments)
    other, others = _ours(name, arguments)
    optimizer.build(variables)
    values, own = [v.value for v in variables], [v.value for v in optimizer.variables]
    before = numpy_of(values)
    for gradients in GRADIENTS[:7]:
        values, own = optimizer.stateless_apply(own, _tensors(gradients.values()), values)
        other.apply(_tensors(gradients.values()), others)
    for ours, wanted in zip(numpy_of(values), others, strict=True):
        np.testing.assert_allclose(ours, wanted.numpy(), rtol=1e-4, atol=1e-6)
    for ours, wanted in zip(numpy_of(own), other.variables, strict=True):
        np.testing.assert_allclose(ours, wanted.numpy(), rtol=1e-4, atol=1e-6)
    for variable, was in zip(variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), was)


@pytest.mark.parametrize(("name", "arguments"), CASES, ids=IDS)
def test_config_and_variables(keras: Any, name: str, arguments: dict[str, Any]) -> None:
    optimizer, variables = _ours(name, arguments)
    *_, theirs = _theirs(keras, name, arguments)
    wanted, found = theirs.get_config(), optimizer.get_config()
    for key, value in wanted.items():
        if key not in ("name", "learning_rate", "ema_overwrite_frequency"):
            assert found[key] == value, key
    assert wanted.keys() == found.keys()
    again = type(optimizer).from_config(found)
    assert again.get_config() == found
    restored = optimizers.deserialize(optimizers.serialize(optimizer))
    assert type(restored) is type(optimizer) and restored.get_config() == found
    if name != "Lamb":  # which Keras does not find
        restored = keras.optimizers.deserialize(optimizers.serialize(optimizer))
        assert restored.get_config()["name"] == optimizer.name

    # Variables lie where Keras's files have them, with Keras's names.
    optimizer.build(variables)
    if not theirs.built:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs.build(_variables(keras.Variable, keras.name_scope))
    if name in ("Nadam", "Adafactor"):
        return  # where Keras's names are accidents
    strip = lambda v: v.path.split("/", 1)[1]  # noqa: E731
    assert [strip(v) for v in optimizer.variables] == [strip(v) for v in theirs.variables]
    plain = lambda v: v.dtype.replace("64", "32")  # noqa: E731 - Keras counts in int64 on TensorFlow
    assert [plain(v) for v in optimizer.variables] == [plain(v) for v in theirs.variables]


@pytest.mark.parametrize(("name", "arguments"), CASES, ids=IDS)
def test_saved_state_goes_on(name: str, arguments: dict[str, Any]) -> None:
    whole, variables = _ours(name, arguments)
    for gradients in GRADIENTS[:5]:
        whole.apply(_tensors(gradients.values()), variables)
    store: dict[str, Any] = {}
    whole.save_own_variables(store)
    assert sorted(store, key=int) == [str(i) for i in range(len(whole.variables))]
    resumed, others = _ours(name, arguments)
    resumed.build(others)
    for variable, other in zip(variables, others, strict=True):
        other.assign(variable.numpy())
    resumed.load_own_variables(store)
    for gradients in GRADIENTS[5:9]:
        whole.apply(_tensors(gradients.values()), variables)
        resumed.apply(_tensors(gradients.values()), others)
    for variable, other in zip(variables, others, strict=True):
        np.testing.assert_array_equal(variable.numpy(), other.numpy())
