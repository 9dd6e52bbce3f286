"""Images between files and arrays, defined in `keras_core.utils`."""

from keras_core.utils.images import array_to_img, img_to_array, load_img, save_img

__all__ = ["array_to_img", "img_to_array", "load_img", "save_img"]
