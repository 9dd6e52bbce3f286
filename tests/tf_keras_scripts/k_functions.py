"""The functions of K that scripts use most, each against NumPy."""
import numpy as np
from tensorflow.keras import backend as K

rng = np.random.RandomState(0)
x = rng.rand(3, 4).astype("float32")
y = rng.rand(4, 2).astype("float32")


def v(t):
    return K.eval(t) if not isinstance(t, np.ndarray) else t


def close(a, b):
    np.testing.assert_allclose(v(a), b, rtol=1e-4, atol=1e-5)


kx, ky = K.constant(x), K.variable(y)
close(K.dot(kx, ky), x @ y)
close(K.batch_dot(K.ones((2, 3, 4)), K.ones((2, 4, 5))), np.full((2, 3, 5), 4.0))
close(K.transpose(kx), x.T)
close(K.gather(kx, np.array([0, 2])), x[[0, 2]])
for name, f in {"max": np.max, "min": np.min, "sum": np.sum, "prod": np.prod, "std": np.std, "var": np.var, "mean": np.mean}.items():
    close(getattr(K, name)(kx, axis=1), f(x, axis=1))
    close(getattr(K, name)(kx, axis=-1, keepdims=True), f(x, axis=-1, keepdims=True))
close(K.cumsum(kx, axis=1), x.cumsum(1))
close(K.cumprod(kx, axis=1), x.cumprod(1))
close(K.argmax(kx, axis=-1), x.argmax(-1))
close(K.argmin(kx, axis=-1), x.argmin(-1))
for name in ("square", "abs", "sqrt", "exp", "log", "round", "sign", "sin", "cos"):
    close(getattr(K, name)(kx), getattr(np, name)(x))
close(K.logsumexp(kx, axis=1), np.log(np.exp(x).sum(1)))
close(K.clip(kx, 0.2, 0.5), x.clip(0.2, 0.5))
close(K.pow(kx, 2), x**2)
for name, f in {"equal": np.equal, "not_equal": np.not_equal, "greater": np.greater, "greater_equal": np.greater_equal, "less": np.less, "less_equal": np.less_equal}.items():
    assert (v(getattr(K, name)(kx, 0.5)) == f(x, 0.5)).all()
close(K.maximum(kx, 0.5), np.maximum(x, 0.5))
close(K.minimum(kx, 0.5), np.minimum(x, 0.5))
assert v(K.any(K.greater(kx, 0.5), axis=0)).dtype == bool and v(K.all(K.greater(kx, -1)))
close(K.concatenate([kx, kx], axis=0), np.concatenate([x, x]))
close(K.reshape(kx, (2, 6)), x.reshape(2, 6))
close(K.repeat(kx, 3), np.repeat(x[:, None], 3, axis=1))
close(K.tile(kx, [2, 1]), np.tile(x, (2, 1)))
close(K.expand_dims(kx), x[..., None])
close(K.squeeze(K.expand_dims(kx, 0), 0), x)
close(K.stack([kx, kx], axis=1), np.stack([x, x], 1))
close(K.one_hot(K.constant([0, 2], dtype="int32"), 3), np.eye(3)[[0, 2]])
close(K.reverse(kx, 0), x[::-1])
close(K.arange(0, 5, 2), np.arange(0, 5, 2))
close(K.zeros((2, 2)), np.zeros((2, 2)))
close(K.ones_like(kx), np.ones_like(x))
close(K.zeros_like(kx), np.zeros_like(x))
close(K.eye(3), np.eye(3))
close(K.switch(K.greater(kx, 0.5), kx, K.zeros_like(kx)), np.where(x > 0.5, x, 0))
close(K.in_train_phase(kx, K.zeros_like(kx), training=True), x)
close(K.in_test_phase(kx, K.zeros_like(kx), training=True), 0 * x)
close(K.relu(kx - 0.5), np.maximum(x - 0.5, 0))
close(K.relu(kx - 0.5, alpha=0.1), np.where(x > 0.5, x - 0.5, (x - 0.5) * 0.1))
close(K.elu(kx), x)
close(K.sigmoid(kx), 1 / (1 + np.exp(-x)))
close(K.hard_sigmoid(K.zeros((2,))), [0.5, 0.5])
close(K.tanh(kx), np.tanh(x))
close(K.softplus(kx), np.log1p(np.exp(x)))
close(K.softsign(kx), x / (1 + x))
close(v(K.softmax(kx)).sum(-1), np.ones(3))
assert v(K.dropout(kx, 0.5)).shape == x.shape
close(K.l2_normalize(kx, axis=1), x / np.linalg.norm(x, axis=1, keepdims=True))
assert K.shape(kx)[0] == 3 and K.int_shape(kx) == (3, 4) and K.ndim(kx) == 2 and K.dtype(kx) == "float32" and K.count_params(ky) == 8
assert K.image_data_format() == "channels_last" and K.floatx() == "float32" and K.epsilon() == 1e-7 and K.backend() in ("tensorflow", "jax", "torch")
images = rng.rand(2, 6, 6, 3).astype("float32")
kernel = rng.rand(3, 3, 3, 2).astype("float32")
assert v(K.conv2d(K.constant(images), K.constant(kernel), padding="same")).shape == (2, 6, 6, 2)
assert v(K.pool2d(K.constant(images), (2, 2), strides=(2, 2), pool_mode="max")).shape == (2, 3, 3, 3)
assert v(K.resize_images(K.constant(images), 2, 2, "channels_last")).shape == (2, 12, 12, 3)
assert v(K.spatial_2d_padding(K.constant(images))).shape == (2, 8, 8, 3)
assert v(K.bias_add(K.constant(images), K.constant([1.0, 2.0, 3.0]))).shape == images.shape
assert v(K.truncated_normal((2, 2))).shape == (2, 2) and v(K.random_bernoulli((3,), p=0.5)).shape == (3,)
assert v(K.random_uniform_variable((2, 2), 0, 1)).shape == (2, 2)
close(K.map_fn(lambda t: t * 2, kx), x * 2)
close(K.foldl(lambda a, t: a + t, kx), x.sum(0))
close(K.in_top_k(K.constant([[0.1, 0.9], [0.8, 0.2]]), K.constant([1, 1], dtype="int32"), 1), [True, False])
with K.name_scope("scope"):
    close(K.stop_gradient(kx), x)
assert K.is_sparse(kx) is False
K.set_value(ky, y * 0)
assert not K.get_value(ky).any()
K.set_epsilon(1e-6)
assert K.epsilon() == 1e-6
K.set_epsilon(1e-7)
close(K.binary_crossentropy(K.constant([1.0]), K.constant([0.5])), [np.log(2)])
v_ = K.variable([1.0])
K.moving_average_update(v_, K.constant([0.0]), 0.9)
close(K.get_value(v_), [0.9])
mean = K.get_uid("thing")
assert K.get_uid("thing") == mean + 1
K.clear_session()
