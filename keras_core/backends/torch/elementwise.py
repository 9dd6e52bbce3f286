"""Native bindings of the elementwise operations."""
import torch
add=torch.add
subtract=torch.subtract
multiply=torch.multiply
sqrt=torch.sqrt
