"""train_step overridden with GradientTape, a tf.Variable-free GAN-like pair. TensorFlow only."""
import tensorflow as tf
from tensorflow import keras


class Custom(keras.Model):
    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = tf.reduce_mean(tf.square(y - y_pred))
        variables = self.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
        self.tracker.update_state(loss)
        return {"loss": self.tracker.result()}

    @property
    def metrics(self):
        return [self.tracker]


inputs = keras.Input((3,))
model = Custom(inputs, keras.layers.Dense(1)(inputs))
model.tracker = keras.metrics.Mean(name="loss")
model.compile(optimizer="adam")
x = tf.random.normal((16, 3))
history = model.fit(x, tf.reduce_sum(x, axis=1, keepdims=True), epochs=3, verbose=0)
assert history.history["loss"][-1] < history.history["loss"][0]
model.export("exported")
loaded = tf.saved_model.load("exported")
assert loaded.serve(x).shape == (16, 1)
