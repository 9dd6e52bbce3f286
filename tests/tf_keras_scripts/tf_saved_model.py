"""SavedModel: tf.saved_model.save of a model, signatures of one's own, export, TFSMLayer, TFLite."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

x = np.random.RandomState(0).rand(8, 4).astype("float32")
inputs = keras.Input((4,), name="features")
model = keras.Model(inputs, keras.layers.Dense(2, name="scores")(keras.layers.Dropout(0.5)(inputs)))
model.compile("adam", "mse")
model.fit(x, x[:, :2], verbose=0)
expected = model.predict(x, verbose=0)

model.export("plain")
loaded = tf.saved_model.load("plain")
infer = loaded.signatures["serving_default"]
out = infer(**{list(infer.structured_input_signature[1])[0]: tf.constant(x)})
np.testing.assert_allclose(list(out.values())[0], expected, atol=1e-5)


@tf.function(input_signature=[tf.TensorSpec(shape=[None, 4], dtype=tf.float32, name="rows")])
def serve_best(rows):
    scores = model(rows, training=False)
    return {"best": tf.argmax(scores, axis=-1), "scores": scores}


tf.saved_model.save(model, "signed", signatures={"serving_default": serve_best})
signed = tf.saved_model.load("signed").signatures["serving_default"]
assert set(signed(rows=tf.constant(x))) == {"best", "scores"}

model.export("exported")
served = tf.saved_model.load("exported")
np.testing.assert_allclose(served.serve(x), expected, atol=1e-5)
archive = keras.export.ExportArchive()
archive.track(model)
archive.add_endpoint(name="predict", fn=lambda x: model(x, training=False), input_signature=[tf.TensorSpec((None, 4), tf.float32)])
archive.write_out("archive")
archived = tf.saved_model.load("archive")
np.testing.assert_allclose(archived.predict(tf.constant(x)), expected, atol=1e-5)
layer = keras.layers.TFSMLayer("exported", call_endpoint="serve")
np.testing.assert_allclose(layer(x), expected, atol=1e-5)
reloaded = keras.Sequential([keras.Input((4,)), keras.layers.TFSMLayer("exported", call_endpoint="serving_default")])
assert reloaded(x) is not None

concrete = tf.function(lambda x: model(x)).get_concrete_function(tf.TensorSpec([None, 4], tf.float32))
np.testing.assert_allclose(concrete(tf.constant(x)), expected, atol=1e-5)
converter = tf.lite.TFLiteConverter.from_saved_model("exported")
tflite = converter.convert()
assert len(tflite) > 100
