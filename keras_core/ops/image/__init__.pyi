# Types for editors and the table of lazy names at run time.
from .colour import hsv_to_rgb as hsv_to_rgb
from .colour import rgb_to_grayscale as rgb_to_grayscale
from .colour import rgb_to_hsv as rgb_to_hsv
from .cutting import crop_images as crop_images
from .cutting import extract_patches as extract_patches
from .cutting import extract_patches_3d as extract_patches_3d
from .cutting import pad_images as pad_images
from .filtering import gaussian_blur as gaussian_blur
from .filtering import sobel_edges as sobel_edges
from .filtering import ssim as ssim
from .resampling import resize as resize
from .resampling import scale_and_translate as scale_and_translate
from .warping import affine_transform as affine_transform
from .warping import elastic_transform as elastic_transform
from .warping import map_coordinates as map_coordinates
from .warping import perspective_transform as perspective_transform
