# Types for editors and the table of lazy names at run time.
from .registration import CustomObjectScope as CustomObjectScope
from .registration import custom_object_scope as custom_object_scope
from .registration import deserialize_keras_object as deserialize_keras_object
from .registration import get_custom_objects as get_custom_objects
from .registration import get_registered_name as get_registered_name
from .registration import get_registered_object as get_registered_object
from .registration import register_keras_serializable as register_keras_serializable
from .registration import serialize_keras_object as serialize_keras_object
from .dtypes import is_keras_tensor as is_keras_tensor
from .dtypes import standardize_dtype as standardize_dtype
from .numeric import normalize as normalize
from .numeric import pad_sequences as pad_sequences
from .numeric import to_categorical as to_categorical
from .session import clear_session as clear_session
from .session import get_source_inputs as get_source_inputs
from .session import set_random_seed as set_random_seed
