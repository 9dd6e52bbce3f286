"""Data sets of TensorFlow: made of samples, and read from files inside of its graph.

Other backends' users get these too, where TensorFlow is installed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

OWN = True
AUTOTUNE = tf.data.AUTOTUNE


def from_samples(get: Callable[[int], Any], rows: np.ndarray) -> Any:
    samples = [get(int(row)) for row in rows]
    flat = [tf.nest.flatten(sample) for sample in samples]
    stacked = [np.stack([sample[i] for sample in flat]) for i in range(len(flat[0]))]
    whole = tf.nest.pack_sequence_as(samples[0], stacked)
    if isinstance(whole, list):
        whole = tuple(whole)  # tf.data stacks lists
    return tf.data.Dataset.from_tensor_slices(whole).prefetch(AUTOTUNE)
