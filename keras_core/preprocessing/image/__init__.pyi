from .files import array_to_img as array_to_img
from .files import img_to_array as img_to_array
from .files import load_img as load_img
from .files import save_img as save_img
from .resizing import smart_resize as smart_resize
