"""A digit classifier: compile, fit, callbacks, an .h5 file."""
from tensorflow import keras
import numpy as np

rng = np.random.RandomState(0)
x = rng.rand(64, 8, 8, 1).astype("float32")
y = keras.utils.to_categorical((x.mean(axis=(1, 2, 3)) > 0.5).astype(int), 2)

model = keras.models.Sequential()
model.add(keras.layers.Conv2D(4, (3, 3), activation="relu", input_shape=(8, 8, 1)))
model.add(keras.layers.MaxPooling2D(pool_size=(2, 2)))
model.add(keras.layers.Flatten())
model.add(keras.layers.Dropout(0.1))
model.add(keras.layers.Dense(2, activation="softmax"))
model.compile(loss="categorical_crossentropy", optimizer=keras.optimizers.Adam(lr=0.01), metrics=["accuracy"])
history = model.fit(
    x, y, batch_size=16, epochs=2, verbose=0, validation_split=0.25,
    callbacks=[
        keras.callbacks.EarlyStopping(monitor="val_loss", patience=3),
        keras.callbacks.ReduceLROnPlateau(factor=0.5, patience=1),
        keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: None),
    ],
)
assert set(history.history) >= {"loss", "accuracy", "val_loss", "val_accuracy"}
model.save("model.h5")
again = keras.models.load_model("model.h5")
np.testing.assert_allclose(again.predict(x, verbose=0), model.predict(x, verbose=0), atol=1e-5)
classes = np.argmax(model.predict(x, verbose=0), axis=-1)
assert classes.shape == (64,)
