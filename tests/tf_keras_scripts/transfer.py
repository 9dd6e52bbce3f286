"""Transfer learning: a base frozen, then partly thawed; weights= of a layer; clone_model."""
from tensorflow import keras
import numpy as np

base = keras.applications.MobileNetV2(input_shape=(32, 32, 3), alpha=0.35, include_top=False, weights=None, pooling="avg")
base.trainable = False
inputs = keras.Input(shape=(32, 32, 3))
x = keras.layers.experimental.preprocessing.Rescaling(1.0 / 127.5, offset=-1)(inputs)
x = base(x, training=False)
outputs = keras.layers.Dense(2)(x)
model = keras.Model(inputs, outputs)
assert len(model.trainable_weights) == 2
base.trainable = True
for layer in base.layers[:-5]:
    layer.trainable = False
assert 2 < len(model.trainable_weights) < len(base.weights)
embedding = keras.layers.Embedding(3, 2, weights=[np.ones((3, 2))], trainable=False)
np.testing.assert_allclose(keras.backend.get_value(embedding(np.array([[1]])))[0, 0], [1, 1])
dense = keras.layers.Dense(2, weights=[np.ones((3, 2)), np.zeros(2)])
np.testing.assert_allclose(keras.backend.get_value(dense(np.ones((1, 3)))), [[3, 3]])
