"""Objects of one's own in files: names, captured arguments, build configs, what to do if it fails."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

import keras_core as K
from keras_core.core.errors import InvalidFileError


def through(tmp_path: Any, layer: Any, **options: Any) -> Any:
    """The layer again, out of a file."""
    model = K.Sequential([K.Input((3,)), layer])
    model.save(tmp_path / "m.keras")
    loaded = K.models.load_model(tmp_path / "m.keras", **options)
    x = np.ones((2, 3), "float32")
    first, second = (K.ops.convert_to_numpy(m(x)) for m in (model, loaded))
    np.testing.assert_allclose(first, second, rtol=1e-6)
    return loaded.layers[0]


def test_registration_with_package_names(tmp_path: Any) -> None:
    def classes(package: str, factor: float) -> type:
        @K.saving.register_keras_serializable(package=package)
        class Times(K.Layer):
            def call(self, x: Any) -> Any:
                return x * factor

        return Times

    first, second = classes("here", 2.0), classes("there", 3.0)
    assert K.saving.get_registered_name(first) == "here>Times"
    assert K.saving.get_registered_object("there>Times") is second
    assert type(through(tmp_path, first())) is first
    assert type(through(tmp_path, second())) is second

    @K.saving.register_keras_serializable(package="here", name="Other")
    class Named(K.Layer):
        def call(self, x: Any) -> Any:
            return x

    assert K.saving.get_registered_name(Named) == "here>Other"
    assert type(through(tmp_path, Named())) is Named
    assert K.utils.register_keras_serializable is K.saving.register_keras_serializable


def test_scopes_and_arguments_of_the_load(tmp_path: Any) -> None:
    class Plus(K.Layer):
        def __init__(self, by: float, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.by = by

        def call(self, x: Any) -> Any:
            return x + self.by

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "by": self.by}

    def double(x: Any) -> Any:
        return 2.0 * x

    assert through(tmp_path, Plus(2.0), custom_objects={"Plus": Plus}).by == 2.0
    with K.saving.custom_object_scope({"Plus": Plus, "double": double}):
        assert through(tmp_path, Plus(3.0)).by == 3.0
        assert through(tmp_path, K.layers.Activation(double)).activation is double
    with pytest.raises(InvalidFileError, match=r"double.*custom_objects"):
        K.models.load_model(tmp_path / "m.keras")
    K.saving.get_custom_objects()["Plus"] = Plus
    try:
        assert through(tmp_path, Plus(4.0)).by == 4.0
    finally:
        K.saving.get_custom_objects().pop("Plus")
    with pytest.raises(InvalidFileError, match=r"Plus.*register_keras_serializable"):
        through(tmp_path, Plus(5.0))


def test_arguments_are_captured_without_get_config(tmp_path: Any) -> None:
    @K.saving.register_keras_serializable("custom_objects")
    class Mix(K.Layer):
        def __init__(
            self,
            units: int,
            inner: Any,
            /,
            *,
            rates: tuple[float, ...] = (0.5, 0.25),
            start: Any = "ones",
            table: dict[str, Any] | None = None,
            **kwargs: Any,
        ) -> None:
            super().__init__(**kwargs)
            self.units, self.inner, self.rates, self.table = units, inner, rates, table
            self.start = K.initializers.get(start)

        def build(self, shape: Any) -> None:
            if not self.inner.built:
                self.inner.build(shape)
            self.w = self.add_weight(shape=(self.units,), initializer=self.start)

        def call(self, x: Any) -> Any:
            return self.inner(x) * self.w * sum(self.rates)

        @classmethod
        def from_config(cls, config: dict[str, Any]) -> Any:
            arrange = K.saving.deserialize_keras_object(config)
            return cls(arrange.pop("units"), arrange.pop("inner"), **arrange)

    layer = Mix(
        4, K.layers.Dense(4), rates=(1.0, 2.0), start=K.initializers.Constant(3.0),
        table={"a": [1, None], "b": np.float32(2)}, name="mine", dtype="float32",
    )  # fmt: skip
    found = through(tmp_path, layer)
    assert type(found) is Mix and found.name == "mine" and found.units == 4
    assert tuple(found.rates) == (1.0, 2.0) and found.table == {"a": [1, None], "b": 2.0}
    assert isinstance(found.inner, K.layers.Dense) and found.start.get_config() == {"value": 3.0}


def test_what_cannot_be_rebuilt_says_what_to_define(tmp_path: Any) -> None:
    @K.saving.register_keras_serializable("custom_objects")
    class Opaque(K.Layer):
        def __init__(self, thing: Any, **kwargs: Any) -> None:
            super().__init__(**kwargs)

        def call(self, x: Any) -> Any:
            return x

    model = K.Sequential([K.Input((3,)), Opaque(object())])
    with pytest.raises((TypeError, NotImplementedError), match=r"get_config") as found:
        model.save(tmp_path / "m.keras")
    assert "Opaque" in str(found.value) or "object" in str(found.value)
    assert not os.listdir(tmp_path)

    @K.saving.register_keras_serializable("custom_objects")
    class Narrow(K.Layer):
        def __init__(self, units: int) -> None:
            super().__init__()
            self.units = units

        def call(self, x: Any) -> Any:
            return x

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "units": self.units}

    K.Sequential([K.Input((3,)), Narrow(2)]).save(tmp_path / "n.keras")
    with pytest.raises(InvalidFileError, match=r"Narrow.*(__init__|argument|from_config)"):
        K.models.load_model(tmp_path / "n.keras")


def test_build_configs_and_own_stores(tmp_path: Any) -> None:
    @K.saving.register_keras_serializable("custom_objects")
    class Fitted(K.Layer):
        """Its shapes follow from data, not from its input."""

        def fit_to(self, words: list[str]) -> None:
            self.words = words
            self.w = self.add_weight(shape=(len(words),), initializer="ones", name="w")
            self.built = True

        def call(self, x: Any) -> Any:
            return x * K.ops.sum(self.w)

        def get_build_config(self) -> dict[str, Any]:
            return {"words": self.words}

        def build_from_config(self, config: dict[str, Any]) -> None:
            self.fit_to(config["words"])

        def save_own_variables(self, store: Any) -> None:
            store["weights/of words"] = self.w

        def load_own_variables(self, store: Any) -> None:
            self.w.assign(store["weights/of words"])

        def save_assets(self, dir_path: str) -> None:
            with open(os.path.join(dir_path, "words.txt"), "w") as file:
                file.write("\n".join(self.words))

        def load_assets(self, dir_path: str) -> None:
            with open(os.path.join(dir_path, "words.txt")) as file:
                self.from_file = file.read().split("\n")

    layer = Fitted()
    layer.fit_to(["a", "b"])
    layer.w.assign([3.0, 4.0])
    found = through(tmp_path, layer)
    assert found.words == found.from_file == ["a", "b"]
    assert found.w.numpy().tolist() == [3.0, 4.0]


@pytest.mark.parametrize("base", ["Loss", "Metric", "Optimizer", "Regularizer", "Initializer"])
def test_other_kinds(base: str) -> None:
    """Every kind of object goes through its config with its captured or given arguments."""
    homes = {
        "Loss": K.losses.Loss, "Metric": K.metrics.Metric, "Optimizer": K.optimizers.Optimizer,
        "Regularizer": K.regularizers.Regularizer, "Initializer": K.initializers.Initializer,
    }  # fmt: skip

    class Mine(homes[base]):
        def __init__(self, strength: float = 1.0, **kwargs: Any) -> None:
            if base == "Optimizer":
                kwargs.setdefault("learning_rate", 0.1)
            if base in ("Loss", "Metric", "Optimizer"):
                super().__init__(**kwargs)
            self.strength = strength

        def call(self, y_true: Any, y_pred: Any) -> Any:
            return y_pred

        def get_config(self) -> dict[str, Any]:
            inherited = super().get_config() if base in ("Loss", "Metric", "Optimizer") else {}
            return {**inherited, "strength": self.strength}

    K.saving.register_keras_serializable("custom_objects", name=f"Mine{base}")(Mine)
    config = K.saving.serialize_keras_object(Mine(strength=0.25))
    assert config["registered_name"] == f"custom_objects>Mine{base}"
    found = K.saving.deserialize_keras_object(config)
    assert type(found) is Mine and found.strength == 0.25


def test_what_is_given_wrongly_is_named(tmp_path):
    register = K.saving.register_keras_serializable
    with pytest.raises(TypeError, match="package must be a string.*parentheses"):
        register(K.layers.Layer)
    with pytest.raises(TypeError, match="a class or function"):
        register("wrong")(5)
    model = K.Sequential([K.Input((3,)), K.layers.Dense(2)])
    model.save(tmp_path / "m.keras")
    for load in (
        lambda given: K.models.load_model(tmp_path / "m.keras", custom_objects=given),
        lambda given: K.models.model_from_json(model.to_json(), custom_objects=given),
        K.saving.custom_object_scope,
    ):
        with pytest.raises(TypeError, match="custom_objects must be a dict from the names"):
            load([K.layers.Dense])


@pytest.mark.skipif(os.environ["KERAS_BACKEND"] == "numpy", reason="NumPy does not compile")
@pytest.mark.parametrize("form", ["one", "listed", "by name"])
def test_losses_of_ones_own_in_h5(tmp_path: Any, form: str) -> None:
    def distance(y_true: Any, y_pred: Any) -> Any:
        return K.ops.mean(K.ops.abs(y_true - y_pred), axis=-1)

    model = K.Sequential([K.Input((3,)), K.layers.Dense(2, name="d")])
    loss = {"one": distance, "listed": [distance], "by name": {"d": distance}}[form]
    model.compile("sgd", loss, metrics=[distance])
    path = str(tmp_path / "m.h5")
    model.save(path)
    loaded = K.models.load_model(path, custom_objects={"distance": distance})
    x, y = np.ones((4, 3), "float32"), np.ones((4, 2), "float32")
    assert loaded.evaluate(x, y, verbose=0) == pytest.approx(model.evaluate(x, y, verbose=0))
    with pytest.raises(ValueError, match="distance"):
        K.models.load_model(path)
