from typing import Any

from .penalties import L1 as L1
from .penalties import L1L2 as L1L2
from .penalties import L2 as L2
from .penalties import OrthogonalRegularizer as OrthogonalRegularizer
from .penalties import Regularizer as Regularizer
from .penalties import L1 as l1
from .penalties import L1L2 as l1_l2
from .penalties import L2 as l2
from .penalties import OrthogonalRegularizer as orthogonal_regularizer

def get(identifier: Any) -> Any: ...
def serialize(regularizer: Any) -> Any: ...
def deserialize(config: Any, custom_objects: Any = None) -> Any: ...
