"""The loss functions that are metrics too, under one roof."""

from __future__ import annotations

from keras_core.losses.crossentropy import binary_crossentropy as binary_crossentropy
from keras_core.losses.crossentropy import binary_focal_crossentropy as binary_focal_crossentropy
from keras_core.losses.crossentropy import categorical_crossentropy as categorical_crossentropy
from keras_core.losses.crossentropy import (
    categorical_focal_crossentropy as categorical_focal_crossentropy,
)
from keras_core.losses.crossentropy import kl_divergence as kl_divergence
from keras_core.losses.crossentropy import poisson as poisson
from keras_core.losses.crossentropy import (
    sparse_categorical_crossentropy as sparse_categorical_crossentropy,
)
from keras_core.losses.margin import categorical_hinge as categorical_hinge
from keras_core.losses.margin import hinge as hinge
from keras_core.losses.margin import squared_hinge as squared_hinge
from keras_core.losses.regression import huber as huber
from keras_core.losses.regression import log_cosh as log_cosh
from keras_core.losses.regression import mean_absolute_error as mean_absolute_error
from keras_core.losses.regression import (
    mean_absolute_percentage_error as mean_absolute_percentage_error,
)
from keras_core.losses.regression import mean_squared_error as mean_squared_error
from keras_core.losses.regression import (
    mean_squared_logarithmic_error as mean_squared_logarithmic_error,
)
