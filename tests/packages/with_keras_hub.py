"""KerasHub: layers, models and tasks at small sizes from their constructors; no downloads."""

import keras
import keras_hub
import numpy as np
from hub_parts import heads, images, logits, rng, same, text, tokens_of
from keras import ops

models, layers = keras_hub.models, keras_hub.layers
ids, tokens = tokens_of(4)
ones = np.ones_like(ids)
segments = {**tokens, "segment_ids": np.zeros((4, 6), "int32")}
pairs = {f"{side}_{k}": v for side in ("encoder", "decoder") for k, v in tokens.items()}


# Backbones: called, saved and loaded.
resnet = {
    "input_conv_filters": [64],
    "input_conv_kernel_sizes": [3],
    "stackwise_num_filters": [64],
    "stackwise_num_blocks": [1],
    "stackwise_num_strides": [1],
    "block_type": "basic_block",
    "image_shape": (32, 32, 3),
}
grouped = {**text, "num_query_heads": 2, "num_key_value_heads": 1, "head_dim": 4}
for name, options, x in (
    ("GemmaBackbone", grouped, tokens),
    ("DebertaV3Backbone", {**heads, "bucket_size": 8}, tokens),
    ("BartBackbone", heads, pairs),
    ("ResNetBackbone", resnet, images),
):
    model = getattr(models, name)(**options)
    y = model(x)
    model.save("model.keras")
    same(keras.saving.load_model("model.keras")(x), y)

# A classifier of texts, trained and saved.
classifier = models.BertTextClassifier(
    models.BertBackbone(**heads), num_classes=2, preprocessor=None, dropout=0.0
)
classifier.compile(keras.optimizers.Adam(0.01), logits, metrics=["accuracy"])
losses = classifier.fit(segments, np.arange(4) % 2, epochs=6, verbose=0).history["loss"]
assert losses[-1] < losses[0]
classifier.save("classifier.keras")
again = keras.saving.load_model("classifier.keras")
same(again.predict(segments, verbose=0), classifier.predict(segments, verbose=0))

# A language model writes on with its cache; its adapters alone are trained and saved.
language = models.GPT2CausalLM(models.GPT2Backbone(**heads), preprocessor=None)
language.compile("adam", logits, sampler="greedy")
prompt = np.where(np.arange(6) < 3, ones, 0)
written = language.generate({"token_ids": ids, "padding_mask": prompt}, stop_token_ids=None)
written = ops.convert_to_numpy(written["token_ids"])
assert (written[:, :3] == ids[:, :3]).all() and written.shape == (4, 6)
language.backbone.enable_lora(2)
assert 0 < len(language.trainable_variables) < len(language.backbone.weights)
language.compile("adam", logits)
language.fit(tokens, ids, verbose=0)
language.backbone.save_lora_weights("adapters.lora.h5")
language.backbone.load_lora_weights("adapters.lora.h5")

# A classifier of images as a preset folder.
sorter = models.ResNetImageClassifier(
    models.ResNetBackbone(**resnet), num_classes=2, preprocessor=None
)
sorter.save_to_preset("preset")
loaded = models.ImageClassifier.from_preset("preset")
same(loaded.predict(images, verbose=0), sorter.predict(images, verbose=0))

# Layers in a model of one's own.
inputs = keras.Input((6,), dtype="int32")
x = layers.TokenAndPositionEmbedding(20, 6, 8, mask_zero=True)(inputs)
x = layers.TransformerEncoder(16, 2)(x)
x = layers.TransformerDecoder(16, 2)(x)
x = layers.RotaryEmbedding()(x + layers.SinePositionEncoding()(x))
model = keras.Model(inputs, keras.layers.Dense(20)(x))
model.compile("adam", logits)
model.fit(ids, ids, verbose=0)
model.save("own.keras")
same(keras.saving.load_model("own.keras")(ids), model(ids))

# Preparation of texts, and a metric.
packed = layers.StartEndPacker(8, start_value=1, end_value=2, pad_value=0)(ids[:, :4])
assert tuple(packed.shape) == (4, 8)
words = keras_hub.tokenizers.WordPieceTokenizer(
    vocabulary=["[UNK]", "the", "qu", "##ick", "fox"], sequence_length=4
)
assert list(ops.convert_to_numpy(words("the quick fox"))) == [1, 2, 3, 4]
perplexity = keras_hub.metrics.Perplexity(from_logits=True)
perplexity.update_state(ids, rng.random((4, 6, 20)).astype("float32"))
assert 1 < float(perplexity.result()) < 25
print("done")
