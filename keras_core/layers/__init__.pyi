# Types for editors and the table of lazy names at run time, in order of the files.
from .base.input_spec import InputSpec as InputSpec
from .base.layer import Layer as Layer
from .core.dense import Dense as Dense
from .core.input_layer import Input as Input
from .core.input_layer import InputLayer as InputLayer
