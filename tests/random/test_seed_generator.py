"""SeedGenerator: its state, its config, its use in compiled functions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras_core
from keras_core import ops, random
from keras_core.backends.select import backend
from keras_core.core import settings
from keras_core.random import seed_generator
from tests.autodiff import to_numpy
from tests.training.helpers import trains


def test_the_state_counts_draws():
    seeds = random.SeedGenerator(7)
    np.testing.assert_array_equal(to_numpy(seeds.state.value), [7, 0])
    np.testing.assert_array_equal(to_numpy(seeds.next()), [7, 0])
    np.testing.assert_array_equal(to_numpy(seeds.next(ordered=False)), [7, 1])
    np.testing.assert_array_equal(to_numpy(seeds.state.value), [7, 2])


def test_a_seed_once_given_does_not_change_with_the_state():
    seeds = random.SeedGenerator(7)
    first = seeds.next()
    seeds.next()
    np.testing.assert_array_equal(to_numpy(first), [7, 0])


def test_names_and_config():
    seeds = random.SeedGenerator(7, name="dice")
    assert seeds.state.path == "dice/seed_generator_state"
    assert not seeds.state.trainable
    assert seeds.get_config() == {"seed": 7, "name": "dice"}
    assert random.SeedGenerator.from_config(seeds.get_config()).name == "dice"
    config = keras_core.saving.serialize_keras_object(seeds)
    assert keras_core.saving.deserialize_keras_object(config).get_config() == seeds.get_config()


def test_without_a_seed_it_follows_the_global_one():
    keras_core.utils.set_random_seed(5)
    first = [to_numpy(random.SeedGenerator().state.value)[0] for _ in range(3)]
    keras_core.utils.set_random_seed(5)
    assert first == [to_numpy(random.SeedGenerator().state.value)[0] for _ in range(3)]
    assert len(set(first)) == 3


@pytest.mark.parametrize("seed", ["seven", 1.5, True])
def test_wrong_seeds_are_refused(seed):
    with pytest.raises(ValueError, match="must be an int"):
        random.SeedGenerator(seed)


def test_a_stateless_scope_takes_the_state_in_and_out():
    seeds = random.SeedGenerator(7)
    value = seeds.state.value
    with keras_core.StatelessScope([(seeds.state, value)]) as scope:
        first = to_numpy(random.normal((3,), seed=seeds))
        second = to_numpy(random.normal((3,), seed=seeds))
    np.testing.assert_array_equal(to_numpy(scope.get_current_value(seeds.state)), [7, 2])
    np.testing.assert_array_equal(to_numpy(seeds.state.value), [7, 0])
    np.testing.assert_array_equal(first, to_numpy(random.normal((3,), seed=seeds)))
    np.testing.assert_array_equal(second, to_numpy(random.normal((3,), seed=seeds)))


def test_compiled_functions_advance_it():
    seeds = random.SeedGenerator(7)
    if backend.name == "jax":
        import jax

        @jax.jit
        def step(state):
            with keras_core.StatelessScope([(seeds.state, state)]) as scope:
                x = random.dropout(jax.numpy.ones((64,)), 0.5, seed=seeds)
            return x, scope.get_current_value(seeds.state)

        first, state = step(seeds.state.value)
        second, state = step(state)
        np.testing.assert_array_equal(state, [7, 2])
    elif backend.name == "tensorflow":
        import tensorflow as tf

        @tf.function
        def step(x):
            return random.dropout(x, 0.5, seed=seeds)

        first, second = step(tf.ones((64,))), step(tf.ones((64,)))
        np.testing.assert_array_equal(to_numpy(seeds.state.value), [7, 2])
    else:
        pytest.skip("nothing is traced")
    assert not np.array_equal(to_numpy(first), to_numpy(second))


def test_loops_advance_it():
    seeds = random.SeedGenerator(7)
    expected = sum(to_numpy(random.uniform((3,), seed=seeds)) for _ in range(4))
    for loop in ("while", "fori", "scan"):
        seeds = random.SeedGenerator(7)

        def more(total: Any, seeds: Any = seeds) -> Any:
            return total + random.uniform((3,), seed=seeds)

        start = ops.zeros((3,))
        if loop == "while":
            found = ops.while_loop(
                lambda i, _: i < 4, lambda i, x: (i + 1, more(x)), (ops.array(0), start)
            )[1]
        elif loop == "fori":
            found = ops.fori_loop(0, 4, lambda i, x: more(x), start)
        else:
            found = ops.scan(lambda x, _: (more(x), None), start, length=4)[0]
        np.testing.assert_allclose(to_numpy(found), expected, rtol=1e-6)
        np.testing.assert_array_equal(to_numpy(seeds.state.value), [7, 4])


@trains
@pytest.mark.parametrize("steps", [1, 3, "auto"])
def test_fused_steps_advance_it(steps):
    keras_core.utils.set_random_seed(1)
    dropout = keras_core.layers.Dropout(0.5, seed=7)
    model = keras_core.Sequential([dropout, keras_core.layers.Dense(1, use_bias=False)])
    model.compile("sgd", "mse", steps_per_execution=steps)
    x, y = np.ones((24, 6), "float32"), np.zeros((24, 1), "float32")
    losses = model.fit(x, y, batch_size=4, epochs=2, verbose=0).history["loss"]
    np.testing.assert_array_equal(to_numpy(dropout.seed_generator.state.value), [7, 12])
    _fused.setdefault("losses", losses)
    np.testing.assert_allclose(losses, _fused["losses"], rtol=1e-5)


_fused: dict[str, list[float]] = {}


def test_jax_refuses_to_bake_a_global_seed_into_a_compiled_function():
    if backend.name != "jax":
        pytest.skip("only JAX's traces lose the state")
    import jax

    with pytest.raises(ValueError, match="SeedGenerator"):
        jax.jit(lambda: random.normal((2,)))()


@pytest.mark.skipif(backend.name != "torch", reason="the others' compilers trace Python itself")
@pytest.mark.parametrize("shared", [False, True])
def test_the_first_draw_of_all_may_be_in_compiled_code(
    shared: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    torch._dynamo.reset()
    monkeypatch.setitem(settings.flags, "shared_random_numbers", shared)
    monkeypatch.setattr(seed_generator._Default, "generator", None)
    run = torch.compile(lambda: random.normal((3,)), backend="aot_eager", fullgraph=True)
    first, second = run(), run()
    assert not torch.equal(first, second)
    keras_core.utils.set_random_seed(3)  # which makes a new one
    first = run()
    keras_core.utils.set_random_seed(3)
    assert torch.equal(first, run())
