"""SeedGenerator: the state from which random operations draw their seeds."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_core.backends.select import backend, variable_class
from keras_core.core import naming, scopes, seeds
from keras_core.core.tracking import SeedSource

Seed = Any


class SeedGenerator(SeedSource):
    """A source of seeds that never gives the same one twice.

    A layer that draws random numbers keeps one as an attribute; its state is then part of the
    layer's, so that the numbers differ from call to call and step to step, also inside of
    compiled functions.

    Args:
        seed: an int; None: drawn from the global seed, see `utils.set_random_seed`.
        name: a string; made from the class name if None.
        **kwargs: ignored; `backend=` is accepted here as in Keras.

    Raises:
        ValueError: if seed is not an int.

    Attributes:
        state: a variable of two integers: the seed, and how many were drawn.

    Example:

    >>> import keras_core as keras
    >>> seeds = keras.random.SeedGenerator(7)
    >>> a, b = (keras.random.normal((2,), seed=seeds) for _ in range(2))
    >>> bool(keras.ops.all(a == b))
    False
    """

    def __init__(self, seed: int | None = None, name: str | None = None, **kwargs: Any) -> None:
        if kwargs.keys() - {"backend"}:
            raise TypeError(f"SeedGenerator: unknown arguments {sorted(kwargs)}")
        if name is None:
            name = naming.auto_name("seed_generator")
        else:
            naming.check_name(name, "SeedGenerator")
        self.name = name
        self._given = seed
        if seed is None:
            seed = seeds.make_seed()
        self._seed = _checked(seed, "SeedGenerator")
        self.built = True
        with scopes.name_scope(name):
            self.state = backend.random.new_state(
                variable_class(), np.array([self._seed % 2**32, 0]), "seed_generator_state"
            )

    def next(self, ordered: bool = True) -> Any:
        """The next seed: the state as it is, which then counts one up.

        Args:
            ordered: kept for compatibility; seeds always come in order.

        Returns:
            A tensor of two integers.
        """
        return backend.random.as_tensor(backend.random.take(self.state))

    def get_config(self) -> dict[str, Any]:
        return {"seed": self._given, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> SeedGenerator:
        """A generator from what `get_config` gave."""
        return cls(**config)

    def __repr__(self) -> str:
        return f"<SeedGenerator name={self.name}, seed={self._seed}>"


def _checked(seed: Any, owner: str) -> int:
    if isinstance(seed, (bool, np.bool_)) or not isinstance(seed, (int, np.integer)):
        raise ValueError(f"{owner}: seed must be an int or None. Received: seed={seed!r}")
    return int(seed)


class _Default:
    """The generator behind `seed=None`, made anew whenever the global seed was set."""

    generator: SeedGenerator | None = None
    epoch = -1


def global_seed_generator() -> SeedGenerator:
    """The generator behind `seed=None`."""
    _make_default(seeds.epoch)
    return _Default.generator  # type: ignore[return-value]


def _make_default(epoch: int) -> None:
    if _Default.generator is None or _Default.epoch != epoch:
        _Default.epoch = epoch
        _Default.generator = backend.random.default_generator(
            lambda: SeedGenerator(name="default_seed_generator")
        )


# Torch's compiler cannot follow what makes a generator. The mark is that of
# `torch.compiler.assume_constant_result`: it is called as the code is compiled.
_make_default._dynamo_marked_constant = True


def default_state() -> np.ndarray | None:
    """The state of the generator behind `seed=None`; None if it was not used yet."""
    if _Default.generator is None or _Default.epoch != seeds.epoch:
        return None
    return np.array(_Default.generator.state.numpy())


def set_default_state(state: np.ndarray | None) -> None:
    """Put the generator behind `seed=None` back to where `default_state` found it."""
    if state is not None:
        global_seed_generator().state.assign(state)


def draw_seed(seed: Seed) -> Any:
    """A seed in the backend's form, from an int, a SeedGenerator, a tensor of two ints, or None.

    Raises:
        ValueError: if it is none of those, or if it is None while JAX traces: the compiled
            function would draw the same numbers at every call.
    """
    if isinstance(seed, SeedGenerator):
        return backend.random.take(seed.state)
    if seed is None:
        if scopes.local.symbolic:
            return np.zeros(2, np.uint32)
        if backend.random.tracing():
            raise ValueError(
                "seed must be given where a function is traced (by jit, grad or vmap): the "
                "compiled function would give the same numbers at every call. Keep a "
                "keras.random.SeedGenerator as an attribute of the layer or model and pass it. "
                "Received: seed=None"
            )
        generator = global_seed_generator()
        return backend.random.take(generator.state)
    if backend.arrays.is_tensor(seed) and tuple(seed.shape) == (2,):
        return seed
    if isinstance(seed, (bool, np.bool_)) or not isinstance(seed, (int, np.integer)):
        raise ValueError(
            "seed must be an int, a keras.random.SeedGenerator or None. "
            f"Received: seed={seed!r} (of type {type(seed).__name__})"
        )
    return np.array([int(seed) % 2**32, 0], np.uint32)
