"""What `TorchModuleWrapper` needs of torch."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from typing import Any

import torch


class TorchModules:
    """Modules of torch as parts of layers."""

    @staticmethod
    def is_module(x: Any) -> bool:
        """Whether `x` is a module."""
        return isinstance(x, torch.nn.Module)

    @staticmethod
    def is_lazy(module: Any) -> bool:
        """Whether some parameters have no shape before the first call."""
        kind = torch.nn.parameter.UninitializedTensorMixin
        tensors = (*module.parameters(), *module.buffers())
        return any(isinstance(x, kind) for x in tensors)

    @staticmethod
    def settle(module: Any, shapes: list[tuple[Any, ...]]) -> None:
        """Give lazy parameters their shapes by a call on zeros; unknown sizes are 2."""
        values = [torch.zeros([2 if s is None else s for s in shape]) for shape in shapes]
        training = module.training
        with torch.no_grad():
            module.eval()(*values)
        module.train(training)

    @staticmethod
    def parameters(module: Any) -> Iterator[tuple[str, Any]]:
        """Names and parameters."""
        return module.named_parameters()

    @staticmethod
    def adopt(variable: Any, parameter: Any) -> None:
        """Make a variable stand for a parameter: they share value and gradient from now on."""
        variable.__dict__["_value"] = parameter

    @staticmethod
    def call(
        module: Any, values: dict[str, Any] | None, training: Any, args: Any, kwargs: Any
    ) -> Any:
        """The module's outputs; with `values`, in place of the parameters of these names."""
        if training is not None and module.training != training:
            module.train(training)
        if values is None:
            return module(*args, **kwargs)
        return torch.func.functional_call(module, values, args, kwargs)

    @staticmethod
    def state(module: Any) -> dict[str, Any]:
        """Parameters and buffers as NumPy arrays by name."""
        return {k: v.detach().cpu().numpy() for k, v in module.state_dict().items()}

    @staticmethod
    def load_state(module: Any, state: dict[str, Any]) -> None:
        """Set parameters and buffers."""
        module.load_state_dict({k: torch.as_tensor(v) for k, v in state.items()})

    @staticmethod
    def dump(module: Any) -> str:
        """The module, pickled, as text."""
        file = io.BytesIO()
        torch.save(module, file)
        return base64.b64encode(file.getvalue()).decode("ascii")

    @staticmethod
    def load(text: str) -> Any:
        """The module that `dump` wrote: unpickling runs whatever code the text asks for."""
        return torch.load(io.BytesIO(base64.b64decode(text)), weights_only=False)
