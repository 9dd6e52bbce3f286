"""Native bindings of the elementwise operations."""
import numpy as np
add=np.add
subtract=np.subtract
multiply=np.multiply
sqrt=np.sqrt
