"""Grad-CAM, saliency, deep dream's ascent, style's gram matrices, adversarial example: gradients at inputs."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

img_size = (32, 32)
model = keras.applications.MobileNet(input_shape=(32, 32, 3), alpha=0.25, weights=None, classes=5)
last_conv_layer_name = [l.name for l in model.layers if isinstance(l, keras.layers.Conv2D)][-2]
img_array = np.random.RandomState(0).rand(1, 32, 32, 3).astype("float32")


def make_gradcam_heatmap(img_array, model, last_conv_layer_name, pred_index=None):
    grad_model = keras.models.Model([model.inputs], [model.get_layer(last_conv_layer_name).output, model.output])
    with tf.GradientTape() as tape:
        last_conv_layer_output, preds = grad_model(img_array)
        if pred_index is None:
            pred_index = tf.argmax(preds[0])
        class_channel = preds[:, pred_index]
    grads = tape.gradient(class_channel, last_conv_layer_output)
    pooled_grads = tf.reduce_mean(grads, axis=(0, 1, 2))
    last_conv_layer_output = last_conv_layer_output[0]
    heatmap = last_conv_layer_output @ pooled_grads[..., tf.newaxis]
    heatmap = tf.squeeze(heatmap)
    heatmap = tf.maximum(heatmap, 0) / (tf.math.reduce_max(heatmap) + 1e-8)
    return heatmap.numpy()


model.layers[-1].activation = keras.activations.linear
heatmap = make_gradcam_heatmap(img_array, model, last_conv_layer_name)
assert np.ndim(heatmap) in (0, 2)
feature_extractor = keras.Model(inputs=model.inputs, outputs=model.layers[10].output)


@tf.function
def gradient_ascent_step(img, filter_index, learning_rate):
    with tf.GradientTape() as tape:
        tape.watch(img)
        activation = feature_extractor(img)
        loss = tf.reduce_mean(activation[:, :, :, filter_index])
    grads = tape.gradient(loss, img)
    grads = tf.math.l2_normalize(grads)
    img += learning_rate * grads
    return loss, img


img = tf.constant(img_array)
for _ in range(2):
    loss, img = gradient_ascent_step(img, 0, 10.0)
assert np.isfinite(loss)


def gram_matrix(x):
    x = tf.transpose(x, (2, 0, 1))
    features = tf.reshape(x, (tf.shape(x)[0], -1))
    return tf.matmul(features, tf.transpose(features))


combination_image = tf.Variable(img_array)
optimizer = keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(initial_learning_rate=0.1, decay_steps=100, decay_rate=0.96))
for _ in range(2):
    with tf.GradientTape() as tape:
        features = feature_extractor(tf.concat([img_array, combination_image], axis=0))
        loss = tf.reduce_sum(tf.square(gram_matrix(features[0]) - gram_matrix(features[1])))
        loss = loss + 1e-3 * tf.image.total_variation(combination_image)[0]
    grads = tape.gradient(loss, combination_image)
    optimizer.apply_gradients([(grads, combination_image)])
assert np.abs(combination_image.numpy() - img_array).max() > 0
loss_object = keras.losses.CategoricalCrossentropy()
image = tf.convert_to_tensor(img_array)
with tf.GradientTape() as tape:
    tape.watch(image)
    loss = loss_object(tf.one_hot([1], 5), tf.nn.softmax(model(image)))
signed_grad = tf.sign(tape.gradient(loss, image))
assert signed_grad.shape == image.shape
