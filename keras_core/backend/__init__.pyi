# Types for editors and the table of lazy names at run time.
from .names import Variable as Variable
from .names import backend as backend
from .names import clear_session as clear_session
from .names import epsilon as epsilon
from .names import floatx as floatx
from .names import get_uid as get_uid
from .names import image_data_format as image_data_format
from .names import is_float_dtype as is_float_dtype
from .names import is_int_dtype as is_int_dtype
from .names import is_keras_tensor as is_keras_tensor
from .names import result_type as result_type
from .names import set_epsilon as set_epsilon
from .names import set_floatx as set_floatx
from .names import set_image_data_format as set_image_data_format
from .names import standardize_dtype as standardize_dtype
