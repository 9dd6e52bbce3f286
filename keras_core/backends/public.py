"""The active backend's classes under their public names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keras_core.backends.select import variable_class
from keras_core.backends.variable import BaseVariable

if TYPE_CHECKING:

    class Variable(BaseVariable):
        __doc__ = BaseVariable.__doc__
else:
    Variable = variable_class()
