"""What `Layer` stands on with torch: `torch.nn.Module`."""

from __future__ import annotations

import torch


class LayerBase(torch.nn.Module):
    """The base of `Layer` on this backend."""
