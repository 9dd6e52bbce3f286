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
