"""What `Layer` stands on with TensorFlow: a trackable, so that SavedModel finds its variables."""

from __future__ import annotations

import tensorflow as tf


class LayerBase(tf.__internal__.tracking.AutoTrackable):
    """The base of `Layer` on this backend."""
