"""What such packages rely on, each by itself."""

import io

import numpy as np
import pytest

import keras_core as keras
from keras_core.backends.select import backend

ops = keras.ops


def two():
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(3), keras.layers.Dense(1)])


def test_models_in_memory():
    model, file = two(), io.BytesIO()
    keras.saving.save_model(model, file)
    file.seek(0)
    again = keras.saving.load_model(file)
    for a, b in zip(again.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.filterwarnings("ignore:.*also holds weights:UserWarning")
def test_weights_of_some_layers(tmp_path):
    model = two()
    before = model.get_weights()
    first, second = model.layers
    path = tmp_path / "some.weights.h5"
    model.save_weights(path, objects_to_skip=[first])
    model.set_weights([w * 0 + 7 for w in before])
    model.load_weights(path, objects_to_skip=[first])
    assert (model.get_weights()[0] == 7).all()
    np.testing.assert_array_equal(model.get_weights()[2], before[2])
    model.save_weights(path)
    model.load_weights(path, objects_to_skip=[second])
    with pytest.raises(ValueError, match="objects_to_skip is for"):
        model.save_weights(tmp_path / "x.safetensors", objects_to_skip=[first])


class Outer(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.inner = keras.layers.Dense(1)

    def call(self, x):
        return self.inner(x)

    def compute_output_shape(self, shape):
        return (*shape[:-1], 1)


def test_a_part_of_a_frozen_model_is_tuned():
    model = keras.Sequential([keras.Input((2,)), Outer()])
    model.layers[0].trainable = False
    assert model.trainable_variables == []
    model.layers[0].inner.trainable = True
    assert len(model.trainable_variables) == 2
    frozen = keras.Sequential([keras.Input((2,)), Outer(trainable=False)])
    assert frozen.trainable_variables == []


def test_layers_inside_are_built_by_a_symbolic_call(tmp_path):
    x = keras.Input((2,))
    model = keras.Model(x, Outer(name="outer")(x))
    assert model.get_layer("outer").inner.built and model.count_params() == 3


def test_names_become_objects_with_their_defaults():
    class Sampler:
        pass

    assert isinstance(
        keras.saving.deserialize_keras_object("a", module_objects={"a": Sampler}), Sampler
    )


def test_attention_of_a_subclass():
    class Cached(keras.layers.MultiHeadAttention):
        def call(self, query, value, attention_mask=None):
            q, k, v = self._query_dense(query), self._key_dense(value), self._value_dense(value)
            mask = self._compute_attention_mask(
                query, value, attention_mask=attention_mask, use_causal_mask=True
            )
            out, _ = self._compute_attention(q, k, v, mask)
            return self._output_dense(out)

    class ByHand(Cached):
        def call(self, query, value):
            self._build_attention(4)
            q, k, v = self._query_dense(query), self._key_dense(value), self._value_dense(value)
            scores = ops.einsum(self._dot_product_equation, k, q * self._inverse_sqrt_key_dim)
            weights = self._masked_softmax(scores, self._compute_causal_mask(query, value))
            return self._output_dense(ops.einsum(self._combine_equation, weights, v))

    x = np.random.default_rng(0).normal(size=(2, 5, 8)).astype("float32")
    plain = keras.layers.MultiHeadAttention(2, 4)
    expected = ops.convert_to_numpy(plain(x, x, use_causal_mask=True))
    for cls in (Cached, ByHand):
        layer = cls(2, 4)
        layer.build(x.shape, x.shape)
        layer.set_weights(plain.get_weights())
        np.testing.assert_allclose(ops.convert_to_numpy(layer(x, x)), expected, atol=1e-5)
    assert layer._num_heads == 2 and layer._key_dim == 4
    made = layer._make_output_dense((2, 5, 8), layer._get_common_kwargs_for_sublayer(), "out")
    made.build((2, 5, 2, 4))
    layer._output_dense = made
    assert layer.output_dense is made


@pytest.mark.skipif(backend.name != "tensorflow", reason="TensorFlow's own")
def test_the_strategy_in_force():
    import tensorflow as tf

    assert isinstance(two().distribute_strategy, tf.distribute.Strategy)


def test_a_number_as_first_value():
    layer = keras.layers.Layer()
    scalar = layer.add_weight(shape=(), initializer=lambda shape, dtype=None: 2.5)
    filled = layer.add_weight(shape=(3,), dtype="int32", initializer=lambda *_, **__: 2)
    listed = layer.add_weight(shape=(2,), initializer=lambda *_, **__: [1, 2])
    assert scalar.numpy() == 2.5 and listed.numpy().tolist() == [1.0, 2.0]
    assert filled.numpy().tolist() == [2, 2, 2] and filled.dtype == "int32"
    with pytest.raises(ValueError, match=r"must give shape \(3,\).* gave \(2,\)"):
        layer.add_weight(shape=(3,), initializer=lambda *_, **__: [1, 2])


def test_constructors_get_the_name_of_a_saved_dtype():
    class Tokens(keras.layers.Layer):
        def __init__(self, dtype="int32", **kwargs):
            assert keras.backend.is_int_dtype(dtype)
            super().__init__(dtype=dtype, **kwargs)

        def get_config(self):
            return super().get_config()

    assert Tokens.from_config(Tokens().get_config()).compute_dtype == "int32"
    policy = keras.dtype_policies.QuantizedDTypePolicy("int8", "float32")
    config = keras.layers.Dense(1, dtype=policy).get_config()
    assert keras.layers.Dense.from_config(config).dtype_policy == policy


def test_a_layer_of_words_is_built_by_no_shape():
    class Count(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self._allow_non_tensor_positional_args = True

        def build(self, input_shape):
            self.shape_seen = input_shape

        def call(self, x):
            return ops.convert_to_tensor([len(word) for word in x])

    layer = Count()
    assert ops.convert_to_numpy(layer(["a", "fox"])).tolist() == [1, 3]
    assert layer.built and layer.shape_seen is None


def test_steps_get_a_dict_of_inputs_as_it_is():
    class Own(keras.Model):
        def predict_step(self, *args):
            assert set(args[-1]) == {"a"}
            return super().predict_step(*args)

        def call(self, x):
            return x["a"] * 2

    x = np.ones((2, 3), "float32")
    assert (Own().predict({"a": x}, verbose=0) == 2).all()


def test_a_build_that_looks_whether_it_is_built_may_be_called_again():
    class Guarded(keras.layers.Layer):
        def build(self, input_shape):
            if self.built:
                return
            self.w = self.add_weight(shape=(3,))

    class Careless(keras.layers.Layer):
        def build(self, input_shape):
            self.w = self.add_weight(shape=(3,))

    layer = Guarded()
    layer.build((None, 3))
    w = layer.w
    layer.build((None, 3))
    assert layer.w is w and len(layer.weights) == 1
    layer = Careless()
    layer.build((None, 3))
    w = layer.w
    with pytest.raises(ValueError, match=r"Careless '.*': build\(\) must be called once"):
        layer.build((None, 3))
    assert layer.w is w and len(layer.weights) == 1


def test_layers_without_weights_are_built_by_a_call_of_build():
    class Passes(keras.layers.Layer):
        def call(self, x):
            return x

    for layer in (Passes(), keras.layers.Dropout(0.5), keras.layers.Activation("relu")):
        layer.build((None, 3))
        assert layer.built


def test_a_tensor_is_an_initializer():
    given = keras.ops.convert_to_tensor([2, 0, 1])
    for value in (np.array([2, 0, 1]), given):
        layer = keras.layers.Layer()
        weight = layer.add_weight(
            shape=(3,), initializer=keras.initializers.get(value), dtype="int32", trainable=False
        )
        assert keras.ops.convert_to_numpy(weight).tolist() == [2, 0, 1]
        with pytest.raises(ValueError, match=r"must have the variable's shape \(2,\)"):
            layer.add_weight(shape=(2,), initializer=value)


class Alone(keras.Model):
    """Built by itself, trained by its own step on a dict: nobody is to call it before that."""

    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(1)
        self.softmax = keras.layers.Softmax()

    def build(self, input_shape):
        self.dense.build(input_shape)

    def call(self, inputs):
        raise AssertionError("called")

    def train_step(self, *args):
        if len(args) == 2:  # (state, data), where steps are pure functions
            state, data = args
            trained, others, rule, metrics = state
            mean = data["given"].mean()
            return {"loss": mean}, (trained, others, rule, metrics)
        return {"loss": keras.ops.mean(args[0]["given"])}


@pytest.mark.skipif(not backend.has("gradients"), reason="cannot train")
def test_a_model_that_is_built_and_has_a_step_of_its_own_is_not_called():
    model = Alone()
    assert model._loss_tracker is None
    model.compile("sgd")
    model.build((None, 3))
    assert model._loss_tracker.name == "loss"
    data = {"given": np.full((4, 3), 2.0, "float32")}
    history = model.fit(data, verbose=0).history
    assert history["loss"] == [2.0]
