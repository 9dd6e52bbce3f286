"""KerasHub: further tasks at small sizes, from text to text and from images to masks."""

import keras
import keras_hub
import numpy as np
from hub_parts import heads, images, logits, rng, same, text, tokens_of
from keras import ops

models, layers, samplers = keras_hub.models, keras_hub.layers, keras_hub.samplers
ids, tokens = tokens_of(2)
ones = np.ones_like(ids)


def saved(model):
    model.save("model.keras")
    return keras.saving.load_model("model.keras")


# A language model with grouped heads, trained, then writing on by each sampler.
llama = models.LlamaBackbone(**text, num_query_heads=2, num_key_value_heads=1)
language = models.LlamaCausalLM(llama, preprocessor=None)
language.compile("adam", logits)
language.fit(tokens, ids, verbose=0)
same(saved(language)(tokens), language(tokens))
prompt = {"token_ids": ids, "padding_mask": np.where(np.arange(6) < 3, ones, 0)}
for sampler in ("greedy", "top_k", "top_p", samplers.BeamSampler(2)):
    language.compile("adam", logits, sampler=sampler)
    written = language.generate(prompt, stop_token_ids=None)["token_ids"]
    assert (ops.convert_to_numpy(written)[:, :3] == ids[:, :3]).all()

# Speech to text.
whisper = models.WhisperBackbone(
    **heads, num_mels=8, max_encoder_sequence_length=12, max_decoder_sequence_length=6
)
spoken = {f"decoder_{k}": v for k, v in tokens.items()}
spoken["encoder_features"] = rng.random((2, 12, 8)).astype("float32")
same(saved(whisper)(spoken), whisper(spoken))

# Texts go in as they are: the vocabulary is part of the model's file.
words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "qu", "##ick", "fox"]
pieces = keras_hub.tokenizers.BertTokenizer(vocabulary=words)
classifier = models.BertTextClassifier(
    models.BertBackbone(**heads),
    num_classes=2,
    preprocessor=models.BertTextClassifierPreprocessor(pieces, sequence_length=8),
)
classifier.compile("adam", logits)
classifier.fit(np.array(["the quick fox", "fox"]), np.array([0, 1]), verbose=0)
again = saved(classifier)
same(again.predict(["the fox"], verbose=0), classifier.predict(["the fox"], verbose=0))

# Pairs of bytes, in a model that writes text; saved as a preset folder.
vocabulary = ["<|endoftext|>", *"buterfly", "bu", "tt", "butt", "er", "butter", "fl", "fly"]
pairs = keras_hub.tokenizers.GPT2Tokenizer(
    vocabulary={piece: i for i, piece in enumerate(vocabulary)},
    merges=["b u", "t t", "bu tt", "e r", "butt er", "f l", "fl y"],
)
found = ops.convert_to_numpy(pairs("butterfly"))
assert [vocabulary[i] for i in found] == ["butter", "fly"]
prepare = models.GPT2CausalLMPreprocessor(pairs, sequence_length=6)
writer = models.GPT2CausalLM(models.GPT2Backbone(**heads), preprocessor=prepare)
writer.compile(
    "adam",
    logits,
    sampler="greedy",
    weighted_metrics=[keras_hub.metrics.Perplexity(from_logits=True)],
)
results = writer.fit(["butterfly", "butter"], verbose=0).history
assert results["perplexity"][0] > 1
assert writer.generate("butter", max_length=6).startswith("butter")
writer.save_to_preset("preset")
x, _, _ = prepare(["butterfly"])
same(models.CausalLM.from_preset("preset")(x), writer(x))

# Images: patches, two towers, and masks for prompts.
vit = models.ViTBackbone(
    image_shape=(32, 32, 3), patch_size=8, num_layers=1, num_heads=2, hidden_dim=8, mlp_dim=16
)
sorter = models.ViTImageClassifier(vit, num_classes=2, preprocessor=None)
sorter.compile("adam", logits)
sorter.fit(images, np.array([0, 1]), verbose=0)
same(saved(sorter)(images), sorter(images))

tower = {"hidden_dim": 8, "num_layers": 1, "num_heads": 2, "intermediate_dim": 16}
clip = models.CLIPBackbone(
    models.CLIPVisionEncoder(patch_size=8, image_shape=(32, 32, 3), **tower),
    models.CLIPTextEncoder(vocabulary_size=20, embedding_dim=8, max_sequence_length=6, **tower),
    projection_dim=8,
)
seen = {"images": images, "token_ids": ids}
same(saved(clip)(seen), clip(seen))

small = {"intermediate_dim": 16, "num_heads": 2, "num_layers": 2}
sam = models.SAMImageSegmenter(
    models.SAMBackbone(
        image_encoder=models.ViTDetBackbone(
            **small,
            hidden_size=8,
            global_attention_layer_indices=[1],
            patch_size=8,
            num_output_channels=8,
            window_size=2,
            image_shape=(32, 32, 3),
        ),
        prompt_encoder=layers.SAMPromptEncoder(
            hidden_size=8,
            image_embedding_size=(4, 4),
            input_image_size=(32, 32),
            mask_in_channels=4,
        ),
        mask_decoder=layers.SAMMaskDecoder(
            **small,
            hidden_size=8,
            embedding_dim=8,
            num_multimask_outputs=3,
            iou_head_depth=2,
            iou_head_hidden_dim=8,
        ),
    ),
    preprocessor=None,
)
prompts = {"images": images, "points": np.ones((2, 1, 2)), "labels": np.ones((2, 1))}
masks = sam.predict(prompts, verbose=0)
same(saved(sam).predict(prompts, verbose=0), masks)
print("done")
