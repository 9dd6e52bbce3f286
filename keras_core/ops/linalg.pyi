# Types for editors and the table of lazy names at run time.
from .control import jvp as jvp
from .decompositions import cholesky as cholesky
from .decompositions import cholesky_inverse as cholesky_inverse
from .decompositions import det as det
from .decompositions import eig as eig
from .decompositions import eigh as eigh
from .decompositions import inv as inv
from .decompositions import lstsq as lstsq
from .decompositions import lu_factor as lu_factor
from .decompositions import matrix_rank as matrix_rank
from .decompositions import pinv as pinv
from .decompositions import qr as qr
from .decompositions import solve as solve
from .decompositions import solve_triangular as solve_triangular
from .decompositions import svd as svd
from .reductions import norm as norm
