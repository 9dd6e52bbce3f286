"""What the training loop offers to those who write their own: under its public names."""

from __future__ import annotations

from keras_core.callbacks.progbar import Progbar
from keras_core.training.data.packing import pack_x_y_sample_weight, unpack_x_y_sample_weight
from keras_core.training.data.py_dataset import PyDataset

Sequence = PyDataset

__all__ = [
    "Progbar",
    "PyDataset",
    "Sequence",
    "pack_x_y_sample_weight",
    "unpack_x_y_sample_weight",
]
