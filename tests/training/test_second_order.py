"""Steps with gradients of gradients: WGAN-GP and MAML, in one form and in each framework's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras_core as keras
from keras_core import ops
from keras_core.backends.select import backend
from tests.training.helpers import Gan, trains

RNG = np.random.default_rng(0)
REAL, NOISE = RNG.normal(size=(32, 4)).astype("float32"), RNG.normal(size=(32, 2)).astype("float32")


def distance(real: Any, fake: Any, slope: Any) -> Any:
    """The critic's loss from its scores and its slope."""
    penalty = ops.mean(ops.square(ops.sqrt(ops.sum(ops.square(slope), -1)) - 1.0))
    return ops.mean(fake) - ops.mean(real) + 10.0 * penalty


class Portable(Gan):
    def train_step(self, data: Any) -> Any:
        real, noise = data

        def critic_loss() -> Any:
            _, slope = keras.value_and_grad(lambda x: ops.sum(self.critic(x)))(real)
            return distance(self.critic(real), self.critic(self.generator(noise)), slope)

        def generator_loss() -> Any:
            return -ops.mean(self.critic(self.generator(noise)))

        a, gradients = keras.value_and_grad(critic_loss, self.critic)()
        self.critic_optimizer.apply(gradients, self.critic.trainable_variables)
        b, gradients = keras.value_and_grad(generator_loss, self.generator)()
        self.optimizer.apply(gradients, self.generator.trainable_variables)
        return {"critic": a, "generator": b}


class Native(Gan):
    """The same with the framework's own gradients."""

    if backend.name == "torch":

        def train_step(self, data: Any) -> Any:
            import torch

            real, noise = data
            real = real.requires_grad_()
            with torch.no_grad():
                fake = self.generator(noise)
            score = self.critic(real)
            (slope,) = torch.autograd.grad(score.sum(), real, create_graph=True)
            self.critic.zero_grad()
            a = distance(score, self.critic(fake), slope)
            a.backward()
            self._apply(self.critic_optimizer, self.critic)
            self.generator.zero_grad()
            b = -self.critic(self.generator(noise)).mean()
            b.backward()
            self._apply(self.optimizer, self.generator)
            return {"critic": a, "generator": b}

        def _apply(self, optimizer: Any, network: Any) -> None:
            import torch

            variables = network.trainable_variables
            with torch.no_grad():
                optimizer.apply([v.value.grad for v in variables], variables)

    elif backend.name == "tensorflow":

        def train_step(self, data: Any) -> Any:
            import tensorflow as tf

            real, noise = data
            fake = self.generator(noise)
            with tf.GradientTape() as tape:
                with tf.GradientTape() as inner:
                    inner.watch(real)
                    score = self.critic(real)
                slope = inner.gradient(score, real)
                a = distance(score, self.critic(fake), slope)
            variables = self.critic.trainable_variables
            self.critic_optimizer.apply_gradients(
                zip(tape.gradient(a, variables), variables, strict=True)
            )
            with tf.GradientTape() as tape:
                b = -tf.reduce_mean(self.critic(self.generator(noise)))
            variables = self.generator.trainable_variables
            self.optimizer.apply_gradients(zip(tape.gradient(b, variables), variables, strict=True))
            return {"critic": a, "generator": b}

    else:

        def train_step(self, state: Any, data: Any) -> Any:  # type: ignore[override]
            import jax

            (trained, others, optimizers, metrics), (real, noise) = state, data
            count, own = len(self.generator.trainable_variables), len(self.optimizer.variables)
            generator, critic = trained[:count], trained[count:]
            of_generator, of_critic = optimizers[:own], optimizers[own:]

            def score(critic: Any, x: Any) -> Any:
                return self.critic.stateless_call(critic, [], x)[0]

            def made(generator: Any) -> Any:
                return self.generator.stateless_call(generator, [], noise)[0]

            def critic_loss(critic: Any) -> Any:
                slope = jax.grad(lambda x: score(critic, x).sum())(real)
                return distance(score(critic, real), score(critic, made(generator)), slope)

            a, gradients = jax.value_and_grad(critic_loss)(critic)
            critic, of_critic = self.critic_optimizer.stateless_apply(of_critic, gradients, critic)
            b, gradients = jax.value_and_grad(lambda g: -score(critic, made(g)).mean())(generator)
            generator, of_generator = self.optimizer.stateless_apply(
                of_generator, gradients, generator
            )
            state = (
                [*generator, *critic],
                others,
                [*of_generator, *of_critic],
                metrics,
            )
            return {"critic": a, "generator": b}, state


def trained(cls: type, **options: Any) -> tuple[dict[str, Any], list[Any]]:
    keras.utils.set_random_seed(1)
    model = cls()
    model.compile(keras.optimizers.Adam(0.01), keras.optimizers.SGD(0.05, momentum=0.9), **options)
    history = model.fit(REAL, NOISE, batch_size=8, epochs=3, shuffle=False, verbose=0).history
    assert int(model.optimizer.iterations) == int(model.critic_optimizer.iterations) == 12
    return history, model.get_weights()


@trains
@pytest.mark.parametrize("options", [{}, {"run_eagerly": True}, {"steps_per_execution": 2}])
def test_the_frameworks_own_form_of_a_gan_is_the_portable_one(options: Any) -> None:
    (one, weights), (two, others) = trained(Portable, **options), trained(Native, **options)
    for name in ("critic", "generator"):
        np.testing.assert_allclose(one[name], two[name], rtol=2e-3, atol=1e-4)
    for a, b in zip(weights, others, strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-3, atol=1e-4)


class Maml(keras.Model):
    """Starts from which one step learns each task (Finn et al., 2017, arXiv:1703.03400)."""

    RATE = 0.1

    def __init__(self) -> None:
        super().__init__()
        self.line = keras.layers.Dense(1, use_bias=False)

    def call(self, x: Any) -> Any:
        return self.line(x)

    def train_step(self, data: Any) -> Any:
        x, y = data  # (tasks, support or query, samples, features)

        def error(x: Any, y: Any) -> Any:
            return ops.mean(ops.square(self(x) - y))

        def after_one_step() -> Any:
            total = 0.0
            for task in range(2):
                _, (slope,) = keras.value_and_grad(
                    lambda task=task: error(x[task, 0], y[task, 0]), self.trainable_variables
                )()
                kernel = self.line.kernel - self.RATE * slope
                total += ops.mean(ops.square(ops.matmul(x[task, 1], kernel) - y[task, 1]))
            return total

        value, gradients = keras.value_and_grad(after_one_step, self.trainable_variables)()
        self.optimizer.apply(gradients, self.trainable_variables)
        return {"loss": value}


def maml_by_hand(w: np.ndarray, x: np.ndarray, y: np.ndarray, rate: float) -> Any:
    """A step with the second derivative of the inner loss, which of a line is known."""
    total, slope = 0.0, np.zeros_like(w)
    for (a, q), (b, r) in zip(x, y, strict=True):
        n = len(a)
        adapted = w - Maml.RATE * 2 / n * a.T @ (a @ w - b)
        total += np.mean((q @ adapted - r) ** 2)
        curvature = np.eye(len(w)) - Maml.RATE * 2 / n * a.T @ a
        slope += curvature.T @ (2 / len(q) * q.T @ (q @ adapted - r))
    return total, w - rate * slope


@trains
@pytest.mark.parametrize("eager", [False, True])
def test_maml_goes_through_the_inner_step(eager: bool) -> None:
    keras.utils.set_random_seed(2)
    x = RNG.normal(size=(2, 2, 6, 3)).astype("float32")
    y = RNG.normal(size=(2, 2, 6, 1)).astype("float32")
    model = Maml()
    model(x)
    model.compile(keras.optimizers.SGD(0.2), run_eagerly=eager)
    w, wanted = model.line.kernel.numpy().astype("float64"), []
    for _ in range(4):
        value, w = maml_by_hand(w, x.astype("float64"), y.astype("float64"), 0.2)
        wanted.append(value)
    history = model.fit(x, y, batch_size=2, epochs=4, shuffle=False, verbose=0).history
    np.testing.assert_allclose(history["loss"], wanted, rtol=1e-4)
    np.testing.assert_allclose(model.line.kernel.numpy(), w, rtol=1e-4, atol=1e-5)
