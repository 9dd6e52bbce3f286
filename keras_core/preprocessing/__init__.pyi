from . import image as image
from . import sequence as sequence
from . import text as text
from .data import image_dataset_from_directory as image_dataset_from_directory
from .data import text_dataset_from_directory as text_dataset_from_directory
from .data import timeseries_dataset_from_array as timeseries_dataset_from_array
