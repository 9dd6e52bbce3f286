"""Data sets, defined in `keras_core.utils`."""

from keras_core.utils.image_dataset import image_dataset_from_directory
from keras_core.utils.text_dataset import text_dataset_from_directory
from keras_core.utils.timeseries_dataset import timeseries_dataset_from_array

__all__ = [
    "image_dataset_from_directory",
    "text_dataset_from_directory",
    "timeseries_dataset_from_array",
]
