"""A U-Net on a MobileNetV2 without weights: sub models of its layers, augmentation as a layer with one seed for image and mask, weights of samples by pixel, a callback that shows predictions."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

SIZE, CLASSES = 32, 3


class Augment(keras.layers.Layer):
    def __init__(self, seed=42):
        super().__init__()
        self.augment_inputs = keras.layers.RandomFlip(mode="horizontal", seed=seed)
        self.augment_labels = keras.layers.RandomFlip(mode="horizontal", seed=seed)

    def call(self, inputs, labels):
        inputs = self.augment_inputs(inputs)
        labels = self.augment_labels(labels)
        return inputs, labels


rng = np.random.RandomState(0)
images = rng.rand(12, SIZE, SIZE, 3).astype("float32")
masks = (images.sum(-1, keepdims=True) // 1.01).astype("int32")
train = tf.data.Dataset.from_tensor_slices((images, masks))
train_batches = train.cache().shuffle(12).batch(4).repeat().map(Augment()).prefetch(buffer_size=tf.data.AUTOTUNE)
test_batches = train.batch(4)
flipped, flipped_masks = Augment()(tf.constant(images), tf.constant(masks))
for i, m in zip(flipped.numpy(), flipped_masks.numpy()):
    np.testing.assert_array_equal((i.sum(-1, keepdims=True) // 1.01).astype("int32"), m)

base_model = keras.applications.MobileNetV2(input_shape=[SIZE, SIZE, 3], include_top=False, weights=None, alpha=0.35)
layer_names = ["block_1_expand_relu", "block_3_expand_relu", "block_6_expand_relu", "block_13_expand_relu", "block_16_project"]
base_model_outputs = [base_model.get_layer(name).output for name in layer_names]
down_stack = keras.Model(inputs=base_model.input, outputs=base_model_outputs)
down_stack.trainable = False


def upsample(filters, size, apply_dropout=False):
    initializer = tf.random_normal_initializer(0.0, 0.02)
    result = keras.Sequential()
    result.add(keras.layers.Conv2DTranspose(filters, size, strides=2, padding="same", kernel_initializer=initializer, use_bias=False))
    result.add(keras.layers.BatchNormalization())
    if apply_dropout:
        result.add(keras.layers.Dropout(0.5))
    result.add(keras.layers.ReLU())
    return result


def unet_model(output_channels):
    inputs = keras.layers.Input(shape=[SIZE, SIZE, 3])
    skips = down_stack(inputs)
    x = skips[-1]
    skips = reversed(skips[:-1])
    for up, skip in zip([upsample(8, 3), upsample(8, 3, True), upsample(4, 3), upsample(4, 3)], skips):
        x = up(x)
        x = keras.layers.Concatenate()([x, skip])
    last = keras.layers.Conv2DTranspose(filters=output_channels, kernel_size=3, strides=2, padding="same")
    return keras.Model(inputs=inputs, outputs=last(x))


model = unet_model(output_channels=CLASSES)
assert model.output_shape == (None, SIZE, SIZE, CLASSES)
model.compile(optimizer="adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
shown = []


class DisplayCallback(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        pred_mask = tf.math.argmax(self.model.predict(images[:1], verbose=0), axis=-1)
        shown.append(pred_mask[..., tf.newaxis][0].shape)


history = model.fit(train_batches, epochs=1, steps_per_epoch=2, validation_steps=1, validation_data=test_batches, callbacks=[DisplayCallback()], verbose=0)
assert shown == [(SIZE, SIZE, 1)] and len(history.history["val_loss"]) == 1


def add_sample_weights(image, label):
    class_weights = tf.constant([2.0, 2.0, 1.0])
    class_weights = class_weights / tf.reduce_sum(class_weights)
    sample_weights = tf.gather(class_weights, indices=tf.cast(label, tf.int32))
    return image, label, sample_weights


model.fit(train_batches.map(add_sample_weights), epochs=1, steps_per_epoch=1, verbose=0)
iou = keras.metrics.MeanIoU(num_classes=CLASSES)
iou.update_state(masks, np.argmax(model.predict(images, verbose=0), axis=-1)[..., None])
assert 0 <= iou.result().numpy() <= 1


def dice(y_true, y_pred):
    y_true = tf.one_hot(tf.cast(tf.squeeze(y_true, -1), tf.int32), CLASSES)
    y_pred = tf.nn.softmax(y_pred)
    inter = tf.reduce_sum(y_true * y_pred, axis=[1, 2])
    return 1 - tf.reduce_mean((2 * inter + 1) / (tf.reduce_sum(y_true + y_pred, axis=[1, 2]) + 1))


model.compile(keras.optimizers.Adam(), dice, metrics=[keras.metrics.SparseCategoricalAccuracy(), dice])
model.fit(test_batches, epochs=1, verbose=0)
model.save("unet.keras")
again = keras.models.load_model("unet.keras", custom_objects={"dice": dice})
np.testing.assert_allclose(again.predict(images[:2], verbose=0), model.predict(images[:2], verbose=0), rtol=1e-4, atol=1e-5)
