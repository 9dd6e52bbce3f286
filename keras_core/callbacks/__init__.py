"""Floor 6: callbacks, called at the turns of the loops of fit, evaluate and predict."""

from keras_core.core.old_names import Experimental, attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)

experimental = Experimental(__name__)  # of `tf.keras` 2: its names are the package's own now
