"""Intermediate models, activation maps, summary, plot_model, weights by name, config, count_params."""
import io
import contextlib
import numpy as np
from tensorflow import keras
from tensorflow.keras import layers, models
from tensorflow.keras.utils import plot_model

model = models.Sequential([
    layers.Conv2D(4, (3, 3), activation="relu", input_shape=(16, 16, 1), name="conv_1"),
    layers.MaxPool2D((2, 2), name="pool_1"),
    layers.Conv2D(8, (3, 3), activation="relu", name="conv_2"),
    layers.Flatten(),
    layers.Dense(3, activation="softmax", name="predictions"),
])
out = io.StringIO()
with contextlib.redirect_stdout(out):
    model.summary()
text = out.getvalue()
for part in ("conv_1", "Conv2D", "Total params", "Trainable params", "Non-trainable params", "Layer (type)", "Output Shape", "Param #"):
    assert part in text, part
assert model.count_params() == 4 * 10 + 8 * 37 + 3 * (5 * 5 * 8 + 1)
lines = []
model.summary(line_length=80, print_fn=lambda x, line_break=None: lines.append(x))
assert lines
layer_outputs = [layer.output for layer in model.layers[:3]]
activation_model = models.Model(inputs=model.input, outputs=layer_outputs)
img = np.random.RandomState(0).rand(1, 16, 16, 1)
activations = activation_model.predict(img, verbose=0)
assert [a.shape for a in activations] == [(1, 14, 14, 4), (1, 7, 7, 4), (1, 5, 5, 8)]
layer_dict = dict([(layer.name, layer) for layer in model.layers])
filters, biases = layer_dict["conv_1"].get_weights()
assert filters.shape == (3, 3, 1, 4) and biases.shape == (4,)
names = [w.name for w in model.weights]
assert len(names) == 6 and all("kernel" in n or "bias" in n for n in names)
extractor = keras.Model(inputs=model.inputs, outputs=[layer.output for layer in model.layers])
assert len(extractor(img)) == 5
assert model.input_shape == (None, 16, 16, 1) and model.output_shape == (None, 3)
assert model.layers[0].input.shape == (None, 16, 16, 1) and model.layers[-1].output.shape == (None, 3)
assert model.get_layer("conv_2").kernel.shape == (3, 3, 4, 8) and model.get_layer("conv_2").strides == (1, 1)
config = model.get_config()
assert [c["class_name"] for c in config["layers"]][-1] == "Dense"
again = models.Sequential.from_config(config)
assert again.count_params() == model.count_params()
assert len(models.model_from_json(model.to_json()).layers) == 5
conv_config = model.layers[0].get_config()
assert conv_config["filters"] == 4 and conv_config["kernel_size"] == (3, 3)
same = layers.Conv2D.from_config(conv_config)
assert same.name == "conv_1"
dense = layers.deserialize({"class_name": "Dense", "config": {"units": 3, "activation": "relu"}})
assert dense.units == 3
assert keras.activations.serialize(keras.activations.relu) == "relu"
assert keras.optimizers.get("adam").__class__.__name__ == "Adam" and callable(keras.losses.get("mse"))
assert keras.optimizers.deserialize({"class_name": "SGD", "config": {"learning_rate": 0.5}}).get_config()["learning_rate"] == 0.5
assert keras.utils.to_categorical([0, 2], 3).tolist() == [[1, 0, 0], [0, 0, 1]]
assert keras.utils.normalize(np.array([[3.0, 4.0]])).round(2).tolist() == [[0.6, 0.8]]
for layer in model.layers:
    layer.trainable = False
assert model.trainable_weights == [] and len(model.non_trainable_weights) == 6
# nested, reused and shared
shared = layers.Dense(4)
a, b = keras.Input((3,)), keras.Input((3,))
twice = keras.Model([a, b], layers.add([shared(a), shared(b)]))
assert len(twice.weights) == 2
assert twice.layers[2] is shared
x = keras.Input(shape=(2,), batch_size=4, name="fixed")
assert x.shape == (4, 2) and x.dtype == "float32" and x.name == "fixed"
assert keras.backend.is_keras_tensor(x)
keras.backend.clear_session()
assert layers.Dense(1).name == "dense"
