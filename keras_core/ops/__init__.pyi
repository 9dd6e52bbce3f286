# Types for editors and the table of lazy names at run time: one block a family, sorted.
from .elementwise import add as add
from .elementwise import hypot as hypot
from .elementwise import multiply as multiply
from .elementwise import sqrt as sqrt
from .elementwise import square as square
from .elementwise import subtract as subtract
