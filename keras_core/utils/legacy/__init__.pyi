# Types for editors and the table of lazy names at run time.
from .names import deserialize_keras_object as deserialize_keras_object
from .names import serialize_keras_object as serialize_keras_object
