from typing import Any

from .projections import Constraint as Constraint
from .projections import MaxNorm as MaxNorm
from .projections import MinMaxNorm as MinMaxNorm
from .projections import NonNeg as NonNeg
from .projections import UnitNorm as UnitNorm
from .projections import MaxNorm as max_norm
from .projections import MinMaxNorm as min_max_norm
from .projections import NonNeg as non_neg
from .projections import UnitNorm as unit_norm

def get(identifier: Any) -> Any: ...
def serialize(constraint: Any) -> Any: ...
def deserialize(config: Any, custom_objects: Any = None) -> Any: ...
