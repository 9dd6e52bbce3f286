"""Files as Keras 2 writes them, for tests that read them: of every layer, optimizer and way of joining.

    python tests/saving/keras2_files.py

writes `fixtures/keras2/wide.zip` anew, or with names of models those. It runs where tf_keras 2.16 is
installed (`learnt`, `later` and `trained/SGD-plain` are of 2.21), in an environment of its own (`pip
install "tensorflow-cpu==2.16.*" "tf_keras==2.16.*"`), and imports nothing of this package. Of each model there are an `.h5` file, a `.keras` file, a file of weights, and what the
model gives for an input.
"""

from __future__ import annotations

import io
import json
import os
import sys
import tempfile
import zipfile
from typing import Any

import numpy as np

TARGET = os.path.join(os.path.dirname(__file__), "fixtures", "keras2", "wide.zip")

# Layers by the shape of what they take; each is a branch of one model, and an output of it.
LAYERS: dict[str, tuple[tuple[int, ...], str]] = {
    "flat": ((6,), """
        Activation("mish"); ActivityRegularization(l1=0.1); AlphaDropout(0.2); Dropout(0.3, noise_shape=(None, 6))
        BatchNormalization(momentum=0.9, center=False); BatchNormalization(renorm=True)
        Dense(3, activation="selu", kernel_initializer=K.initializers.VarianceScaling(0.5, "fan_avg", seed=3), kernel_regularizer=K.regularizers.L1L2(0.1, 0.2), bias_constraint=K.constraints.MaxNorm(2.0))
        Dense(2, kernel_regularizer=K.regularizers.OrthogonalRegularizer(0.1), kernel_constraint=K.constraints.MinMaxNorm(0.1, 0.9), bias_initializer=K.initializers.Constant(0.2))
        Dense(2, kernel_initializer=K.initializers.Orthogonal(0.5, seed=1), kernel_constraint=K.constraints.UnitNorm(), use_bias=False, activity_regularizer="l2")
        Dense(6, kernel_initializer=K.initializers.Identity(0.5), activation=K.activations.gelu, trainable=False)
        Dense(2, kernel_initializer=K.initializers.TruncatedNormal(0.1, 0.2, seed=4), kernel_constraint="non_neg", bias_regularizer="l1")
        EinsumDense("ab,bc->ac", output_shape=4, bias_axes="c", activation="hard_sigmoid"); ELU(0.7); Flatten(); GaussianDropout(0.1); GaussianNoise(0.2)
        Identity(); LayerNormalization(epsilon=0.01, scale=False); LeakyReLU(alpha=0.4); PReLU(alpha_initializer=K.initializers.RandomUniform(0, 1, seed=2)); ReLU(max_value=2.0, negative_slope=0.1, threshold=0.2)
        RepeatVector(2); Reshape((2, -1)); Softmax(); ThresholdedReLU(0.3); UnitNormalization(); GroupNormalization(3)
        Rescaling(0.5, offset=0.1); Normalization(mean=0.5, variance=2.0); Discretization([-0.5, 0.0, 0.5]); SpectralNormalization(K.layers.Dense(3))
        Activation(K.activations.softsign); Activation("exponential"); Activation("linear")
    """),
    "sequence": ((6, 4), """
        Conv1D(3, 2, dilation_rate=2, padding="causal", activation="elu"); Conv1D(4, 3, strides=2, groups=2); Conv1DTranspose(3, 3, strides=2); Convolution1D(2, 2); DepthwiseConv1D(2, depth_multiplier=2); SeparableConv1D(3, 2, depth_multiplier=2)
        AveragePooling1D(2); AvgPool1D(2, strides=1, padding="same"); MaxPooling1D(2); MaxPool1D(3); GlobalAveragePooling1D(); GlobalAveragePooling1D(keepdims=True); GlobalMaxPooling1D()
        Cropping1D((1, 2)); ZeroPadding1D(1); UpSampling1D(2); SpatialDropout1D(0.2); Permute((2, 1)); Masking(0.0)
        LSTM(3, return_sequences=True, dropout=0.1, recurrent_dropout=0.2); LSTM(2, unit_forget_bias=False, recurrent_activation="hard_sigmoid", go_backwards=True); GRU(3, reset_after=False); GRU(2, implementation=1, unroll=True); LSTM(2, zero_output_for_mask=True); SimpleRNN(3, recurrent_constraint="max_norm", kernel_regularizer="l2"); LSTM(2, time_major=False, stateful=False)
        RNN(K.layers.LSTMCell(3)); RNN([K.layers.GRUCell(2), K.layers.SimpleRNNCell(3)], return_sequences=True); RNN(K.layers.StackedRNNCells([K.layers.LSTMCell(2), K.layers.LSTMCell(2)]))
        Bidirectional(K.layers.LSTM(2)); Bidirectional(K.layers.GRU(2, return_sequences=True), merge_mode="sum", backward_layer=K.layers.LSTM(2, go_backwards=True, return_sequences=True)); Bidirectional(K.layers.RNN(K.layers.GRUCell(2)), merge_mode="ave"); Bidirectional(K.layers.SimpleRNN(2), merge_mode=None)
        TimeDistributed(K.layers.Dense(3, name="inner")); TimeDistributed(K.Sequential([K.layers.Dense(3), K.layers.ReLU()])); TimeDistributed(K.layers.Dropout(0.1)); LayerNormalization(axis=[1, 2]); BatchNormalization(axis=1); EinsumDense("...x,xy->...y", output_shape=3); Dense(2); LayerNormalization(axis=-1)
    """),
    "image": ((8, 8, 4), """
        Conv2D(3, (2, 3), strides=(1, 2), padding="same", activation="swish", data_format="channels_last"); Conv2D(4, 3, dilation_rate=2, use_bias=False); Conv2D(4, 3, groups=2); Conv2DTranspose(3, 3, strides=2, output_padding=1); Conv2DTranspose(2, 2, padding="same"); DepthwiseConv2D(3, depth_multiplier=2, activation="relu"); SeparableConv2D(3, 2, depthwise_regularizer="l2", pointwise_initializer="he_normal"); SeparableConvolution2D(2, 2); Convolution2DTranspose(2, 2)
        AveragePooling2D((2, 1), padding="same"); AvgPool2D(2); MaxPooling2D(2); MaxPool2D(3, strides=1); GlobalAveragePooling2D(); GlobalMaxPool2D(keepdims=True); Cropping2D(((1, 2), (0, 1))); ZeroPadding2D((1, 2)); UpSampling2D((2, 1)); UpSampling2D(2, interpolation="bilinear"); SpatialDropout2D(0.2)
        BatchNormalization(fused=True); BatchNormalization(axis=[3]); BatchNormalization(synchronized=True); GroupNormalization(2); PReLU(shared_axes=[1, 2])
        CenterCrop(4, 3); Resizing(5, 4); Resizing(5, 6, interpolation="nearest", crop_to_aspect_ratio=True); Rescaling(1 / 255.0); RandomFlip("horizontal", seed=3); RandomRotation(0.1); RandomZoom(0.1, (0.2, 0.3)); RandomTranslation(0.1, 0.1, fill_mode="wrap"); RandomContrast(0.2); RandomBrightness(0.1, value_range=(0, 1)); RandomCrop(8, 8); Normalization(axis=-1, mean=[0.0, 1.0, 2.0, 3.0], variance=[1.0, 2.0, 1.0, 2.0]); Normalization(axis=None)
        ConvLSTM1D(2, 2, return_sequences=True); TimeDistributed(K.layers.Conv1D(2, 2))
    """),
    "volume": ((4, 6, 6, 2), """
        Conv3D(2, 2); Conv3DTranspose(2, 2, strides=2); AveragePooling3D(2); MaxPooling3D(2); GlobalAveragePooling3D(); GlobalMaxPooling3D(); Cropping3D(1); ZeroPadding3D(1); UpSampling3D(2); SpatialDropout3D(0.3); ConvLSTM2D(2, 2, padding="same", return_sequences=True); ConvLSTM2D(2, 2, go_backwards=True); TimeDistributed(K.layers.Conv2D(2, 2)); Bidirectional(K.layers.ConvLSTM2D(2, 2)); BatchNormalization()
    """),
    "ids": ((5,), """
        Embedding(9, 3, mask_zero=True); Embedding(9, 2, input_length=5, embeddings_constraint="unit_norm"); CategoryEncoding(9, output_mode="multi_hot"); Hashing(4); Hashing(5, salt=3, output_mode="multi_hot"); IntegerLookup(vocabulary=[2, 4, 6]); IntegerLookup(vocabulary=[1, 3], output_mode="count", num_oov_indices=2)
        IntegerLookup(vocabulary=[2, 4, 5], output_mode="tf_idf", idf_weights=[0.2, 0.4, 0.6]); IntegerLookup(vocabulary=[2, 4, 6], mask_token=0, output_mode="multi_hot", pad_to_max_tokens=True, max_tokens=6) ; CategoryEncoding(9, output_mode="count")
    """),
    "words": ((1,), """
        StringLookup(vocabulary=["a", "b", "c d"]); StringLookup(vocabulary=["a", "b"], num_oov_indices=2, output_mode="multi_hot", mask_token=""); TextVectorization(vocabulary=["a", "b", "d"], output_sequence_length=4); TextVectorization(vocabulary=["a", "b"], output_mode="count"); TextVectorization(vocabulary=["a", "b", "d"], idf_weights=[0.1, 0.2, 0.3], output_mode="tf_idf"); TextVectorization(vocabulary=["a b", "a", "b"], ngrams=2, standardize="lower", split="whitespace", output_mode="multi_hot"); Hashing(3)
        StringLookup(vocabulary=["a", "b"], invert=False, output_mode="one_hot", sparse=False)
    """),
}  # fmt: skip


def layers_model(K: Any, kind: str, only: int | None = None) -> tuple[Any, list[Any]]:
    """The layers of one kind side by side (or one of them), and an input for them."""
    shape, text = LAYERS[kind]
    dtype = {"ids": "int64", "words": "string"}.get(kind, "float32")
    x = K.Input(shape, dtype=dtype, name=f"{kind}_in")
    calls = [c.strip() for line in text.strip().split("\n") for c in line.split(";") if c.strip()]
    calls = calls if only is None else calls[only : only + 1]
    outputs = []
    for call in calls:
        layer = eval(f"K.layers.{call}", {"K": K})
        if call == "Normalization(axis=None)":
            layer.adapt(np.arange(8 * 8 * 4, dtype="float32").reshape(1, 8, 8, 4))
        outputs.append(layer(x))
    return K.Model(x, outputs, name=kind), [draw(kind, shape)]


def draw(kind: str, shape: tuple[int, ...]) -> Any:
    rng = np.random.default_rng(0)
    if kind == "ids":
        return rng.integers(0, 9, (3, *shape))
    if kind == "words":
        return np.array([["a b z"], ["b"], ["D, a!"]])
    return rng.normal(size=(2, *shape)).astype("float32")


def graphs(K: Any, tf: Any) -> dict[str, Any]:
    """Ways of putting models together; each gives a model and its inputs."""
    L, rng = K.layers, np.random.default_rng(1)

    def table(*shape: int) -> Any:
        return rng.normal(size=(3, *shape)).astype("float32")

    def merges() -> Any:
        a, b = K.Input((4,), name="a"), K.Input((4,), name="b")
        kinds = (L.Add, L.Subtract, L.Multiply, L.Average, L.Maximum, L.Minimum, L.Concatenate)
        out = [kind()([a, b]) for kind in kinds]
        out += [L.Dot(1)([a, b]), L.Dot(1, normalize=True)([a, b]), L.Add()([a, b, a])]
        out.append(L.concatenate([L.Reshape((2, 2))(a), L.Reshape((2, 2))(b)], axis=1))
        return K.Model([a, b], out), [table(4), table(4)]

    def attention() -> Any:
        a, b = K.Input((5, 4)), K.Input((6, 4))
        out = [L.Attention(use_scale=True)([a, b]), L.Attention(score_mode="concat")([a, b, b])]
        out += [L.AdditiveAttention()([a, b]), L.MultiHeadAttention(2, 3)(a, b)]
        out += L.MultiHeadAttention(2, 3, value_dim=2, output_shape=5, use_bias=False)(
            a, b, return_attention_scores=True, use_causal_mask=True
        )
        return K.Model([a, b], out), [table(5, 4), table(6, 4)]

    def nested() -> Any:
        first, second = K.Input((4,)), K.Input((4,))
        shared = L.Dense(4, activation="relu")
        inner_in = [K.Input((4,)), K.Input((4,))]
        inner = K.Model(
            inner_in, [L.Dense(4, activation="relu")(inner_in[0]), L.Add()(inner_in)], name="inner"
        )
        stack = K.Sequential([L.InputLayer((4,)), L.Dense(3), L.Dropout(0.1)], name="stack")
        deep_in = K.Input((4,))
        deep = K.Model(
            deep_in,
            K.Sequential(
                [K.Sequential([L.InputLayer((4,)), L.Dense(3)]), L.Dense(2)], name="outer"
            )(deep_in),
            name="deep",
        )
        p, q = inner([first, second])
        r, s = inner([q, first])
        out = [deep(p), stack(r), stack(s), shared(second), deep(s)]
        return K.Model([first, second], out), [table(4), table(4)]

    def across() -> Any:
        tied, embed = L.Dense(4, name="tied"), L.Dense(4, name="embed")
        stack = K.Sequential([L.InputLayer((4,)), tied, L.ReLU()], name="stack")
        start, between, x = (K.Input((4,)) for _ in range(3))
        inner = K.Model(start, embed(start), name="inner")
        middle = K.Model(between, [inner(between), inner(inner(between))], name="middle")
        p, q = middle(stack(x))
        return K.Model(x, [tied(p), stack(q), inner(q), embed(x)]), [table(4)]

    def dicts() -> Any:
        x = {"a": K.Input((4,), name="a"), "b": K.Input((3,), name="b")}
        out = {"one": L.Dense(2, name="one")(x["a"]), "two": L.Dense(2, name="two")(x["b"])}
        return K.Model(x, out), {"a": table(4), "b": table(3)}

    def rnn_states() -> Any:
        x, h, c = K.Input((5, 3)), K.Input((4,)), K.Input((4,))
        y, *states = L.LSTM(4, return_state=True, return_sequences=True)(x, initial_state=[h, c])
        z = L.LSTM(4)(x, initial_state=states)
        g, gs = L.GRU(4, return_state=True)(y)
        both = L.Bidirectional(L.LSTM(2, return_state=True))(x)
        again = L.RNN([L.LSTMCell(4), L.GRUCell(4)])(x, initial_state=[states, gs])
        return K.Model([x, h, c], [y, z, g, *both, again]), [table(5, 3), table(4), table(4)]

    def learnt() -> Any:
        x = K.Input((1,), dtype="int64")
        lookup = L.IntegerLookup(output_mode="multi_hot")
        lookup.adapt(np.array([[3], [5], [5], [8]]))
        return K.Model(x, L.Dense(2)(lookup(x))), [np.array([[5], [8], [4]])]

    def later() -> Any:
        x = K.Input((4, 4, 3))
        y = L.RandomFlip()(L.RandomRotation(0.1)(L.RandomContrast(0.1)(L.RandomZoom(0.1)(x))))
        y, *states = L.Bidirectional(L.GRU(3, return_state=True))(L.Reshape((4, 12))(y))
        again = L.Bidirectional(L.GRU(3))(L.Reshape((4, 12))(x), initial_state=states)
        return K.Model(x, [y, again]), [table(4, 4, 3)]

    def masked() -> Any:
        x = K.Input((6,), dtype="int32")
        e = L.Embedding(9, 4, mask_zero=True)(x)
        y = L.Bidirectional(L.LSTM(3, return_sequences=True))(e)
        y = L.TimeDistributed(L.Dense(4))(y)
        z = L.Attention()([y, e])
        out = [L.GlobalAveragePooling1D()(y), L.GRU(3)(L.Masking()(z)), L.Concatenate()([y, e])]
        numbers = np.array([[1, 2, 3, 0, 0, 0], [4, 5, 6, 7, 8, 1]], "int32")
        return K.Model(x, out), [numbers]

    def operators() -> Any:
        x, y = K.Input((4, 3), name="x"), K.Input((4, 3), name="y")
        out = [x + y, x - 1.0, 2.0 * y, x / (y + 9.0), 1.0 / (x + 9.0), x**2.0, -x, abs(y), 1.0 - x]
        out += [tf.cast(x > 0, "float32"), tf.cast(x <= y, "float32")]
        out += [x[:, 1:], x[..., ::2], x[:, 0, None], x[:, -1], x[:, tf.newaxis, 1:3, ::-1]]
        out += [tf.matmul(x, y, transpose_b=True), x @ tf.ones((3, 2)), x // 0.5, x % 0.7]
        out += [tf.cast((x > 0) & (y > 0), "int32"), tf.cast((x > 0) | ~(y > 0), "int32")]
        return K.Model([x, y], out), [table(4, 3), table(4, 3)]

    def functions() -> Any:
        x, y = K.Input((4, 3), name="x"), K.Input((4, 3), name="y")
        m = tf.math
        out = [tf.concat([x, y], axis=-1), tf.stack([x, y], 1), tf.reshape(x, (-1, 12))]
        out += [
            tf.expand_dims(x, 1),
            tf.squeeze(tf.expand_dims(x, -1), axis=-1),
            tf.tile(x, [1, 2, 1]),
        ]
        out += [tf.transpose(x, [0, 2, 1]), tf.clip_by_value(x, -0.3, 0.4), tf.identity(y)]
        out += [
            tf.stop_gradient(x),
            tf.add_n([x, y, x]),
            tf.where(x > 0, x, y),
            tf.pad(x, [[0, 0], [1, 2], [0, 0]]),
        ]
        out += [
            m.reduce_mean(x, axis=1),
            m.reduce_sum(x, axis=[1, 2]),
            m.reduce_max(x, -1, keepdims=True),
        ]
        out += [
            m.reduce_min(x, 1),
            m.reduce_prod(x, 1),
            m.reduce_std(x, 1),
            m.reduce_variance(x, 1),
        ]
        out += [
            m.reduce_any(x > 0, 1),
            m.reduce_all(x > 0, 1),
            m.reduce_logsumexp(x, 1),
            m.cumsum(x, axis=1),
        ]
        out += [
            m.argmax(x, axis=-1),
            m.argmin(x, axis=1),
            m.l2_normalize(x, axis=-1),
            tf.norm(x, axis=-1),
        ]
        for name in ("sqrt", "log", "rsqrt", "log1p", "reciprocal"):
            out.append(getattr(m, name)(abs(x) + 0.5))
        for name in (
            "square",
            "exp",
            "sin",
            "cos",
            "tan",
            "tanh",
            "sigmoid",
            "softplus",
            "sign",
            "floor",
            "ceil",
            "round",
            "abs",
            "negative",
            "erf",
            "expm1",
            "atan",
            "sinh",
            "cosh",
            "asinh",
        ):
            out.append(getattr(m, name)(x))
        for name in (
            "maximum",
            "minimum",
            "add",
            "subtract",
            "multiply",
            "divide",
            "atan2",
            "squared_difference",
            "divide_no_nan",
        ):
            out.append(getattr(m, name)(x, y))
        out += [
            m.pow(x, 2.0),
            m.greater(x, y),
            m.less_equal(x, y),
            m.logical_and(x > 0, y > 0),
            m.logical_not(x > 0),
        ]
        for name in (
            "relu",
            "relu6",
            "softmax",
            "sigmoid",
            "tanh",
            "gelu",
            "silu",
            "elu",
            "selu",
            "leaky_relu",
            "softsign",
            "softplus",
            "log_softmax",
            "swish",
        ):
            out.append(getattr(tf.nn, name)(x))
        out += [tf.nn.softmax(x, axis=1), tf.nn.leaky_relu(x, alpha=0.4), tf.nn.l2_normalize(x, 1)]
        out += [tf.one_hot(m.argmax(x, -1), 3), tf.gather(x, [2, 0], axis=1), tf.reverse(x, [1])]
        out += [
            *tf.split(x, 2, axis=1),
            *tf.unstack(x, axis=1),
            tf.ones_like(x),
            tf.zeros_like(x),
            tf.roll(x, 1, 1),
            tf.sort(x, 1),
            tf.repeat(x, 2, axis=1),
        ]
        out += [
            tf.boolean_mask(x, [True, False, True, True], axis=1),
            tf.broadcast_to(x[:1], (3, 4, 3)),
            tf.linalg.matmul(x, y, transpose_a=True),
            tf.tensordot(x, y, [[1, 2], [1, 2]]),
            tf.nn.top_k(x, 2)[0],
        ]
        out += [
            tf.nn.bias_add(x, tf.ones(3)),
            tf.nn.avg_pool1d(x, 2, 1, "SAME"),
            tf.slice(x, [0, 1, 0], [-1, 2, 2]),
        ]
        return K.Model([x, y], out), [table(4, 3), table(4, 3)]

    def pictures() -> Any:
        x = K.Input((6, 6, 3), name="x")
        out = [
            tf.image.resize(x, (4, 3)),
            tf.image.flip_left_right(x),
            tf.nn.space_to_depth(x, 2),
            tf.nn.depth_to_space(tf.concat([x, x[..., :1]], -1), 2),
        ]
        out += [
            tf.nn.max_pool2d(x, 2, 2, "VALID"),
            tf.nn.avg_pool2d(x, 2, 1, "SAME"),
            tf.nn.conv2d(x, tf.ones((2, 2, 3, 2)), 1, "SAME"),
            tf.image.rgb_to_grayscale(x),
            K.backend.mean(x, axis=[1, 2]),
            K.backend.l2_normalize(x, -1),
            K.activations.relu(x, max_value=0.5),
            K.backend.concatenate([x, x]),
        ]
        return K.Model(x, out), [table(6, 6, 3)]

    def mixed() -> Any:
        x = K.Input((4,), name="x")
        y = L.Dense(4, activation="relu", dtype="mixed_bfloat16")(x)
        y = L.LayerNormalization(dtype=K.mixed_precision.Policy("mixed_float16"))(y)
        y = L.Dense(3, dtype="float64")(y)
        return K.Model(x, L.Dense(2, dtype="float32")(y)), [table(4)]

    def sequential() -> Any:
        model = K.Sequential(
            [L.Dense(4, input_shape=(5, 3), activation="tanh"), L.Flatten(), L.Dense(2)]
        )
        return model, [table(5, 3)]

    def embedding_first() -> Any:
        model = K.Sequential([L.Embedding(9, 3, input_length=5), L.LSTM(2), L.Dense(1, "sigmoid")])
        return model, [rng.integers(0, 9, (3, 5))]

    def deferred() -> Any:
        model = K.Sequential([L.Conv1D(3, 2), L.GlobalMaxPooling1D(), L.Dense(1)])
        model.build((None, 6, 2))
        return model, [table(6, 2)]

    def multi_call_shared() -> Any:
        x = [K.Input((5, 3), name=f"x{i}") for i in range(3)]
        encode = K.Sequential(
            [L.Input((5, 3)), L.Conv1D(4, 2), L.GlobalMaxPooling1D()], name="encode"
        )
        e = [encode(v) for v in x]
        d = [L.Subtract(name=f"s{i}")([e[0], e[i]]) for i in (1, 2)]
        gate = L.Dense(4, activation="sigmoid", name="gate")
        out = [L.Multiply()([gate(v), v]) for v in d]
        return K.Model(x, out), [table(5, 3) for _ in x]

    made = locals()
    skip = ("K", "L", "tf", "rng", "table")
    return {k: v for k, v in made.items() if callable(v) and k not in skip}


# Optimizers as they are called in the file's name; "legacy" ones are of before 2.11.
OPTIMIZERS = {
    "SGD-plain": 'O.SGD(0.01)',
    "SGD": 'O.SGD(0.01, momentum=0.9, nesterov=True, weight_decay=0.01)',
    "Adam": 'O.Adam(0.01, clipnorm=1.0)',
    "Adam-amsgrad": 'O.Adam(O.schedules.ExponentialDecay(0.01, 10, 0.9, staircase=True), amsgrad=True)',
    "AdamW": 'O.AdamW(0.01, weight_decay=0.1)',
    "Adam-averaged": 'O.Adam(0.01, use_ema=True, ema_momentum=0.9)',
    "RMSprop": 'O.RMSprop(0.01, momentum=0.5, centered=True)',
    "Adagrad": 'O.Adagrad(0.01)',
    "Adadelta": 'O.Adadelta(0.5)',
    "Adamax": 'O.Adamax(0.01)',
    "Nadam": 'O.Nadam(0.01)',
    "Ftrl": 'O.Ftrl(0.01, l1_regularization_strength=0.01)',
    "Lion": 'O.Lion(0.01)',
    "Adafactor": 'O.Adafactor(0.01)',
    "LossScale": 'K.mixed_precision.LossScaleOptimizer(O.Adam(0.01))',
    "legacy-SGD": 'O.legacy.SGD(0.01, momentum=0.9, decay=0.1)',
    "legacy-Adam": 'O.legacy.Adam(0.01)',
    "legacy-RMSprop": 'O.legacy.RMSprop(O.schedules.PiecewiseConstantDecay([1, 5], [0.1, 0.01, 0.001]), momentum=0.5)',
    "legacy-Adagrad": 'O.legacy.Adagrad(0.01)',
    "legacy-Adadelta": 'O.legacy.Adadelta(0.5)',
    "legacy-Adamax": 'O.legacy.Adamax(0.01)',
    "legacy-Nadam": 'O.legacy.Nadam(0.01)',
    "legacy-Ftrl": 'O.legacy.Ftrl(0.01)',
}  # fmt: skip
X = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
Y = np.random.default_rng(1).normal(size=(8, 2)).astype("float32")


def trained_model(K: Any, optimizer: str) -> Any:
    model = K.Sequential([K.Input((3,)), K.layers.Dense(4, "tanh"), K.layers.Dense(2)], name="m")
    randomize(model)
    model.compile(eval(OPTIMIZERS[optimizer], {"K": K, "O": K.optimizers}), "mse", metrics=["mae"])
    return model


def train(model: Any) -> None:
    """Two epochs of two steps, in order."""
    model.fit(X, Y, batch_size=4, epochs=2, shuffle=False, verbose=0)


LOSSES = """mse; mae; mean_squared_logarithmic_error; mape; huber; log_cosh; cosine_similarity; poisson; kl_divergence
    binary_crossentropy; hinge; squared_hinge; categorical_hinge; categorical_crossentropy; binary_focal_crossentropy
    BinaryCrossentropy(from_logits=False, label_smoothing=0.1); BinaryFocalCrossentropy(gamma=1.5); CategoricalCrossentropy(label_smoothing=0.2)
    CategoricalFocalCrossentropy(alpha=0.3); CategoricalHinge(); CosineSimilarity(axis=-1); Hinge(); Huber(delta=0.5); KLDivergence(); LogCosh()
    MeanAbsoluteError(reduction="sum"); MeanSquaredError(reduction=K.losses.Reduction.AUTO, name="own"); MeanAbsolutePercentageError(); MeanSquaredLogarithmicError(); Poisson(); SquaredHinge()"""
METRICS = """accuracy; mse; AUC; AUC(name="pr", num_thresholds=7, curve="PR"); Precision(thresholds=0.3); Recall(top_k=1); TruePositives(); FalseNegatives(thresholds=[0.2, 0.5]); PrecisionAtRecall(0.5, num_thresholds=9); SpecificityAtSensitivity(0.5, num_thresholds=9)
    BinaryAccuracy(threshold=0.4, name="over"); CategoricalAccuracy(); TopKCategoricalAccuracy(k=1); BinaryCrossentropy(label_smoothing=0.1); CategoricalCrossentropy(); CategoricalHinge(); CosineSimilarity(); F1Score(average="micro"); FBetaScore(beta=0.5, threshold=0.4)
    KLDivergence(); LogCoshError(); MeanAbsoluteError(); MeanSquaredError(name="own"); MeanAbsolutePercentageError(); RootMeanSquaredError(); Poisson(); R2Score(); BinaryIoU(target_class_ids=[1], threshold=0.4); Hinge(); SquaredHinge(); OneHotMeanIoU(num_classes=2); OneHotIoU(2, [0])"""


def measured(K: Any) -> Any:
    """A model of an output for each loss, with all metrics on the first."""
    losses, metrics = (
        [p.strip() for line in text.split("\n") for p in line.split(";")]
        for text in (LOSSES, METRICS)
    )

    def made(text: str, module: Any) -> Any:
        return eval(f"module.{text}", {"K": K, "module": module}) if "(" in text else text

    x = K.Input((2,), name="x")
    dense = K.layers.Rescaling(1.0)(K.layers.Dense(2, activation="softmax")(x))  # hides its logits
    outputs = [K.layers.Activation("linear", name=f"o{i}")(dense) for i in range(len(losses))]
    model = K.Model(x, outputs)
    randomize(model)
    model.compile(
        "sgd", [made(text, K.losses) for text in losses], loss_weights=[0.5] * len(losses),
        metrics=[[made(text, K.metrics) for text in metrics]] + [[] for _ in losses[1:]],
        weighted_metrics=[[] for _ in losses[1:]] + [["mae"]],
    )  # fmt: skip
    return model


PM = np.array([[0.2, 0.8], [0.7, 0.3], [0.6, 0.4], [0.9, 0.1]], "float32")
TARGET_CLASSES = np.array([[0, 1], [1, 0], [0, 1], [1, 0]], "float32")


def randomize(model: Any) -> None:
    """Fixed values for all weights but those that were learnt from data."""
    rng = np.random.default_rng(5)
    kept = {id(w) for x in model.layers if hasattr(x, "adapt") for w in x.weights}
    for w in model.weights:
        if id(w) not in kept and getattr(w, "dtype", None) is not None and w.dtype.is_floating:
            w.assign(rng.uniform(0.1, 0.9, w.shape))


def main() -> None:
    os.environ.update(TF_USE_LEGACY_KERAS="1", TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="")
    import tensorflow as tf  # pyright: ignore[reportMissingImports]
    import tf_keras as K  # pyright: ignore[reportMissingImports]

    models = {kind: lambda kind=kind: layers_model(K, kind) for kind in LAYERS} | graphs(K, tf)
    wanted = sys.argv[1:]
    mode: Any = "a" if wanted else "w"
    with zipfile.ZipFile(TARGET, mode, zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, make in models.items():
            if wanted and name not in wanted:
                continue
            K.backend.clear_session()
            model, x = make()
            randomize(model)
            given: Any = x if isinstance(x, dict) or len(x) > 1 else x[0]
            given = tf.constant(given) if name == "words" else given
            found = [
                tf.cast(y, "float32").numpy() for y in tf.nest.flatten(model(given, training=False))
            ]
            held = {f"y{i:03d}": y for i, y in enumerate(found)}
            more = x if isinstance(x, dict) else {str(i): value for i, value in enumerate(x)}
            _pack(archive, name, model, held | {f"x_{k}": v for k, v in more.items()})
        for name in OPTIMIZERS:
            if wanted and f"trained/{name}" not in wanted:
                continue
            K.backend.clear_session()
            model = trained_model(K, name)
            train(model)
            _pack(archive, f"trained/{name}", model)
            train(model)
            held = {f"w{i}": w.numpy() for i, w in enumerate(model.weights)}
            archive.writestr(f"trained/{name}.npz", _npz(held))
        if wanted:
            return
        K.backend.clear_session()
        model = measured(K)
        logs = model.evaluate(
            PM, [TARGET_CLASSES] * len(model.outputs), verbose=0, return_dict=True
        )
        _pack(archive, "measured", model)
        values = {key: np.asarray(value).tolist() for key, value in logs.items()}
        archive.writestr("measured.json", json.dumps(values))


def _npz(arrays: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()


def _pack(archive: Any, name: str, model: Any, held: dict[str, Any] | None = None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "x")
        # Keras 2 cannot write an ellipsis into a .keras file; and after an .h5 file it does not
        # write into one which layers are shared.
        forms = [".h5"] if name in ("operators", "pictures") else [".keras", ".h5"]
        forms = [".keras"] if name == "learnt" else forms  # nor a vocabulary into an .h5 file
        for form in forms:
            model.save(path + form)
        if name in ("attention", "nested"):
            model.save_weights(f"{path}.weights.h5")
            forms.append(".weights.h5")
        for form in forms:
            archive.write(path + form, name + form)
    if held is not None:
        archive.writestr(f"{name}.npz", _npz(held))


if __name__ == "__main__":
    main()
