"""Floor 6: models and weights in files, exchanged with Keras 3; safe with a stranger's.

`api` has the public functions, `archive` the `.keras` file, `paths` where each weight lies in
it, `stores` the formats of weights, `hdf5` the careful reading of HDF5. h5py is imported when
a file is read or written.
"""

from keras_core.core.old_names import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
