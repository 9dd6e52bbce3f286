# Types for editors and the table of lazy names at run time.
from . import ops as ops
from .symbolic.keras_tensor import KerasTensor as KerasTensor
from .symbolic.operation import Operation as Operation
