# Types for editors and the table of lazy names at run time.
from .schedule import CosineDecay as CosineDecay
from .schedule import CosineDecayRestarts as CosineDecayRestarts
from .schedule import ExponentialDecay as ExponentialDecay
from .schedule import InverseTimeDecay as InverseTimeDecay
from .schedule import LearningRateSchedule as LearningRateSchedule
from .schedule import PiecewiseConstantDecay as PiecewiseConstantDecay
from .schedule import PolynomialDecay as PolynomialDecay
from .schedule import deserialize as deserialize
from .schedule import serialize as serialize
