"""A functional model of two inputs and two outputs, with names, weights of losses, a plain stop."""
from tensorflow.keras import layers, Input, Model
import numpy as np

words = Input(shape=(None,), dtype="int32", name="words")
numbers = Input(shape=(3,), name="numbers")
x = layers.Embedding(20, 8, mask_zero=True, input_length=None)(words)
x = layers.Bidirectional(layers.LSTM(4))(x)
x = layers.concatenate([x, numbers], axis=-1)
price = layers.Dense(1, name="price")(x)
kind = layers.Dense(3, activation="softmax", name="kind")(x)
model = Model(inputs=[words, numbers], outputs=[price, kind])
model.compile(
    optimizer="rmsprop", loss={"price": "mse", "kind": "sparse_categorical_crossentropy"},
    loss_weights={"price": 0.5, "kind": 1.0}, metrics={"kind": ["acc"]},
)
rng = np.random.RandomState(0)
data = {"words": rng.randint(0, 20, (16, 5)), "numbers": rng.rand(16, 3)}
targets = {"price": rng.rand(16, 1), "kind": rng.randint(0, 3, (16, 1))}
model.fit(data, targets, epochs=1, batch_size=8, verbose=0)
a, b = model.predict(data, verbose=0)
assert a.shape == (16, 1) and b.shape == (16, 3)
assert [layer.name for layer in model.layers if "price" in layer.name] == ["price"]
