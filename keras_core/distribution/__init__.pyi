# Types for editors and the table of lazy names at run time.
from .current import distribution as distribution
from .current import set_distribution as set_distribution
from .devices import distribute_tensor as distribute_tensor
from .devices import get_device_count as get_device_count
from .devices import initialize as initialize
from .devices import list_devices as list_devices
from .layout_map import LayoutMap as LayoutMap
from .mesh import DeviceMesh as DeviceMesh
from .mesh import TensorLayout as TensorLayout
from .strategies import DataParallel as DataParallel
from .strategies import ModelParallel as ModelParallel
