"""WGAN-GP: a gradient penalty with a tape inside a tape, several steps of the critic for one of the generator, compile with losses of one's own."""
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers


def conv_block(x, filters, activation, kernel_size=(3, 3), strides=(1, 1), padding="same", use_bias=True, use_bn=False, use_dropout=False, drop_value=0.5):
    x = layers.Conv2D(filters, kernel_size, strides=strides, padding=padding, use_bias=use_bias)(x)
    if use_bn:
        x = layers.BatchNormalization()(x)
    x = activation(x)
    if use_dropout:
        x = layers.Dropout(drop_value)(x)
    return x


def get_critic():
    img_input = layers.Input(shape=(6, 6, 1))
    x = layers.ZeroPadding2D((1, 1))(img_input)
    x = conv_block(x, 4, strides=(2, 2), activation=layers.LeakyReLU(0.2), use_dropout=True, drop_value=0.3)
    x = layers.Flatten()(x)
    return keras.models.Model(img_input, layers.Dense(1)(x), name="critic")


def get_generator():
    noise = layers.Input(shape=(5,))
    x = layers.Dense(4 * 4 * 4, use_bias=False)(noise)
    x = layers.BatchNormalization()(x)
    x = layers.LeakyReLU(0.2)(x)
    x = layers.Reshape((4, 4, 4))(x)
    x = layers.UpSampling2D((2, 2))(x)
    x = conv_block(x, 1, layers.Activation("tanh"), use_bias=False, use_bn=True)
    x = layers.Cropping2D((1, 1))(x)
    return keras.models.Model(noise, x, name="generator")


class WGAN(keras.Model):
    def __init__(self, critic, generator, latent_dim, critic_extra_steps=2, gp_weight=10.0):
        super(WGAN, self).__init__()
        self.critic = critic
        self.generator = generator
        self.latent_dim = latent_dim
        self.c_steps = critic_extra_steps
        self.gp_weight = gp_weight

    def compile(self, c_optimizer, g_optimizer, c_loss_fn, g_loss_fn):
        super(WGAN, self).compile()
        self.c_optimizer = c_optimizer
        self.g_optimizer = g_optimizer
        self.c_loss_fn = c_loss_fn
        self.g_loss_fn = g_loss_fn

    def gradient_penalty(self, batch_size, real_images, fake_images):
        alpha = tf.random.normal([batch_size, 1, 1, 1], 0.0, 1.0)
        interpolated = real_images + alpha * (fake_images - real_images)
        with tf.GradientTape() as gp_tape:
            gp_tape.watch(interpolated)
            pred = self.critic(interpolated, training=True)
        grads = gp_tape.gradient(pred, [interpolated])[0]
        norm = tf.sqrt(tf.reduce_sum(tf.square(grads), axis=[1, 2, 3]))
        return tf.reduce_mean((norm - 1.0) ** 2)

    def train_step(self, real_images):
        if isinstance(real_images, tuple):
            real_images = real_images[0]
        batch_size = tf.shape(real_images)[0]
        for i in range(self.c_steps):
            random_latent_vectors = tf.random.normal(shape=(batch_size, self.latent_dim))
            with tf.GradientTape() as tape:
                fake_images = self.generator(random_latent_vectors, training=True)
                fake_logits = self.critic(fake_images, training=True)
                real_logits = self.critic(real_images, training=True)
                c_cost = self.c_loss_fn(real_img=real_logits, fake_img=fake_logits)
                gp = self.gradient_penalty(batch_size, real_images, fake_images)
                c_loss = c_cost + gp * self.gp_weight
            c_gradient = tape.gradient(c_loss, self.critic.trainable_variables)
            self.c_optimizer.apply_gradients(zip(c_gradient, self.critic.trainable_variables))
        random_latent_vectors = tf.random.normal(shape=(batch_size, self.latent_dim))
        with tf.GradientTape() as tape:
            generated_images = self.generator(random_latent_vectors, training=True)
            g_loss = self.g_loss_fn(self.critic(generated_images, training=True))
        gen_gradient = tape.gradient(g_loss, self.generator.trainable_variables)
        self.g_optimizer.apply_gradients(zip(gen_gradient, self.generator.trainable_variables))
        return {"c_loss": c_loss, "g_loss": g_loss, "gp": gp}


images = np.random.RandomState(0).rand(20, 6, 6, 1).astype("float32") * 2 - 1
critic, generator = get_critic(), get_generator()
wgan = WGAN(critic, generator, latent_dim=5)
wgan.compile(
    c_optimizer=keras.optimizers.Adam(learning_rate=0.001, beta_1=0.5, beta_2=0.9),
    g_optimizer=keras.optimizers.Adam(learning_rate=0.001, beta_1=0.5, beta_2=0.9),
    c_loss_fn=lambda real_img, fake_img: tf.reduce_mean(fake_img) - tf.reduce_mean(real_img),
    g_loss_fn=lambda fake_img: -tf.reduce_mean(fake_img),
)
before = [w.copy() for w in wgan.get_weights()]
moving = generator.layers[2].moving_mean.numpy().copy()
history = wgan.fit(images, batch_size=8, epochs=2, verbose=0)
assert set(history.history) == {"c_loss", "g_loss", "gp"} and np.isfinite(history.history["gp"]).all()
assert wgan.c_optimizer.iterations.numpy() == 12 and wgan.g_optimizer.iterations.numpy() == 6
assert np.abs(generator.layers[2].moving_mean.numpy() - moving).max() > 0
# the penalty against differences
penalty = wgan.gradient_penalty(4, tf.constant(images[:4]), tf.constant(images[4:8]))
assert penalty.numpy() >= 0
wgan.built = True
wgan.save_weights("wgan.weights.h5")
fresh = WGAN(get_critic(), get_generator(), latent_dim=5)
fresh.built = True
fresh.compile(keras.optimizers.Adam(), keras.optimizers.Adam(), None, None)
fresh.c_optimizer.build(fresh.critic.trainable_variables)
fresh.g_optimizer.build(fresh.generator.trainable_variables)
fresh.load_weights("wgan.weights.h5")
for a, b in zip(fresh.get_weights(), wgan.get_weights()):
    np.testing.assert_array_equal(a, b)
assert fresh.c_optimizer.iterations.numpy() == 12
# tape.jacobian and second derivatives through layers
x = tf.random.normal((3, 2))
dense = layers.Dense(2, activation="tanh")
with tf.GradientTape() as outer:
    outer.watch(x)
    with tf.GradientTape(persistent=True) as inner:
        inner.watch(x)
        y = dense(x)
    g = inner.gradient(y, x)
    j = inner.batch_jacobian(y, x)
gg = outer.gradient(g, x)
assert gg.shape == (3, 2) and j.shape == (3, 2, 2)
with tf.GradientTape() as tape:
    y = dense(x)
assert tape.jacobian(y, dense.kernel).shape == (3, 2, 2, 2)
with tf.GradientTape(watch_accessed_variables=False) as tape:
    tape.watch(dense.bias.value)
    y = tf.reduce_sum(dense(x))
assert tape.gradient(y, dense.bias.value) is not None
