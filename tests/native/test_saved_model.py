"""`tf.saved_model.save` of models: the signature that serving looks for, and what is not in it."""

import subprocess
import sys

import numpy as np
import pytest

import keras_core as keras
from keras_core.backends.select import backend

pytestmark = pytest.mark.skipif(backend.name != "tensorflow", reason="TensorFlow's own files")

if backend.name == "tensorflow":
    import tensorflow as tf


def functional(k):
    x = k.Input((3,), name="left")
    return k.Model(x, k.layers.Dense(2)(k.layers.Dropout(0.5)(x)))


def lists(k):
    a, b = k.Input((3,), name="left"), k.Input((2,), name="right", dtype="int32")
    return k.Model([a, b], [k.layers.Dense(2)(a), k.layers.Dense(1)(b)])


def dicts(k):
    a, b = k.Input((3,), name="right"), k.Input((2,), name="left")
    inputs = {"right": a, "left": b}
    return k.Model(inputs, {"u": k.layers.Dense(2)(a), "n": k.layers.Dense(1)(b)})


def sequential(k):
    model = k.Sequential([k.layers.Dense(2), k.layers.BatchNormalization()])
    model.build((None, 3))
    return model


def unbuilt(k):
    return k.Sequential([k.layers.Dense(2)])


def fitted(k):
    model = k.Sequential([k.layers.Dense(2)])
    model.compile("sgd", "mse")
    model.fit(np.ones((4, 3), "float32"), np.ones((4, 2), "float32"), verbose=0)
    return model


def strings(k):
    x = k.Input((), dtype="string")
    return k.Model(x, k.layers.StringLookup(vocabulary=["a", "b"])(x))


def fixed(k):
    x = k.Input(batch_shape=(4, 3))
    return k.Model(x, k.layers.Dense(1)(x))


def sparse(k):
    x = k.Input((3,), sparse=True)
    return k.Model(x, k.layers.Dense(2)(x))


def nested(k):
    x = k.Input((3,))
    return k.Model(x, k.layers.Dense(1)(k.Sequential([k.Input((3,)), k.layers.Dense(4)])(x)))


def layer(k):
    return k.layers.Dense(2)


def saved_signatures(model, folder):
    tf.saved_model.save(model, str(folder))
    return tf.saved_model.load(str(folder)).signatures


def described(signatures):
    return {
        name: (
            {k: (tuple(s.shape), s.dtype) for k, s in f.structured_input_signature[1].items()},
            {k: (tuple(s.shape), s.dtype) for k, s in f.structured_outputs.items()},
        )
        for name, f in signatures.items()
    }


@pytest.mark.filterwarnings("ignore:.*__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize(
    "make",
    [functional, lists, dicts, sequential, unbuilt, fitted, strings, fixed, sparse, nested, layer],
)
def test_signature_is_keras_s(make, tmp_path):
    import keras as reference

    expected = described(saved_signatures(make(reference), tmp_path / "theirs"))
    assert described(saved_signatures(make(keras), tmp_path / "ours")) == expected


class TwoArguments(keras.Model):
    """One output by name, one nested in a list."""

    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(2)

    def call(self, x, y, training=False):
        if training:
            x = x * 0
        return {"sum": self.dense(x) + y, "more": [x, {"last": y}]}


def test_arguments_and_nested_outputs_have_names(tmp_path):
    model = TwoArguments()
    x, y = np.ones((5, 3), "float32"), np.ones((5, 2), "float32")
    expected = model(x, y)
    serve = saved_signatures(model, tmp_path / "m")["serving_default"]
    found = serve(inputs=tf.constant(x[:2]), inputs_1=tf.constant(y[:2]))
    assert sorted(found) == ["more_0", "more_1_last", "sum"]
    np.testing.assert_allclose(found["sum"], expected["sum"][:2], rtol=1e-6)
    np.testing.assert_array_equal(found["more_1_last"], y[:2])


SERVE = """
import sys
import numpy as np
import tensorflow as tf

loaded = tf.saved_model.load(sys.argv[1])
out = loaded.signatures["serving_default"](inputs=tf.constant(np.load(sys.argv[2])))
np.save(sys.argv[3], out["output_0"].numpy())
assert "keras_core" not in sys.modules
"""


def test_served_by_a_process_without_the_package(tmp_path):
    model = nested(keras)
    x = np.random.RandomState(0).rand(7, 3).astype("float32")
    tf.saved_model.save(model, str(tmp_path / "m"))
    np.save(tmp_path / "x.npy", x)
    paths = [str(tmp_path / name) for name in ("m", "x.npy", "out.npy")]
    subprocess.run([sys.executable, "-c", SERVE, *paths], check=True, cwd=tmp_path)
    np.testing.assert_allclose(np.load(paths[2]), model(x), rtol=1e-5)


class Holder(tf.Module if backend.name == "tensorflow" else object):
    def __init__(self, model):
        super().__init__()
        self.model = model
        self.scale = keras.Variable(2.0).value

    def __call__(self, x):
        return self.model(x) * self.scale


def test_model_in_a_module(tmp_path):
    holder = Holder(functional(keras))
    holder.run = tf.function(holder.__call__, input_signature=[tf.TensorSpec((None, 3))])
    x = np.random.RandomState(0).rand(7, 3).astype("float32")
    tf.saved_model.save(holder, str(tmp_path / "m"), signatures={"scaled": holder.run})
    loaded = tf.saved_model.load(str(tmp_path / "m"))
    assert list(loaded.signatures) == ["scaled"]
    np.testing.assert_allclose(loaded.run(x), holder(x), rtol=1e-6)
    loaded.scale.assign(4.0)  # the same variable as the function's
    np.testing.assert_allclose(loaded.run(x), 2 * holder(x), rtol=1e-6)


def functions_in(folder):
    from tensorflow.core.protobuf import saved_model_pb2

    proto = saved_model_pb2.SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    return [f.signature.name for f in proto.meta_graphs[0].graph_def.library.function]


def test_models_inside_and_archives_have_no_signature_of_their_own(tmp_path):
    tf.saved_model.save(nested(keras), str(tmp_path / "nested"))
    assert sum("_serve" in name for name in functions_in(tmp_path / "nested")) == 2  # and a wrapper
    model = functional(keras)
    archive = keras.export.ExportArchive()
    archive.add_endpoint("predict", model, [tf.TensorSpec((None, 3))])
    archive.write_out(tmp_path / "archive", verbose=False)
    assert not any("_serve" in name for name in functions_in(tmp_path / "archive"))
    assert "serving_default" in tf.saved_model.load(str(tmp_path / "archive")).signatures


def test_losses_of_the_last_call_stay(tmp_path):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activity_regularizer="l2")])
    model(np.ones((4, 3), "float32"))
    before = [float(x) for x in model.losses]
    tf.saved_model.save(model, str(tmp_path / "m"))
    assert [float(x) for x in model.losses] == before != []


class Talks(keras.Model):
    """Has an output that is no tensor."""

    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(2)

    def call(self, x):
        return self.dense(x), "text"


def test_a_model_that_cannot_be_served_is_saved_and_told(tmp_path):
    model = Talks()
    model(np.ones((4, 3), "float32"))
    with pytest.warns(UserWarning, match=r"(?s)no signature.*must be tensors. Received: 'text'"):
        signatures = saved_signatures(model, tmp_path / "m")
    assert not signatures
    loaded = tf.saved_model.load(str(tmp_path / "m"))
    np.testing.assert_array_equal(loaded.dense.bias, model.dense.bias)
