"""Steps that users write: in one form for all backends, and in each framework's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras_core as keras
from keras_core import ops
from keras_core.backends.select import backend
from tests.autodiff import to_numpy
from tests.training.helpers import Gan, classifier, data, trains

X, Y = data(48)


def network(cls: type) -> Any:
    """The classifier of the helpers, as a model of the class."""
    keras.utils.set_random_seed(3)
    x = keras.Input((4,))
    y = keras.layers.Dense(8, activation="tanh")(x)
    return cls(x, keras.layers.Dense(3, activation="softmax")(y))


def compiled(cls: type, **options: Any) -> Any:
    model = network(cls)
    arguments = {
        "optimizer": keras.optimizers.SGD(0.1, momentum=0.9),
        "loss": "sparse_categorical_crossentropy",
        "metrics": ["accuracy"],
    } | options
    model.compile(**arguments)
    return model


def losses(model: Any, **options: Any) -> Any:
    arguments = {"batch_size": 16, "epochs": 3, "verbose": 0, "shuffle": False} | options
    return model.fit(X, Y, **arguments).history


class Portable(keras.Model):
    def train_step(self, data: Any) -> Any:
        x, y, weight = keras.utils.unpack_x_y_sample_weight(data)

        def forward() -> Any:
            y_pred = self(x, training=True)
            return self.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=weight), y_pred

        run = keras.value_and_grad(forward, self.trainable_variables, has_aux=True)
        (loss, y_pred), gradients = run()
        self.optimizer.apply(gradients, self.trainable_variables)
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss)
            else:
                metric.update_state(y, y_pred)
        return {m.name: m.result() for m in self.metrics}


class Native(keras.Model):
    """As the guides of Keras teach it for each framework."""

    if backend.name == "torch":

        def train_step(self, data: Any) -> Any:
            import torch

            x, y = data
            self.zero_grad()
            y_pred = self(x, training=True)
            loss = self.compute_loss(y=y, y_pred=y_pred)
            loss.backward()
            variables = list(self.trainable_weights)
            gradients = [v.value.grad for v in variables]
            with torch.no_grad():
                self.optimizer.apply(gradients, variables)
            return self._told(loss, y, y_pred)

    elif backend.name == "tensorflow":

        def train_step(self, data: Any) -> Any:
            import tensorflow as tf

            x, y = data
            with tf.GradientTape() as tape:
                y_pred = self(x, training=True)
                loss = self.compute_loss(y=y, y_pred=y_pred)
            variables = self.trainable_variables
            gradients = tape.gradient(loss, variables)
            self.optimizer.apply_gradients(zip(gradients, variables, strict=True))
            return self._told(loss, y, y_pred)

    else:

        def compute_loss_and_updates(
            self, trainable: Any, others: Any, x: Any, y: Any, training: bool = False
        ) -> Any:
            y_pred, others = self.stateless_call(trainable, others, x, training=training)
            return self.compute_loss(x, y, y_pred), (y_pred, others)

        def train_step(self, state: Any, data: Any) -> Any:  # type: ignore[override]
            import jax

            trainable, others, optimizer, metrics = state
            x, y = data
            run = jax.value_and_grad(self.compute_loss_and_updates, has_aux=True)
            (loss, (y_pred, others)), gradients = run(trainable, others, x, y, training=True)
            trainable, optimizer = self.optimizer.stateless_apply(optimizer, gradients, trainable)
            logs, new = {}, []
            for metric in self.metrics:
                mine = metrics[len(new) : len(new) + len(metric.variables)]
                if metric.name == "loss":
                    mine = metric.stateless_update_state(mine, loss)
                else:
                    mine = metric.stateless_update_state(mine, y, y_pred)
                logs[metric.name] = metric.stateless_result(mine)
                new += mine
            return logs, (trainable, others, optimizer, new)

    def _told(self, loss: Any, y: Any, y_pred: Any) -> Any:
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss)
            else:
                metric.update_state(y, y_pred)
        return {m.name: m.result() for m in self.metrics}


@trains
@pytest.mark.parametrize("cls", [Portable, Native])
@pytest.mark.parametrize("options", [{}, {"run_eagerly": True}, {"steps_per_execution": 2}])
def test_an_own_step_trains_as_the_built_in_one(cls: type, options: Any) -> None:
    wanted = losses(compiled(keras.Model))
    got = losses(compiled(cls, **options))
    assert wanted.keys() == got.keys()
    for name in ("loss", "accuracy"):
        np.testing.assert_allclose(got[name], wanted[name], atol=1e-5)


@trains
def test_own_test_and_predict_steps() -> None:
    class Own(keras.Model):
        def test_step(self, data: Any) -> Any:
            x, y = data
            y_pred = self(x, training=False)
            return {"twice": 2.0 * self.compute_loss(y=y, y_pred=y_pred)}

        def predict_step(self, data: Any) -> Any:
            x = data[0] if isinstance(data, tuple) else data
            return self(x, training=False) * 10.0

    model, plain = compiled(Own), compiled(keras.Model)
    one = plain.evaluate(X, Y, batch_size=48, verbose=0)[0]
    out = model.evaluate(X, Y, batch_size=48, verbose=0, return_dict=True)
    np.testing.assert_allclose(out["twice"], 2 * one, rtol=1e-5)
    np.testing.assert_allclose(
        model.predict(X, verbose=0), 10 * plain.predict(X, verbose=0), rtol=1e-5
    )


@trains
def test_own_loss_and_metrics() -> None:
    class Own(keras.Model):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            hot = ops.one_hot(y, 3)
            return ops.mean(ops.sum(ops.square(hot - y_pred), -1))

        def compute_metrics(self, x, y, y_pred, sample_weight=None):
            logs = super().compute_metrics(x, y, y_pred, sample_weight)
            logs["double"] = 2.0 * logs["accuracy"]
            return logs

    model = network(Own)
    model.compile(optimizer="sgd", metrics=["accuracy"])
    history = losses(model)
    assert history["loss"][-1] < history["loss"][0]
    np.testing.assert_allclose(history["double"], 2 * np.array(history["accuracy"]), rtol=1e-6)


class Penalized(Gan):
    """A penalty on the critic's gradient by the inputs."""

    def __init__(self) -> None:
        super().__init__()
        self.seeds = keras.random.SeedGenerator(1)

    def penalty(self, x: Any) -> Any:
        _, slope = keras.value_and_grad(lambda x: ops.sum(self.critic(x)))(x)
        return ops.mean(ops.square(ops.norm(slope, axis=-1) - 1.0))

    def train_step(self, data: Any) -> Any:
        real = data[0] if isinstance(data, tuple) else data
        noise = keras.random.normal((real.shape[0] or 16, 2), seed=self.seeds)

        def critic_loss() -> Any:
            fake = self.generator(noise)
            difference = ops.mean(self.critic(fake)) - ops.mean(self.critic(real))
            return difference + 10.0 * self.penalty(real)

        def generator_loss() -> Any:
            return -ops.mean(self.critic(self.generator(noise)))

        a, gradients = keras.value_and_grad(critic_loss, self.critic)()
        self.critic_optimizer.apply(gradients, self.critic.trainable_variables)
        b, gradients = keras.value_and_grad(generator_loss, self.generator)()
        self.optimizer.apply(gradients, self.generator.trainable_variables)
        return {"critic": a, "generator": b}


@trains
def test_two_optimizers_and_a_gradient_of_a_gradient() -> None:
    def run(eager: bool) -> Any:
        keras.utils.set_random_seed(1)
        model = Penalized()
        model.compile(keras.optimizers.Adam(0.01), keras.optimizers.Adam(0.01), run_eagerly=eager)
        before = [w.copy() for w in model.get_weights()]
        history = model.fit(X, batch_size=16, epochs=4, verbose=0, shuffle=False).history
        assert model.optimizer.iterations == model.critic_optimizer.iterations == 12
        changed = [
            not np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True)
        ]
        assert sum(changed) >= 5
        return history

    one, two = run(False), run(True)
    for name in ("critic", "generator"):
        assert np.isfinite(one[name]).all()
        np.testing.assert_allclose(one[name], two[name], rtol=2e-3, atol=1e-4)


@trains
def test_value_and_grad() -> None:
    w = keras.Variable(np.array([1.0, 2.0], "float32"))
    x = np.array([3.0, 4.0], "float32")

    def loss(x: Any) -> Any:
        return ops.sum(ops.square(w * x))

    value, (by_w,) = keras.value_and_grad(loss, [w])(x)
    assert ops.convert_to_numpy(value) == 73
    assert ops.convert_to_numpy(by_w).tolist() == [18, 64]
    value, by_x = keras.value_and_grad(loss)(x)
    assert ops.convert_to_numpy(by_x).tolist() == [6, 32]
    (value, aux), by = keras.value_and_grad(
        lambda p: (ops.sum(p["a"] * p["b"]), "aux"), has_aux=True
    )({"a": x, "b": 2.0 * x})
    assert aux == "aux" and ops.convert_to_numpy(by["b"]).tolist() == x.tolist()
    # Of a gradient: d/dx |d/dx sum(x^3)|^2 = d/dx sum(9 x^4) = 36 x^3.
    inner = keras.value_and_grad(lambda x: ops.sum(x * x * x))
    _, second = keras.value_and_grad(lambda x: ops.sum(ops.square(inner(x)[1])))(x)
    np.testing.assert_allclose(ops.convert_to_numpy(second), 36 * x**3, rtol=1e-5)
    unused = keras.Variable(1.0)
    _, (zero,) = keras.value_and_grad(loss, [unused])(x)
    assert ops.convert_to_numpy(zero) == 0


@trains
def test_value_and_grad_refuses() -> None:
    with pytest.raises(TypeError, match=r"variables must be a list of Variables.*Received: 3"):
        keras.value_and_grad(lambda: 0, 3)
    with pytest.raises(ValueError, match=r"must give a scalar.*\(2,\)"):
        keras.value_and_grad(lambda x: x)(np.ones(2, "float32"))
    with pytest.raises(TypeError, match="first argument"):
        keras.value_and_grad(lambda: 0)()


@trains
def test_mixed_precision_trains() -> None:
    keras.utils.set_random_seed(3)
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = classifier(keras)
    finally:
        keras.config.set_dtype_policy("float32")
    assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    assert {v.dtype for v in model.trainable_variables} == {"float32"}
    history = losses(model, epochs=5)
    assert history["loss"][-1] < history["loss"][0]
    plain = losses(classifier(keras), epochs=5)
    np.testing.assert_allclose(history["loss"], plain["loss"], rtol=0.03)


@trains
@pytest.mark.filterwarnings("ignore:jit_compile=True.* ms compiled")  # torch keeps what is faster
def test_jit_compile_gives_the_same() -> None:
    wanted = losses(classifier(keras))
    got = losses(classifier(keras, jit_compile=True))
    np.testing.assert_allclose(got["loss"], wanted["loss"], rtol=1e-4)


class TwoRates(keras.Model):
    """A step with an optimizer of its own for a layer, and the compiled one, if asked to."""

    def __init__(self, both: bool) -> None:
        super().__init__()
        self.first, self.second = keras.layers.Dense(3), keras.layers.Dense(2)
        self.both = both
        self.own = keras.optimizers.Adam(0.1)

    def call(self, x: Any) -> Any:
        return self.second(self.first(x))

    def train_step(self, data: Any) -> Any:  # type: ignore[override]
        x, y = data
        logs: dict[str, Any] = {}
        pairs: list[Any] = [(self.own, self.first)]
        if self.both:
            pairs.append((self.optimizer, self.second))
        for optimizer, layer in pairs:
            variables = layer.trainable_variables

            def loss() -> tuple[Any, Any]:
                return keras.ops.mean(keras.ops.square(self(x) - y)), None

            (logs["loss"], _), gradients = backend.execute.value_and_grad(loss, variables)
            optimizer.apply(gradients, variables)
        return logs


@trains
@pytest.mark.parametrize("both", [False, True])
def test_the_default_optimizer_is_built_when_it_is_used(both: bool) -> None:
    model = TwoRates(both)
    model.compile()
    x = np.linspace(0, 1, 16, dtype="float32").reshape(8, 2)
    model.fit(x, x, verbose=0)
    before = [to_numpy(v).copy() for v in model.trainable_variables]
    model.fit(x, x, verbose=0)
    changed = [
        not np.array_equal(a, to_numpy(v))
        for a, v in zip(before, model.trainable_variables, strict=True)
    ]
    assert changed == [True, True, both, both]
    assert model.optimizer.built is both
    assert len(model.optimizer.variables) == (4 if both else 2)
    assert len(model.own.variables) == 6


@trains
def test_a_step_with_optimizers_of_its_own_needs_no_other() -> None:
    model = TwoRates(False)
    model.compile(optimizer=None)
    x = np.ones((8, 2), "float32")
    assert len(model.fit(x, x, epochs=2, verbose=0).history["loss"]) == 2
    assert model.optimizer is None
