"""Style transfer and deep dream: features of layers of a VGG19 without weights, gradients by the image, gram matrices, a model as a function of pixels."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

image = tf.constant(np.random.RandomState(0).rand(1, 32, 32, 3).astype("float32"))
vgg = keras.applications.VGG19(include_top=False, weights=None, input_shape=(32, 32, 3))
vgg.trainable = False
style_layers, content_layers = ["block1_conv1", "block2_conv1"], ["block3_conv2"]


def vgg_layers(layer_names):
    outputs = [vgg.get_layer(name).output for name in layer_names]
    return keras.Model([vgg.input], outputs)


def gram_matrix(input_tensor):
    result = tf.linalg.einsum("bijc,bijd->bcd", input_tensor, input_tensor)
    input_shape = tf.shape(input_tensor)
    return result / tf.cast(input_shape[1] * input_shape[2], tf.float32)


class StyleContentModel(keras.models.Model):
    def __init__(self, style_layers, content_layers):
        super(StyleContentModel, self).__init__()
        self.vgg = vgg_layers(style_layers + content_layers)
        self.style_layers = style_layers
        self.content_layers = content_layers
        self.num_style_layers = len(style_layers)
        self.vgg.trainable = False

    def call(self, inputs):
        inputs = inputs * 255.0
        preprocessed_input = keras.applications.vgg19.preprocess_input(inputs)
        outputs = self.vgg(preprocessed_input)
        style_outputs, content_outputs = outputs[: self.num_style_layers], outputs[self.num_style_layers :]
        style_outputs = [gram_matrix(o) for o in style_outputs]
        return {"content": dict(zip(self.content_layers, content_outputs)), "style": dict(zip(self.style_layers, style_outputs))}


extractor = StyleContentModel(style_layers, content_layers)
results = extractor(image)
assert sorted(results["style"]) == style_layers and results["style"]["block1_conv1"].shape == (1, 64, 64)
assert not extractor.trainable_variables and len(extractor.variables) == len(extractor.vgg.variables)
style_targets = {k: v * 1.5 for k, v in results["style"].items()}
content_targets = results["content"]
variable = tf.Variable(image)
opt = keras.optimizers.Adam(learning_rate=0.02, beta_1=0.99, epsilon=1e-1)


@tf.function()
def train_step(image):
    with tf.GradientTape() as tape:
        outputs = extractor(image)
        style = tf.add_n([tf.reduce_mean((outputs["style"][n] - style_targets[n]) ** 2) for n in outputs["style"]])
        content = tf.add_n([tf.reduce_mean((outputs["content"][n] - content_targets[n]) ** 2) for n in outputs["content"]])
        loss = style + 1e-3 * content + 1e-6 * tf.image.total_variation(image)[0]
    grad = tape.gradient(loss, image)
    opt.apply_gradients([(grad, image)])
    image.assign(tf.clip_by_value(image, clip_value_min=0.0, clip_value_max=1.0))
    return loss


losses = [train_step(variable).numpy() for _ in range(5)]
assert losses[-1] < losses[0] and np.abs(variable.numpy() - image.numpy()).max() > 0


# deep dream: gradient ascent over octaves of another size, in a tf.Module with an input signature
dream_base = keras.applications.MobileNetV2(include_top=False, weights=None, input_shape=(None, None, 3), alpha=0.35)
dream_model = keras.Model(inputs=dream_base.input, outputs=[dream_base.get_layer(n).output for n in ("block_2_add", "block_4_add")])


class DeepDream(tf.Module):
    def __init__(self, model):
        self.model = model

    @tf.function(input_signature=(tf.TensorSpec([None, None, 3], tf.float32), tf.TensorSpec([], tf.int32), tf.TensorSpec([], tf.float32)))
    def __call__(self, img, steps, step_size):
        loss = tf.constant(0.0)
        for n in tf.range(steps):
            with tf.GradientTape() as tape:
                tape.watch(img)
                activations = self.model(tf.expand_dims(img, axis=0))
                loss = tf.reduce_sum([tf.math.reduce_mean(act) for act in activations])
            gradients = tape.gradient(loss, img)
            gradients /= tf.math.reduce_std(gradients) + 1e-8
            img = tf.clip_by_value(img + gradients * step_size, -1, 1)
        return loss, img


deepdream = DeepDream(dream_model)
assert len(deepdream.trainable_variables) == len(dream_model.trainable_variables)
start = image[0] * 2 - 1
loss0, _ = deepdream(start, tf.constant(1), tf.constant(0.0))
loss1, img = deepdream(start, tf.constant(4), tf.constant(0.01))
assert img.shape == (32, 32, 3) and loss1 > loss0
_, larger = deepdream(tf.image.resize(img, (48, 40)), tf.constant(1), tf.constant(0.01))
assert larger.shape == (48, 40, 3)
