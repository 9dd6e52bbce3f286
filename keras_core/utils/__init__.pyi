# Types for editors and the table of lazy names at run time.
from .registration import CustomObjectScope as CustomObjectScope
from .registration import custom_object_scope as custom_object_scope
from .registration import deserialize_keras_object as deserialize_keras_object
from .registration import get_custom_objects as get_custom_objects
from .registration import get_registered_name as get_registered_name
from .registration import get_registered_object as get_registered_object
from .registration import register_keras_serializable as register_keras_serializable
from .registration import serialize_keras_object as serialize_keras_object
