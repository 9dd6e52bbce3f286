"""What the programs with KerasHub share: small sizes and data, and a comparison."""

import keras
import numpy as np
from keras import ops

rng = np.random.default_rng(0)
images = rng.random((2, 32, 32, 3)).astype("float32")
text = {"vocabulary_size": 20, "num_layers": 1, "hidden_dim": 8, "intermediate_dim": 16}
heads = {**text, "num_heads": 2}
logits = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def tokens_of(rows):
    """Token ids of some rows, and the inputs of a model of texts with them."""
    ids = rng.integers(1, 20, (rows, 6)).astype("int32")
    return ids, {"token_ids": ids, "padding_mask": np.ones_like(ids)}


def same(first, second):
    """Compare structures of tensors or arrays."""
    for a, b in zip(keras.tree.flatten(first), keras.tree.flatten(second), strict=True):
        a, b = ops.convert_to_numpy(a), ops.convert_to_numpy(b)
        np.testing.assert_allclose(a, b, atol=2e-5)
