"""What `layer.quantize(config=...)` takes: a mode, and how weights and inputs are rounded."""

from __future__ import annotations

from typing import Any

from keras_core.core.errors import message
from keras_core.quantizers.quantizer import AbsMaxQuantizer


class QuantizationConfig:
    """How a layer is quantized; the base of the configs for each mode.

    Args:
        weight_quantizer: a `Quantizer` of the weights; None for the layer's own choice.
        activation_quantizer: a `Quantizer` of the inputs; None for inputs as they are.

    Example:

    >>> import keras_core as keras
    >>> keras.quantizers.Int8QuantizationConfig(activation_quantizer=None).mode
    'int8'
    """

    def __init__(self, weight_quantizer: Any = None, activation_quantizer: Any = None) -> None:
        self.weight_quantizer = weight_quantizer
        self.activation_quantizer = activation_quantizer

    @property
    def mode(self) -> str:
        """The mode's name, such as "int8"."""
        raise NotImplementedError(
            f"{type(self).__name__} has no mode: take the config of a mode, such as "
            "Int8QuantizationConfig."
        )

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        from keras_core.core.registry import serialize_keras_object

        return {
            "weight_quantizer": serialize_keras_object(self.weight_quantizer),
            "activation_quantizer": serialize_keras_object(self.activation_quantizer),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """A config from what `get_config` gave."""
        from keras_core.quantizers.lookup import get

        return cls(**{k: get(v) if k.endswith("_quantizer") else v for k, v in config.items()})

    @staticmethod
    def weight_quantizer_or_default(config: Any, default: Any) -> Any:
        """The config's quantizer of weights, `default` where it has none."""
        if config is None or config.weight_quantizer is None:
            return default
        return config.weight_quantizer

    @staticmethod
    def activation_quantizer_or_default(config: Any, default: Any) -> Any:
        """The config's quantizer of inputs, None if it has none; `default` without a config."""
        return default if config is None else config.activation_quantizer


def _own_or_default(activation_quantizer: Any, default: Any) -> Any:
    return default if activation_quantizer == "default" else activation_quantizer


def _check_dtype(owner: str, name: str, quantizer: Any) -> None:
    dtype = getattr(quantizer, "output_dtype", "int8")
    if dtype != "int8":
        raise ValueError(message(owner, name, "have output_dtype 'int8'", dtype))


class Int8QuantizationConfig(QuantizationConfig):
    """Weights as 8-bit integers, and inputs too unless told otherwise.

    Args:
        weight_quantizer: a `Quantizer` of the weights; None for one scale a channel.
        activation_quantizer: a `Quantizer` of the inputs; "default" for one scale a row, None
            for inputs as they are.

    Raises:
        ValueError: if a quantizer gives something else than int8.

    Example:

    >>> import keras_core as keras
    >>> layer = keras.layers.Dense(2)
    >>> layer.build((None, 3))
    >>> layer.quantize(config=keras.quantizers.Int8QuantizationConfig(activation_quantizer=None))
    """

    def __init__(self, weight_quantizer: Any = None, activation_quantizer: Any = "default") -> None:
        super().__init__(weight_quantizer, _own_or_default(activation_quantizer, AbsMaxQuantizer()))
        for name in ("weight_quantizer", "activation_quantizer"):
            _check_dtype(type(self).__name__, name, getattr(self, name))

    @property
    def mode(self) -> str:
        return "int8"


class Int4QuantizationConfig(QuantizationConfig):
    """Weights as 4-bit integers, two in a byte.

    Args:
        weight_quantizer: a `Quantizer` of the weights, without blocks; None for the default.
        activation_quantizer: a `Quantizer` of the inputs, without blocks; "default" and None
            for inputs as they are.
        block_size: how many weights of a channel share a scale and a zero point; None or -1
            for one scale a channel.

    Raises:
        ValueError: if `block_size` is no size, or does not go with own quantizers.

    Example:

    >>> import keras_core as keras
    >>> keras.quantizers.Int4QuantizationConfig(block_size=64).block_size
    64
    """

    def __init__(
        self,
        weight_quantizer: Any = None,
        activation_quantizer: Any = "default",
        block_size: int | None = 128,
    ) -> None:
        super().__init__(weight_quantizer, _own_or_default(activation_quantizer, None))
        owner = type(self).__name__
        if block_size is not None and (
            isinstance(block_size, bool)
            or not isinstance(block_size, int)
            or (block_size < 1 and block_size != -1)
        ):
            raise ValueError(
                message(owner, "block_size", "be a positive int, -1 or None", block_size)
            )
        own = [k for k in ("weight_quantizer", "activation_quantizer") if getattr(self, k)]
        if own and block_size not in (None, -1):
            raise ValueError(
                message(
                    owner, "block_size", f"be None or -1 with a {own[0]} of your own", block_size
                )
            )
        for name in own:
            _check_dtype(owner, name, getattr(self, name))
        self.block_size = block_size

    @property
    def mode(self) -> str:
        return "int4"

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "block_size": self.block_size}


class Float8QuantizationConfig(QuantizationConfig):
    """Products of 8-bit floats, with scales from past steps; trainable.

    Reference:
        Micikevicius et al., 2022, https://arxiv.org/abs/2209.05433

    Example:

    >>> import keras_core as keras
    >>> keras.quantizers.Float8QuantizationConfig().mode
    'float8'
    """

    def __init__(self) -> None:
        super().__init__()

    @property
    def mode(self) -> str:
        return "float8"

    def get_config(self) -> dict[str, Any]:
        return {}


class _CalibratedConfig(QuantizationConfig):
    """What GPTQ and AWQ share: weights are rounded by what samples of data show."""

    _BITS: tuple[int, ...]
    _saved: tuple[str, ...]

    def _keep(self, **values: Any) -> None:
        owner = type(self).__name__
        for name in ("num_samples", "sequence_length", "num_grid_points"):
            value = values.get(name, 1)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ValueError(message(owner, name, "be a positive int", value))
        if values["weight_bits"] not in self._BITS:
            raise ValueError(
                message(owner, "weight_bits", f"be one of {self._BITS}", values["weight_bits"])
            )
        group_size = values["group_size"]
        if not isinstance(group_size, int) or group_size < -1 or group_size == 0:
            raise ValueError(message(owner, "group_size", "be a positive int or -1", group_size))
        self.__dict__.update(values)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments; data, tokenizer and layers stay out (None)."""
        absent = dict.fromkeys(("dataset", "tokenizer", "quantization_layer_structure"))
        return {k: getattr(self, k) for k in self._saved} | absent

    def dtype_policy_string(self) -> str:
        """The mode as a dtype policy's name has it: "gptq/4/128"."""
        return f"{self.mode}/{self.weight_bits}/{self.group_size}"

    weight_bits: int
    group_size: int


class GPTQConfig(_CalibratedConfig):
    """GPTQ: each column of weights is rounded so that later ones make up for its error.

    Args:
        dataset: samples to calibrate with: texts, or arrays of token ids.
        tokenizer: a callable or object with `tokenize` from text to token ids; None for data
            that is tokens already.
        weight_bits: 2, 3, 4 or 8.
        num_samples: how many samples are used.
        per_channel: whether each channel has its own scale.
        sequence_length: how many tokens a sample has.
        hessian_damping: what is added to the Hessian's diagonal, as a fraction of its mean;
            0 to 1.
        group_size: how many weights of a channel share a scale; -1 for all.
        symmetric: whether ranges are symmetric around zero.
        activation_order: whether the weights of the largest inputs are rounded first.
        quantization_layer_structure: which layers, in which order: a dict of
            "pre_block_layers" and "sequential_blocks"; None for what the model says.

    Raises:
        ValueError: if an argument is out of range.

    Reference:
        Frantar et al., 2022, https://arxiv.org/abs/2210.17323

    Example:

    >>> import keras_core as keras
    >>> keras.quantizers.GPTQConfig(["a text"], None, group_size=64).dtype_policy_string()
    'gptq/4/64'
    """

    _BITS = (2, 3, 4, 8)
    _saved = (
        "weight_bits", "num_samples", "per_channel", "sequence_length", "hessian_damping",
        "group_size", "symmetric", "activation_order", "quantization_layer_structure",
    )  # fmt: skip

    def __init__(
        self,
        dataset: Any,
        tokenizer: Any,
        *,
        weight_bits: int = 4,
        num_samples: int = 128,
        per_channel: bool = True,
        sequence_length: int = 512,
        hessian_damping: float = 0.01,
        group_size: int = 128,
        symmetric: bool = False,
        activation_order: bool = False,
        quantization_layer_structure: Any = None,
    ) -> None:
        super().__init__()
        if not 0 <= hessian_damping <= 1:
            raise ValueError(
                message("GPTQConfig", "hessian_damping", "be from 0 to 1", hessian_damping)
            )
        self._keep(
            dataset=dataset, tokenizer=tokenizer, weight_bits=weight_bits,
            num_samples=num_samples, per_channel=per_channel, sequence_length=sequence_length,
            hessian_damping=hessian_damping, group_size=group_size, symmetric=symmetric,
            activation_order=activation_order,
            quantization_layer_structure=quantization_layer_structure,
        )  # fmt: skip

    @property
    def mode(self) -> str:
        return "gptq"


class AWQConfig(_CalibratedConfig):
    """AWQ: weights of large inputs are scaled up before rounding, by what loses least.

    Args:
        dataset: samples to calibrate with: texts, or arrays of token ids.
        tokenizer: a callable or object with `tokenize` from text to token ids; None for data
            that is tokens already.
        weight_bits: 4.
        num_samples: how many samples are used.
        sequence_length: how many tokens a sample has.
        group_size: how many weights of a channel share a scale; -1 for all.
        num_grid_points: how many strengths of scaling are tried.
        quantization_layer_structure: which layers, in which order: a dict of
            "pre_block_layers" and "sequential_blocks"; None for what the model says.

    Raises:
        ValueError: if an argument is out of range.

    Reference:
        Lin et al., 2023, https://arxiv.org/abs/2306.00978

    Example:

    >>> import keras_core as keras
    >>> keras.quantizers.AWQConfig(["a text"], None).dtype_policy_string()
    'awq/4/128'
    """

    _BITS = (4,)
    _saved = (
        "weight_bits", "num_samples", "sequence_length", "group_size", "num_grid_points",
        "quantization_layer_structure",
    )  # fmt: skip

    def __init__(
        self,
        dataset: Any,
        tokenizer: Any,
        *,
        weight_bits: int = 4,
        num_samples: int = 128,
        sequence_length: int = 512,
        group_size: int = 128,
        num_grid_points: int = 20,
        quantization_layer_structure: Any = None,
    ) -> None:
        super().__init__()
        self._keep(
            dataset=dataset, tokenizer=tokenizer, weight_bits=weight_bits,
            num_samples=num_samples, sequence_length=sequence_length, group_size=group_size,
            num_grid_points=num_grid_points,
            quantization_layer_structure=quantization_layer_structure,
        )  # fmt: skip

    @property
    def mode(self) -> str:
        return "awq"
