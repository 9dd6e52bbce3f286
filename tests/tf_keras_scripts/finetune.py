"""Transfer learning with freezing and fine tuning, a lower rate, layers by name, weights by layer."""
import numpy as np
from tensorflow import keras
from tensorflow.keras import layers
from tensorflow.keras.applications.mobilenet_v2 import MobileNetV2, preprocess_input
from tensorflow.keras.applications import EfficientNetB0, resnet50
from tensorflow.keras.preprocessing import image
from tensorflow.keras.preprocessing.image import load_img, img_to_array

rng = np.random.RandomState(0)
img = keras.preprocessing.image.array_to_img(rng.rand(40, 40, 3))
img.save("cat.png")
loaded = load_img("cat.png", target_size=(32, 32))
array = image.img_to_array(loaded)
batch = np.expand_dims(array, axis=0)
batch = preprocess_input(batch)
assert batch.shape == (1, 32, 32, 3) and -1 <= batch.min() and batch.max() <= 1

base_model = MobileNetV2(input_shape=(32, 32, 3), alpha=0.35, include_top=False, weights=None)
for layer in base_model.layers:
    layer.trainable = False
x = base_model.output
x = layers.GlobalAveragePooling2D()(x)
x = layers.Dense(8, activation="relu", name="head")(x)
predictions = layers.Dense(2, activation="softmax", name="classes")(x)
model = keras.Model(inputs=base_model.input, outputs=predictions)
model.compile(optimizer=keras.optimizers.RMSprop(learning_rate=1e-3), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
images, labels = rng.rand(4, 32, 32, 3), rng.randint(0, 2, 4)
assert len(model.trainable_weights) == 4
frozen = [w.copy() for w in base_model.get_weights()]
model.fit(images, labels, epochs=1, verbose=0)
for a, b in zip(frozen, base_model.get_weights()):
    np.testing.assert_array_equal(a, b)

fine_tune_at = len(base_model.layers) - 4
base_model.trainable = True
for layer in base_model.layers[:fine_tune_at]:
    layer.trainable = False
for i, layer in enumerate(base_model.layers):
    if isinstance(layer, layers.BatchNormalization):
        layer.trainable = False
model.compile(optimizer=keras.optimizers.SGD(learning_rate=1e-4, momentum=0.9), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
assert len(model.trainable_variables) > 4
history = model.fit(images, labels, epochs=2, initial_epoch=1, verbose=0)
assert history.epoch == [1]

model.save_weights("tuned.weights.h5")
features = keras.Model(inputs=model.input, outputs=model.get_layer("head").output)
assert features.predict(images, verbose=0).shape == (4, 8)
head = model.get_layer("head")
kernel, bias = head.get_weights()
head.set_weights([kernel * 0, np.ones_like(bias)])
np.testing.assert_allclose(features.predict(images, verbose=0), 1.0)
model.load_weights("tuned.weights.h5")
np.testing.assert_allclose(model.get_layer("head").get_weights()[0], kernel)
assert model.get_layer(index=len(model.layers) - 1).name == "classes"
try:
    model.get_layer("nothing")
except ValueError as error:
    assert "nothing" in str(error)
else:
    raise AssertionError

# cut the top off a Sequential with pop, and put another one
old = keras.Sequential([layers.Dense(4, input_shape=(3,), name="a"), layers.Dense(3, name="b")])
old.pop()
old.add(layers.Dense(5, name="c"))
assert [layer.name for layer in old.layers] == ["a", "c"] and old.output_shape == (None, 5)
# by name, between models of other tops
old.save_weights("old.weights.h5")
old.save("old.h5")
new = keras.Sequential([layers.Dense(4, input_shape=(3,), name="a"), layers.Dense(7, name="other")])
new.load_weights("old.h5", by_name=True)
np.testing.assert_allclose(new.get_layer("a").get_weights()[0], old.get_layer("a").get_weights()[0])
tuned = keras.models.clone_model(new)
tuned.set_weights(new.get_weights())
assert keras.applications.resnet50.preprocess_input(images.copy() * 255).shape == images.shape
