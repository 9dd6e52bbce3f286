# Types for editors and the table of lazy names at run time.
from . import dtype_policies as dtype_policies
from . import ops as ops
from .dtype_policies.policy import DTypePolicy as DTypePolicy
from .dtype_policies.policy import FloatDTypePolicy as FloatDTypePolicy
from .symbolic.keras_tensor import KerasTensor as KerasTensor
from .symbolic.operation import Operation as Operation
from . import saving as saving
from . import utils as utils
