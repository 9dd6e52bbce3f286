"""A convolutional autoencoder; encoder and decoder of its layers; noise; a deep one on the side."""
import numpy as np
from tensorflow.keras import layers, losses
from tensorflow.keras.models import Model, Sequential
import tensorflow.keras as keras


class Denoise(Model):
    def __init__(self):
        super(Denoise, self).__init__()
        self.encoder = Sequential([
            layers.Input(shape=(8, 8, 1)),
            layers.Conv2D(4, (3, 3), activation='relu', padding='same', strides=2),
            layers.Conv2D(2, (3, 3), activation='relu', padding='same', strides=2)])
        self.decoder = Sequential([
            layers.Conv2DTranspose(2, kernel_size=3, strides=2, activation='relu', padding='same'),
            layers.Conv2DTranspose(4, kernel_size=3, strides=2, activation='relu', padding='same'),
            layers.Conv2D(1, kernel_size=(3, 3), activation='sigmoid', padding='same')])

    def call(self, x):
        encoded = self.encoder(x)
        decoded = self.decoder(encoded)
        return decoded


x = np.random.RandomState(0).rand(16, 8, 8, 1).astype("float32")
noisy = x + 0.2 * np.random.RandomState(1).normal(loc=0.0, scale=1.0, size=x.shape)
autoencoder = Denoise()
autoencoder.compile(optimizer='adam', loss=losses.MeanSquaredError())
autoencoder.fit(noisy, x, epochs=2, shuffle=True, validation_data=(noisy, x), verbose=0)
lines = []
autoencoder.encoder.summary(print_fn=lambda line, **kw: lines.append(line))
assert any("conv2d" in line for line in lines)
encoded_imgs = autoencoder.encoder.predict(x, verbose=0)
assert encoded_imgs.shape == (16, 2, 2, 2)
decoded_imgs = autoencoder.decoder.predict(encoded_imgs, verbose=0)
assert decoded_imgs.shape == (16, 8, 8, 1)

# the classic: one functional model, the decoder by its last layer
input_img = keras.Input(shape=(12,))
encoded = layers.Dense(4, activation='relu', activity_regularizer=keras.regularizers.l1(10e-5))(input_img)
decoded = layers.Dense(12, activation='sigmoid')(encoded)
deep = keras.Model(input_img, decoded)
encoder = keras.Model(input_img, encoded)
encoded_input = keras.Input(shape=(4,))
decoder_layer = deep.layers[-1]
decoder = keras.Model(encoded_input, decoder_layer(encoded_input))
deep.compile(optimizer='adam', loss='binary_crossentropy')
flat = np.random.RandomState(0).rand(16, 12)
deep.fit(flat, flat, epochs=1, batch_size=8, verbose=0)
np.testing.assert_allclose(decoder.predict(encoder.predict(flat, verbose=0), verbose=0), deep.predict(flat, verbose=0), atol=1e-5)
