# Types for editors and the table of lazy names at run time.
from .distilling import Distiller as Distiller
from .matching import DistillationLoss as DistillationLoss
from .matching import FeatureDistillation as FeatureDistillation
from .matching import LogitsDistillation as LogitsDistillation
