# Types for editors and the table of lazy names at run time.
from .backend_checks import check_backend as check_backend
from .case import TestCase as TestCase
from .layer_checks import LAYER_CHECKS as LAYER_CHECKS
from .layer_checks import check_layer as check_layer
from .layer_references import REFERENCE_CHECKS as REFERENCE_CHECKS
