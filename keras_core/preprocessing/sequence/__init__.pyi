from .padding import pad_sequences as pad_sequences
from .skipgrams import make_sampling_table as make_sampling_table
from .skipgrams import skipgrams as skipgrams
from .windows import TimeseriesGenerator as TimeseriesGenerator
