# Types for editors and the table of lazy names at run time.
from .structures import MAP_TO_NONE as MAP_TO_NONE
from .structures import assert_same_paths as assert_same_paths
from .structures import assert_same_structure as assert_same_structure
from .structures import flatten as flatten
from .structures import flatten_with_path as flatten_with_path
from .structures import is_nested as is_nested
from .structures import lists_to_tuples as lists_to_tuples
from .structures import map_shape_structure as map_shape_structure
from .structures import map_structure as map_structure
from .structures import map_structure_up_to as map_structure_up_to
from .structures import pack_sequence_as as pack_sequence_as
from .structures import traverse as traverse
