"""Wrong arguments of initializers and constraints, made from their limits."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from keras_core import constraints, initializers
from keras_core.core.limits import SEED


def _rows() -> list[Any]:
    classes = {getattr(m, name) for m in (initializers, constraints) for name in dir(m)}
    named = sorted((c for c in classes if isinstance(c, type)), key=lambda c: c.__name__)
    return [
        pytest.param(cls, name, wrong, id=f"{cls.__name__}-{name}-{wrong}")
        for cls in named
        for name, limit in getattr(cls, "limits", {}).items()
        if name in inspect.signature(cls).parameters
        for wrong in limit.wrong
    ]


@pytest.mark.parametrize(("cls", "argument", "wrong"), _rows())
def test_arguments_outside_their_limits_are_refused(cls: Any, argument: str, wrong: Any) -> None:
    with pytest.raises(ValueError, match=rf"{cls.__name__}.*{argument} must .*Received"):
        cls(**{argument: wrong})


@pytest.mark.parametrize("wrong", SEED.wrong)
@pytest.mark.parametrize("name", ["RandomNormal", "GlorotUniform", "Orthogonal"])
def test_seeds_are_ints(name: str, wrong: Any) -> None:
    with pytest.raises(ValueError, match=rf"{name}: seed must .*Received: seed={wrong!r}"):
        getattr(initializers, name)(seed=wrong)
