"""Functional and Sequential models: structure, calls, nesting, configs, errors."""

from typing import Any

import numpy as np
import pytest

import keras_core
from keras_core import ops
from keras_core.backends.select import backend
from tests.models.test_layer import Records, Scale


def values(x):
    return backend.arrays.convert_to_numpy(x)


def graph():
    x = keras_core.Input((3,), name="x")
    h = Scale(name="a")(x)
    y = h + Scale(name="b")(h) * 2.0
    return keras_core.Model(x, y, name="m")


def test_graph_computes_what_it_describes():
    model = graph()
    assert values(model(np.ones((2, 3)))).tolist() == np.full((2, 3), 3.0).tolist()
    assert [layer.name for layer in model.layers] == ["x", "a", "b"]
    assert model.input_shape == (None, 3) and model.output_shape == (None, 3)
    assert len(model.trainable_variables) == 2
    assert model.compute_output_shape((5, 3)) == (5, 3)


def test_structures_of_inputs_and_outputs_are_kept():
    a, b = keras_core.Input((2,), name="a"), keras_core.Input((2,), name="b")
    model = keras_core.Model({"a": a, "b": b}, {"sum": a + b, "pair": [a, (b,)]})
    out = model({"b": np.full((1, 2), 2.0), "a": np.ones((1, 2))})
    assert values(out["sum"]).tolist() == [[3.0, 3.0]]
    assert isinstance(out["pair"], list) and isinstance(out["pair"][1], tuple)
    assert values(out["pair"][0]).tolist() == [[1.0, 1.0]]


@pytest.mark.parametrize("form", ["list", "tuple", "dict", "lists", "dict in list"])
def test_one_output_comes_as_from_keras(keras, form):
    found = []
    for K in (keras_core, keras):
        x = K.Input((2,), name="x")
        y = K.layers.Dense(3)(x)
        outputs = {
            "list": [y], "tuple": (y,), "dict": {"y": y}, "lists": [[y]], "dict in list": [{"y": y}]
        }[form]  # fmt: skip
        model = K.Model({"x": x} if form == "tuple" else x, outputs)
        array = {"x": np.ones((4, 2))} if form == "tuple" else np.ones((4, 2))
        results = model(array), model.predict(array, verbose=0), model.predict_on_batch(array)
        symbols = model.output, model(x), model.compute_output_shape((4, 2))
        kinds = K.tree.map_structure(lambda x: tuple(x.shape), results)
        symbols = K.tree.map_structure(lambda x: getattr(x, "shape", x), symbols)
        again = K.Model.from_config(model.get_config())
        kinds = [*kinds, *symbols, model.input_shape, model.output_shape, type(again(array))]
        found.append(kinds)
    assert found[0] == found[1]


def test_list_model_takes_a_dict_by_input_name():
    a, b = keras_core.Input((2,), name="a"), keras_core.Input((2,), name="b")
    model = keras_core.Model([a, b], a - b)
    x, y = np.full((1, 2), 5.0), np.ones((1, 2))
    assert values(model({"b": y, "a": x})).tolist() == values(model([x, y])).tolist()


def test_shared_layers_and_nested_models():
    inner = graph()
    x = keras_core.Input((3,))
    outer = keras_core.Model(x, inner(inner(x)))
    assert len(outer.trainable_variables) == 2
    assert values(outer(np.ones((1, 3)))).tolist() == [[9.0, 9.0, 9.0]]
    assert inner in outer.layers


def test_model_from_the_middle_of_another():
    model = graph()
    features = keras_core.Model(model.input, model.get_layer("a").output)
    assert tuple(features(np.ones((1, 3))).shape) == (1, 3)
    tail = keras_core.Model(model.get_layer("a").output, model.output)
    assert values(tail(np.ones((1, 3)))).tolist() == [[3.0, 3.0, 3.0]]


def test_rank_is_mended_by_a_last_axis_of_one():
    x = keras_core.Input((1,))
    model = keras_core.Model(x, Scale()(x))
    assert tuple(model(np.ones(4)).shape) == (4, 1)


def test_inputs_are_cast_to_their_own_dtype():
    x = keras_core.Input((2,), dtype="int32")
    model = keras_core.Model(x, Records()(x))
    assert keras_core.backend.standardize_dtype(model(np.ones((1, 2))).dtype) == "int32"


def test_training_reaches_the_layers():
    record = Records()
    x = keras_core.Input((2,))
    model = keras_core.Model(x, record(x))
    model(np.ones((1, 2)), training=True)
    assert record.seen is True


def stack():
    return keras_core.Sequential([keras_core.Input((3,)), Scale(name="a")])


@pytest.mark.parametrize("model", [graph, stack])
def test_config_round_trip(model):
    model = model()
    objects = {"Scale": Scale}
    again = type(model).from_config(model.get_config(), custom_objects=objects)
    again.set_weights(model.get_weights())
    x = np.random.default_rng(0).normal(size=(2, 3)).astype("float32")
    assert np.array_equal(values(model(x)), values(again(x)))
    assert [layer.name for layer in again.layers] == [layer.name for layer in model.layers]
    assert model.get_config() == again.get_config()


def test_subclass_given_a_graph():
    class Sub(keras_core.Model):
        def __init__(self, **kwargs):
            x = keras_core.Input((3,))
            super().__init__(inputs=x, outputs=Scale()(x), **kwargs)
            self.tag = "t"

    model = Sub(name="sub")
    assert tuple(model(np.ones((2, 3))).shape) == (2, 3)
    assert model.name == "sub" and model.tag == "t" and len(model.layers) == 2


def test_subclass_with_call():
    class Sub(keras_core.Model):
        def __init__(self):
            super().__init__()
            self.a, self.many = Scale(), [Scale()]

        def call(self, x, training=None):
            return self.many[0](self.a(x))

    model = Sub()
    model.build((None, 3))
    assert len(model.trainable_variables) == 2 and model.built
    assert len(model.layers) == 2


def test_sequential_grows_and_shrinks():
    model = keras_core.Sequential(name="s")
    model.add(keras_core.Input((3,)))
    model.add(Scale(name="a"))
    model.add(Scale(name="b"))
    assert model.built and model.output_shape == (None, 3)
    assert [v.path for v in model.variables] == ["s/a/factor", "s/b/factor"]
    assert model.pop().name == "b" and len(model.layers) == 1
    features = keras_core.Model(model.inputs, model.layers[0].output)
    assert tuple(features(np.ones((1, 3))).shape) == (1, 3)


def test_sequential_without_an_input_builds_on_the_first_call():
    model = keras_core.Sequential([Scale(), Scale()])
    assert not model.built
    model(np.ones((2, 4)))
    assert model.built and len(model.weights) == 2 and model.input_shape == (2, 4)


def test_summary_names_layers_shapes_and_counts():
    lines = []
    graph().summary(print_fn=lines.append)
    text = "".join(lines)
    assert 'Model: "m"' in text and "a (Scale)" in text and "Total params: 6" in text


def test_summary_counts_the_optimizer_too():
    lines = []
    model = graph()
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)  # two slots a weight, the rate and the step
    model.summary(print_fn=lines.append)
    text = "".join(lines)
    assert "Total params: 20" in text and "Trainable params: 6" in text
    assert "Optimizer params: 14" in text


def test_count_params_and_get_layer():
    model = graph()
    assert model.count_params() == 6
    assert model.get_layer(index=1) is model.get_layer("a")


@pytest.mark.parametrize(
    ("action", "match"),
    [
        (
            lambda: keras_core.Model(keras_core.Input((2,)), keras_core.Input((2,)) + 1),
            "disconnected",
        ),
        (lambda: keras_core.Model(np.ones(2), np.ones(2)), "must be KerasTensors"),
        (lambda: graph()([np.ones((1, 3))] * 2), r"has 1 input\(s\).*Received: 2"),
        (lambda: graph()(np.ones((1, 4))), r"input 'x' must have shape \(None, 3\)"),
        (lambda: graph()(np.ones((1, 3, 2))), "rank 2"),
        (lambda: graph().get_layer("zz"), "no layer named 'zz'"),
        (lambda: keras_core.Sequential([3]), "must be Layer instances"),
        (lambda: keras_core.Sequential([Scale(name="a"), Scale(name="a")]), "different names"),
        (lambda: keras_core.Sequential().build((1, 2)), "no layers"),
        (lambda: keras_core.Sequential([Scale()]).build(), "needs the input's shape"),
        (lambda: keras_core.Input(), "shape must be given"),
        (lambda: keras_core.Input((2,), batch_shape=(1, 2)), "must not both"),
        (lambda: keras_core.Input((-2,)), "negative"),
    ],
)  # fmt: skip
def test_errors_say_what_is_wrong(action, match):
    with pytest.raises(ValueError, match=match):
        action()


def test_same_names_in_a_graph_are_an_error():
    x = keras_core.Input((2,))
    with pytest.raises(ValueError, match="different names"):
        keras_core.Model(x, Scale(name="a")(Scale(name="a")(x)))


def test_layers_of_different_depth_order():
    x = keras_core.Input((2,))
    a = Scale(name="a")(x)
    b = Scale(name="b")(a)
    model = keras_core.Model(x, a + b)
    assert [layer.name for layer in model.layers][1:] == ["a", "b"]


def test_operators_are_saved_as_operations():
    x = keras_core.Input((2, 4))
    y = ops.mean(x[:, 0] * 2.0 + 1.0, axis=-1, keepdims=True)
    model = keras_core.Model(x, y)
    again = keras_core.Model.from_config(model.get_config())
    data = np.random.default_rng(0).normal(size=(3, 2, 4)).astype("float32")
    assert np.array_equal(values(model(data)), values(again(data)))


def test_a_default_of_training_is_not_frozen_into_the_graph():
    class Marks(keras_core.layers.Layer):
        def call(self, x, training=True):
            return x + (1.0 if training else 0.0)

    inputs = keras_core.Input((2,))
    model = keras_core.Model(inputs, Marks()(inputs))
    x = np.zeros((1, 2), "float32")
    assert values(model(x, training=False)).max() == 0
    assert values(model(x, training=True)).max() == 1
    assert model.predict(x, verbose=0).max() == 0
    given = keras_core.Model(inputs, Marks()(inputs, training=False))
    assert values(given(x)).max() == 0  # and as with Keras, the run has the last word:
    assert values(given(x, training=True)).max() == 1


def test_sizes_of_the_first_batch_bind_no_other():
    model = keras_core.Sequential([keras_core.layers.Dense(2)])
    assert tuple(model(np.ones((3, 5, 4), "float32")).shape) == (3, 5, 2)
    assert tuple(model(np.ones((2, 7, 4), "float32")).shape) == (2, 7, 2)
    with pytest.raises(ValueError, match="shape"):
        model(np.ones((3, 5, 6), "float32"))


@keras_core.saving.register_keras_serializable("two_arguments")
class Sums(keras_core.Model):
    """Its call must have two tensors: no one shape says what it is built for."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = keras_core.layers.Dense(2)

    def call(self, x, y):
        return self.dense(x) + y

    def get_config(self):
        return super().get_config()


def test_a_model_of_two_arguments_is_called_saved_and_saved_again(tmp_path):
    x, y = np.ones((5, 3), "float32"), np.full((5, 2), 2.0, "float32")
    model = Sums()
    expected = keras_core.ops.convert_to_numpy(model(x, y))
    for i in range(2):
        config = model.get_build_config()
        assert config == {"shapes_dict": {"x_shape": (5, 3), "y_shape": (5, 2)}}
        model.save(tmp_path / f"{i}.keras")
        model = keras_core.saving.load_model(tmp_path / f"{i}.keras")
        assert model.built
        np.testing.assert_allclose(keras_core.ops.convert_to_numpy(model(x, y)), expected)


class Parts(keras_core.Model):
    """Layers of kinds that are built by `build`, by their call, and by neither."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = keras_core.layers.Conv2D(2, 3, name="conv")
        self.flat = keras_core.layers.Flatten(name="flat")
        self.inner = keras_core.Sequential([keras_core.layers.Dense(4)], name="inner")
        self.attention = keras_core.layers.MultiHeadAttention(2, 2, name="attention")
        self.unused = keras_core.layers.Dense(7, name="unused")

    def call(self, x: Any) -> Any:
        x = ops.reshape(self.inner(self.flat(self.conv(x))), (-1, 2, 2))
        return self.attention(x, x)


@pytest.mark.parametrize("batch", [None, 5])
def test_a_subclassed_models_summary_tells_the_shapes_inside(batch: int | None) -> None:
    model = Parts()
    if batch is None:
        model.build((None, 8, 8, 3))
    else:
        model(np.ones((batch, 8, 8, 3), "float32"))
    lines: list[str] = []
    model.summary(print_fn=lines.append, line_length=100)
    text = "\n".join(lines)
    shapes = [(6, 6, 2), (72,), (4,), (2, 2)]
    for name, shape in zip(["conv", "flat", "inner", "attention"], shapes, strict=True):
        row = next(line for line in text.splitlines() if f" {name} (" in line)
        assert str((batch, *shape)) in row
    assert " ? " in next(line for line in text.splitlines() if " unused (" in line)


def test_layers_remember_no_size_that_was_only_tried() -> None:
    model = Parts()
    model.build((None, 8, 8, 3))
    assert model.inner.get_build_config() == {"input_shape": (None, 72)}
    assert model.attention.get_build_config() == {
        "shapes_dict": {"query_shape": (None, 2, 2), "value_shape": (None, 2, 2)}
    }
