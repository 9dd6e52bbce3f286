# Types for editors and the table of lazy names at run time.
from .policy import DTypePolicy as DTypePolicy
from .policy import FloatDTypePolicy as FloatDTypePolicy
from .policy import deserialize as deserialize
from .policy import get as get
from .policy import serialize as serialize
from .policy_map import DTypePolicyMap as DTypePolicyMap
from .quantized import AWQDTypePolicy as AWQDTypePolicy
from .quantized import GPTQDTypePolicy as GPTQDTypePolicy
from .quantized import Int4DTypePolicy as Int4DTypePolicy
from .quantized import QuantizedDTypePolicy as QuantizedDTypePolicy
from .quantized import QuantizedFloat8DTypePolicy as QuantizedFloat8DTypePolicy
