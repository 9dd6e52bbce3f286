from typing import Any

from .base import Initializer as Initializer
from .constant import STFT as STFT
from .constant import Constant as Constant
from .constant import Identity as Identity
from .constant import Identity as IdentityInitializer
from .constant import STFT as STFTInitializer
from .constant import Ones as Ones
from .constant import Zeros as Zeros
from .constant import Constant as constant
from .constant import Identity as identity
from .constant import Ones as ones
from .constant import Zeros as zeros
from .constant import STFT as stft
from .random import GlorotNormal as GlorotNormal
from .random import GlorotUniform as GlorotUniform
from .random import HeNormal as HeNormal
from .random import HeUniform as HeUniform
from .random import LecunNormal as LecunNormal
from .random import LecunUniform as LecunUniform
from .random import Orthogonal as Orthogonal
from .random import Orthogonal as OrthogonalInitializer
from .random import RandomNormal as RandomNormal
from .random import RandomUniform as RandomUniform
from .random import TruncatedNormal as TruncatedNormal
from .random import VarianceScaling as VarianceScaling
from .random import GlorotNormal as glorot_normal
from .random import GlorotUniform as glorot_uniform
from .random import HeNormal as he_normal
from .random import HeUniform as he_uniform
from .random import LecunNormal as lecun_normal
from .random import LecunUniform as lecun_uniform
from .random import Orthogonal as orthogonal
from .random import RandomNormal as random_normal
from .random import RandomUniform as random_uniform
from .random import TruncatedNormal as truncated_normal
from .random import VarianceScaling as variance_scaling

def get(identifier: Any) -> Any: ...
def serialize(initializer: Any) -> Any: ...
def deserialize(config: Any, custom_objects: Any = None) -> Any: ...
