"""The active backend's classes under their public names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keras_core.backends.select import variable_class
from keras_core.backends.variable import BaseVariable

if TYPE_CHECKING:

    class Variable(BaseVariable):
        """A tensor that keeps its place while its value changes."""
else:
    Variable = variable_class()
