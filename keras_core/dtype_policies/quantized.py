"""Policies of quantized layers: `<mode>_from_<source policy>`."""

from __future__ import annotations

from typing import Any

from keras_core.dtype_policies.policy import DTypePolicy, dtype_policy, split_name

MODES = ("int8", "float8", "int4", "gptq", "awq")


class QuantizedDTypePolicy(DTypePolicy):
    """The policy of a layer whose weights are quantized.

    Args:
        mode: "int8", "float8", "int4", "gptq" or "awq", with its numbers after slashes where
            the subclasses have them.
        source_name: the name of the policy that the layer had; None for the default policy's.

    Raises:
        ValueError: if the mode is unknown or does not go with the source policy.

    Example:

    >>> import keras_core as keras
    >>> keras.dtype_policies.QuantizedDTypePolicy("int8", "mixed_bfloat16").name
    'int8_from_mixed_bfloat16'
    """

    def __init__(self, mode: str, source_name: str | None = None) -> None:
        kind = mode.split("/")[0] if isinstance(mode, str) else mode
        if kind not in MODES:
            raise ValueError(
                f"{type(self).__name__}: mode must be one of {', '.join(map(repr, MODES))}. "
                f"Received: {mode!r}"
            )
        if source_name is None:
            source_name = dtype_policy().name
        self._source_name = source_name
        self._quantization_mode = kind
        self._mode = mode
        self._name = f"{mode}_from_{source_name}"
        self._compute_dtype, self._variable_dtype = split_name(source_name)
        if kind == "int8" and self._compute_dtype == "float16":
            raise ValueError(
                f"{type(self).__name__}: mode 'int8' must not be combined with compute dtype "
                f"float16, whose range is too small. Received: source_name={source_name!r}. "
                "Use bfloat16 or mixed_bfloat16."
            )

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"mode": self._mode, "source_name": self._source_name}

    def _numbers(self, kind: str, count: int, form: str) -> list[int]:
        """The numbers after the mode's slashes."""
        parts = self._mode.split("/")
        try:
            numbers = [int(part) for part in parts[1:]]
        except ValueError:
            numbers = []
        if parts[0] != kind or len(numbers) != count:
            raise ValueError(
                f"{type(self).__name__}: mode must have the form {form!r}. Received: {self._mode!r}"
            )
        return numbers


class QuantizedFloat8DTypePolicy(QuantizedDTypePolicy):
    """The policy of a layer that multiplies in float8, with scales from past maxima.

    Args:
        mode: "float8".
        source_name: the name of the policy that the layer had.
        amax_history_length: how many steps' maxima are kept for the scale.

    Raises:
        ValueError: if an argument is out of range.

    Example:

    >>> import keras_core as keras
    >>> keras.dtype_policies.get("float8_from_float32").amax_history_length
    1024
    """

    default_amax_history_length = 1024

    def __init__(
        self, mode: str, source_name: str | None = None, amax_history_length: int = 1024
    ) -> None:
        super().__init__(mode, source_name)
        if mode != "float8":
            raise ValueError(
                f"QuantizedFloat8DTypePolicy: mode must be 'float8'. Received: {mode!r}"
            )
        if isinstance(amax_history_length, bool) or not isinstance(amax_history_length, int):
            raise TypeError(
                "QuantizedFloat8DTypePolicy: amax_history_length must be an int. "
                f"Received: {amax_history_length!r}"
            )
        self._amax_history_length = amax_history_length

    @property
    def amax_history_length(self) -> int:
        """How many steps' maxima are kept for the scale."""
        return self._amax_history_length

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "amax_history_length": self._amax_history_length}


class Int4DTypePolicy(QuantizedDTypePolicy):
    """The policy of a layer with 4-bit weights that share a scale in blocks.

    Args:
        mode: "int4/<block size>"; block size -1: one scale a channel.
        source_name: the name of the policy that the layer had.

    Raises:
        ValueError: if the mode has another form.

    Example:

    >>> import keras_core as keras
    >>> keras.dtype_policies.Int4DTypePolicy("int4/64", "float32").block_size
    64
    """

    def __init__(self, mode: str, source_name: str | None = None) -> None:
        super().__init__(mode, source_name)
        (self.block_size,) = self._numbers("int4", 1, "int4/<block_size>")
        if self.block_size < -1 or self.block_size == 0:
            raise ValueError(
                "Int4DTypePolicy: the block size must be positive, or -1 for one scale a channel. "
                f"Received: {mode!r}"
            )
        self.mode = "int4"


class _GroupedDTypePolicy(QuantizedDTypePolicy):
    """What GPTQ's and AWQ's policies share: bits a weight, and weights that share a scale."""

    _KIND = ""
    _BITS: tuple[int, ...] = ()

    def __init__(self, mode: str, source_name: str | None = None) -> None:
        super().__init__(mode, source_name)
        numbers = self._numbers(self._KIND, 2, f"{self._KIND}/<weight_bits>/<group_size>")
        self.weight_bits, self.group_size = numbers
        if self.weight_bits not in self._BITS:
            raise ValueError(
                f"{type(self).__name__}: the number of bits must be one of {self._BITS}. "
                f"Received: {mode!r}"
            )
        if self.group_size < -1 or self.group_size == 0:
            raise ValueError(
                f"{type(self).__name__}: the group size must be positive, or -1 for one group. "
                f"Received: {mode!r}"
            )
        self.mode = self._KIND


class GPTQDTypePolicy(_GroupedDTypePolicy):
    """The policy of a layer quantized by GPTQ (Frantar et al., 2022).

    Args:
        mode: "gptq/<weight bits>/<group size>"; bits 2, 3, 4 or 8; group size -1: one group.
        source_name: the name of the policy that the layer had.

    Raises:
        ValueError: if the mode has another form.

    Example:

    >>> import keras_core as keras
    >>> keras.dtype_policies.GPTQDTypePolicy("gptq/4/128", "float32").group_size
    128
    """

    _KIND, _BITS = "gptq", (2, 3, 4, 8)


class AWQDTypePolicy(_GroupedDTypePolicy):
    """The policy of a layer quantized by AWQ (Lin et al., 2023).

    Args:
        mode: "awq/4/<group size>"; group size -1: one group.
        source_name: the name of the policy that the layer had.

    Raises:
        ValueError: if the mode has another form.

    Example:

    >>> import keras_core as keras
    >>> keras.dtype_policies.AWQDTypePolicy("awq/4/128", "float32").weight_bits
    4
    """

    _KIND, _BITS = "awq", (4,)


_CLASSES: dict[str, type[QuantizedDTypePolicy]] = {
    "float8": QuantizedFloat8DTypePolicy,
    "gptq": GPTQDTypePolicy,
    "awq": AWQDTypePolicy,
}


def from_name(name: str) -> QuantizedDTypePolicy:
    """The quantized policy of a name such as "int8_from_float32"."""
    mode, _, source = name.partition("_from_")
    cls = _CLASSES.get(mode.split("/")[0], QuantizedDTypePolicy)
    if mode.startswith("int4/"):
        cls = Int4DTypePolicy
    return cls(mode, source)
