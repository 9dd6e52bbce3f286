"""The names under which Keras 2 had policies; the objects are those of their own packages."""

from __future__ import annotations

from keras_core.dtype_policies.policy import DTypePolicy as DTypePolicy
from keras_core.dtype_policies.policy import dtype_policy as dtype_policy
from keras_core.dtype_policies.policy import set_dtype_policy as set_dtype_policy
from keras_core.optimizers.loss_scale import LossScaleOptimizer as LossScaleOptimizer

Policy = DTypePolicy
global_policy = dtype_policy
set_global_policy = set_dtype_policy
