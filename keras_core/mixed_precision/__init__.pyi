# Types for editors and the table of lazy names at run time.
from .names import DTypePolicy as DTypePolicy
from .names import LossScaleOptimizer as LossScaleOptimizer
from .names import Policy as Policy
from .names import dtype_policy as dtype_policy
from .names import global_policy as global_policy
from .names import set_dtype_policy as set_dtype_policy
from .names import set_global_policy as set_global_policy
