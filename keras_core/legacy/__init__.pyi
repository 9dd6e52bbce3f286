# Types for editors and the table of lazy names at run time.
from . import saving as saving
