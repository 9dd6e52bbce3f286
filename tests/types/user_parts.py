"""More of a user's code, which pyright checks strictly; `tests/types` runs it too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

import keras_core as keras
from keras_core import layers, ops


@keras.saving.register_keras_serializable(package="user")
class Gate(layers.Layer):
    """A layer of two inputs, with a layer inside."""

    def __init__(self, units: int, **options: Any) -> None:
        super().__init__(**options)
        self.units = units
        self.inner = layers.Dense(units, activation="sigmoid")

    def build(self, x_shape: tuple[int | None, ...], gate_shape: tuple[int | None, ...]) -> None:
        self.inner.build(gate_shape)
        self.scale = self.add_weight(shape=(x_shape[-1],), initializer="ones", name="scale")

    def call(
        self, x: keras.KerasTensor, gate: keras.KerasTensor, training: bool = False
    ) -> keras.KerasTensor:
        return ops.multiply(x * self.scale, self.inner(gate))

    def compute_output_shape(
        self, x_shape: tuple[int | None, ...], gate_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        return x_shape

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"units": self.units}


@keras.saving.register_keras_serializable(package="user")
class Asymmetric(keras.losses.Loss):
    """A loss."""

    def __init__(self, weight: float = 2.0, name: str = "asymmetric") -> None:
        super().__init__(name=name, reduction="sum_over_batch_size")
        self.weight = weight

    def get_config(self) -> dict[str, Any]:
        return {"weight": self.weight, "name": self.name}

    def call(self, y_true: Any, y_pred: Any) -> Any:
        error = ops.subtract(y_pred, y_true)
        return ops.mean(ops.where(error > 0, self.weight * error, -error), axis=-1)


@keras.saving.register_keras_serializable(package="user")
class Within(keras.metrics.Metric):
    """A metric."""

    def __init__(self, distance: float, name: str = "within") -> None:
        super().__init__(name=name)
        self.distance = distance
        self.hits = self.add_variable(shape=(), initializer="zeros", name="hits")
        self.seen = self.add_variable(shape=(), initializer="zeros", name="seen")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        near = ops.cast(ops.abs(y_true - y_pred) < self.distance, "float32")
        self.hits.assign_add(ops.sum(near))
        self.seen.assign_add(ops.cast(ops.size(near), "float32"))

    def result(self) -> Any:
        return self.hits / ops.maximum(self.seen, 1.0)

    def get_config(self) -> dict[str, Any]:
        return {"distance": self.distance, "name": self.name}

    def reset_state(self) -> None:
        self.hits.assign(0.0)
        self.seen.assign(0.0)


class Log(keras.callbacks.Callback):
    """A callback."""

    def __init__(self) -> None:
        super().__init__()
        self.losses: list[float] = []

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        assert self.model is not None
        if logs and "loss" in logs:
            self.losses.append(float(logs["loss"]))
        if epoch > 5:
            self.model.stop_training = True


@keras.saving.register_keras_serializable(package="user")
class Warmup(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule."""

    def __init__(self, peak: float, steps: int) -> None:
        super().__init__()
        self.peak, self.steps = peak, steps

    def __call__(self, step: Any) -> Any:
        return self.peak * ops.minimum(1.0, (ops.cast(step, "float32") + 1.0) / self.steps)

    def get_config(self) -> dict[str, Any]:
        return {"peak": self.peak, "steps": self.steps}


class Batches(keras.utils.PyDataset):
    """Data by number."""

    def __init__(self, x: np.ndarray, y: np.ndarray, size: int) -> None:
        super().__init__(workers=1, use_multiprocessing=False)
        self.x, self.y, self.size = x, y, size

    def __len__(self) -> int:
        return len(self.x) // self.size

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        part = slice(index * self.size, (index + 1) * self.size)
        return self.x[part], self.y[part]


class Noisy(keras.Model):
    """A subclassed model with its own metric, and a step in the portable form."""

    def __init__(self, units: int) -> None:
        super().__init__()
        self.hidden = layers.Dense(units, activation=keras.activations.relu)
        self.drop = layers.Dropout(0.1)
        self.out = layers.Dense(1, kernel_regularizer=keras.regularizers.L2(1e-4))
        self.tracker = keras.metrics.Mean(name="tracked")

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        x = self.drop(self.hidden(inputs), training=training)
        self.add_loss(1e-3 * ops.mean(ops.square(x)))
        return self.out(x)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        loss = super().compute_loss(x, y, y_pred, sample_weight, training)
        self.tracker.update_state(loss)
        return loss

    @property
    def metrics(self) -> list[keras.Metric]:
        return [*super().metrics, self.tracker]


def two_heads() -> keras.Model:
    """A functional model of dicts."""
    x = keras.Input((4,), name="x")
    gate = keras.Input((2,), name="gate")
    gated = Gate(4, name="gated")(x, gate)
    price = layers.Dense(1, name="price")(gated)
    kind = layers.Dense(3, activation="softmax", name="kind")(layers.LayerNormalization()(gated))
    return keras.Model({"x": x, "gate": gate}, {"price": price, "kind": kind})


def train_two_heads(model: keras.Model, rows: int) -> dict[str, Any]:
    """Losses, weights and metrics by name."""
    optimizer = keras.optimizers.AdamW(Warmup(0.01, 4), weight_decay=1e-4, clipnorm=1.0)
    model.compile(
        optimizer,
        loss={"price": Asymmetric(), "kind": "sparse_categorical_crossentropy"},
        loss_weights={"price": 0.5, "kind": 1.0},
        metrics={"price": [Within(0.5), "mae"], "kind": keras.metrics.SparseCategoricalAccuracy()},
    )
    x = {"x": np.ones((rows, 4), "float32"), "gate": np.zeros((rows, 2), "float32")}
    y = {"price": np.ones((rows, 1), "float32"), "kind": np.zeros((rows,), "int32")}
    log = Log()
    callbacks = [log, keras.callbacks.ReduceLROnPlateau(monitor="loss")]
    history = model.fit(x, y, batch_size=4, epochs=2, callbacks=callbacks, verbose=0)
    assert len(log.losses) == len(history.epoch) == 2
    scores: dict[str, Any] = model.evaluate(x, y, return_dict=True, verbose=0)
    return scores


def rows(count: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """A generator of batches."""
    for _ in range(count):
        yield np.ones((4, 4), "float32"), np.ones((4, 1), "float32")


def train_noisy() -> Noisy:
    """Data sets and generators, a loop by hand."""
    model = Noisy(8)
    model.compile(keras.optimizers.SGD(0.01, momentum=0.9), "mse", metrics=["mae"])
    x, y = np.ones((8, 4), "float32"), np.ones((8, 1), "float32")
    model.fit(Batches(x, y, 4), validation_data=(x, y), epochs=1, verbose=0)
    model.fit(rows(2), steps_per_epoch=2, verbose=0)
    logs = model.train_on_batch(x, y, return_dict=True)
    assert "loss" in logs
    return model


def operations() -> list[Any]:
    """Operations on lists, numbers, arrays, variables and tensors."""
    variable = keras.Variable(np.ones((2, 2), "float32"), trainable=False)
    tensor = ops.convert_to_tensor([[1.0, 2.0], [3.0, 4.0]])
    seed = keras.random.SeedGenerator(1)
    found = [
        ops.add(variable, 1),
        ops.matmul(tensor, variable),
        ops.concatenate([tensor, variable], axis=0),
        ops.mean([[1, 2], [3, 4]], axis=(0, 1), keepdims=True),
        ops.einsum("ij,jk->ik", tensor, np.eye(2, dtype="float32")),
        ops.reshape(tensor, (-1,))[:2],
        tensor @ variable + 2.0 * tensor**2,
        keras.random.normal((2, 2), seed=seed),
        ops.cond(True, lambda: tensor, lambda: -tensor),
    ]
    values, indices = ops.top_k(tensor, k=1)
    assert tuple(ops.shape(values)) == tuple(indices.shape)
    shape: tuple[int | None, ...] = variable.shape
    assert shape == (2, 2)
    array: np.ndarray = ops.convert_to_numpy(found[0])
    assert array.dtype == "float32"
    return found


def files(model: keras.Model, folder: str) -> keras.Model:
    """Weights, configs and clones."""
    model.save_weights(f"{folder}/m.weights.h5")
    clone = keras.models.clone_model(model)
    clone.load_weights(f"{folder}/m.weights.h5")
    text: str = model.to_json()
    again = keras.models.model_from_json(text)
    again.set_weights([np.asarray(w) for w in clone.get_weights()])
    layer = again.get_layer("price")
    assert layer.trainable and [v.name for v in layer.weights]
    features = keras.Model(again.inputs, again.get_layer("gated").output)
    features.trainable = False
    return again
