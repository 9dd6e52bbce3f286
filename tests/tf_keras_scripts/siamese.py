"""A siamese pair of inputs through one shared net; the distance by Lambda and K; contrastive loss."""
from tensorflow import keras
from tensorflow.keras import backend as K
from tensorflow.keras.layers import Input, Dense, Lambda, Flatten, Dropout
from tensorflow.keras.models import Model
from tensorflow.keras.optimizers import RMSprop
import numpy as np


def euclidean_distance(vects):
    x, y = vects
    sum_square = K.sum(K.square(x - y), axis=1, keepdims=True)
    return K.sqrt(K.maximum(sum_square, K.epsilon()))


def eucl_dist_output_shape(shapes):
    shape1, shape2 = shapes
    return (shape1[0], 1)


def contrastive_loss(y_true, y_pred):
    margin = 1
    square_pred = K.square(y_pred)
    margin_square = K.square(K.maximum(margin - y_pred, 0))
    return K.mean(K.cast(y_true, y_pred.dtype) * square_pred + (1 - K.cast(y_true, y_pred.dtype)) * margin_square)


def accuracy(y_true, y_pred):
    return K.mean(K.equal(y_true, K.cast(y_pred < 0.5, y_true.dtype)))


def create_base_network(input_shape):
    input = Input(shape=input_shape)
    x = Flatten()(input)
    x = Dense(16, activation='relu')(x)
    x = Dropout(0.1)(x)
    x = Dense(8, activation='relu')(x)
    return Model(input, x)


rng = np.random.RandomState(0)
a = rng.rand(40, 4, 4)
b = np.where(rng.rand(40, 1, 1) < 0.5, a + 0.01, rng.rand(40, 4, 4))
y = (np.abs(a - b).mean(axis=(1, 2)) < 0.02).astype("float32")
base_network = create_base_network((4, 4))
input_a = Input(shape=(4, 4))
input_b = Input(shape=(4, 4))
distance = Lambda(euclidean_distance, output_shape=eucl_dist_output_shape)([base_network(input_a), base_network(input_b)])
model = Model([input_a, input_b], distance)
model.compile(loss=contrastive_loss, optimizer=RMSprop(), metrics=[accuracy])
history = model.fit([a, b], y, batch_size=8, epochs=3, verbose=0, validation_data=([a[:8], b[:8]], y[:8]))
assert history.history["loss"][-1] < history.history["loss"][0]
assert "val_accuracy" in history.history
assert model.predict([a, b], verbose=0).shape == (40, 1)
assert len(base_network.trainable_weights) == 4 and len(model.trainable_weights) == 4
