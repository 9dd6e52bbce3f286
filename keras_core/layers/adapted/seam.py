"""Adaptable: `enable_lora`, `quantize` and what follows from them, for layers with one weight."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from keras_core import dtype_policies, ops, quantizers
from keras_core.core import errors, scopes
from keras_core.layers.base.layer import Layer

if TYPE_CHECKING:
    from keras_core.layers.adapted.scheme import Scheme

#: The schemes of layers that are products with a kernel.
PRODUCT_SCHEMES = {mode: f"{mode}_product" for mode in ("int8", "int4", "float8")}
PRODUCT_SCHEMES |= dict.fromkeys(("gptq", "awq"), "calibrated_product")
MODES = ("int8", "float8", "int4", "gptq", "awq")


def weight_property(name: str) -> property:
    """The property behind `layer.kernel`: the variable, or what it stands for when adapted."""

    def read(self: Adaptable) -> Any:
        return self._effective_weight()

    def write(self: Adaptable, value: Any) -> None:
        self.__dict__[name] = value

    read.__doc__ = (
        "The weight: a variable, or as a tensor with low-rank updates added or taken apart."
    )
    return property(read, write)


def raw_property(name: str) -> property:
    """The property behind `layer._kernel`: the variable as it is stored."""

    def read(self: Adaptable) -> Any:
        return self.__dict__[name]

    return property(read)


class Adaptable(Layer):
    """A layer whose one large weight may be quantized, or kept and given low-rank updates.

    A subclass calls `_build_weight(shape)` in `build` and `_build_updates()` at its end, and
    reads the weight in `call` as `self.kernel if self.lora_enabled else self._kernel.tensor`.
    """

    #: The weight's name.
    _adapted: ClassVar[str] = "kernel"
    #: By mode, how the weight is stored and used.
    _schemes: ClassVar[dict[str, str]] = {}
    #: The class that `quantize` is for; others say `type_check=False`.
    _quantized_as: ClassVar[type | None] = None

    lora_enabled = False
    lora_rank: int | None
    lora_alpha: float | None
    quantization_config: Any = None
    _adapted_shape: tuple[int, ...]

    # Building ----------------------------------------------------------------------------

    def _keep_strategies(self) -> None:
        """Settle the options `lora_rank`, `lora_alpha` and `quantization_config`."""
        state = self.__dict__
        state["_wanted_lora"] = state.get("lora_rank"), state.get("lora_alpha")
        config = state.get("quantization_config")
        if isinstance(config, dict):
            config = state["quantization_config"] = quantizers.deserialize(config)
        if config is not None and not isinstance(config, quantizers.QuantizationConfig):
            owner = f"{type(self).__name__} {self.name!r}"
            must = "be one of the quantizers' configs, or None"
            raise ValueError(errors.message(owner, "quantization_config", must, config))

    def _build_weight(self, shape: tuple[int, ...]) -> None:
        name = self._adapted
        self.__dict__["_adapted_shape"] = shape
        mode = self.quantization_mode
        if mode:
            build: Any = self.quantized_build
            build(shape, mode, self.quantization_config)
        if not mode or not self._scheme(mode).stores:
            self.__dict__[name] = self.add_weight(
                name=name,
                shape=shape,
                initializer=getattr(self, f"{name}_initializer"),
                regularizer=getattr(self, f"{name}_regularizer"),
                constraint=getattr(self, f"{name}_constraint"),
            )

    def _build_updates(self) -> None:
        rank, alpha = self.__dict__.get("_wanted_lora", (None, None))
        if rank:
            self._add_updates(rank, alpha, "he_uniform", "zeros")

    def _effective_weight(self) -> Any:
        mode = self.quantization_mode
        stored = mode and self._scheme(mode).stores
        if not stored:
            variable = self.__dict__.get(self._adapted)
            if variable is None:
                raise AttributeError(
                    f"{self!r} has no {self._adapted} yet. Build the layer first: call it on data, "
                    "or call build(input_shape)."
                )
            return ops.add(variable.tensor, self._update()) if self.lora_enabled else variable
        scheme = self._scheme(mode)
        if not self.lora_enabled:
            return scheme.shown(self)
        return ops.add(scheme.decode(self), self._update())

    # Low-rank updates --------------------------------------------------------------------

    def enable_lora(
        self,
        rank: int,
        lora_alpha: float | None = None,
        a_initializer: Any = "he_uniform",
        b_initializer: Any = "zeros",
    ) -> None:
        """Freeze the weight and train an update of low rank, which is added to it.

        The update is `lora_alpha / rank * a @ b`. Saving adds it to the weight, but for
        `.safetensors` files, which hold both apart.

        Args:
            rank: the rank, a positive int.
            lora_alpha: how much updates count; None for `rank`, a factor of one.
            a_initializer: of the first factor, of shape `(*weight.shape[:-1], rank)`.
            b_initializer: of the second one, of shape `(rank, weight.shape[-1])`.

        Raises:
            ValueError: if the layer is not built, has a constraint on the weight, or is
                enabled already, or `rank` is no positive int.

        Reference:
            Hu et al., 2021, https://arxiv.org/abs/2106.09685

        Example:

        >>> import keras_core as keras
        >>> layer = keras.layers.Dense(2)
        >>> layer.build((None, 3))
        >>> layer.enable_lora(1)
        >>> [v.name for v in layer.trainable_variables]
        ['bias', 'lora_kernel_a', 'lora_kernel_b']
        """
        owner = f"{type(self).__name__} {self.name!r}"
        if isinstance(rank, bool) or not isinstance(rank, int) or rank < 1:
            raise ValueError(f"{owner}: rank must be a positive int. Received: rank={rank!r}")
        if getattr(self, f"{self._adapted}_constraint", None) is not None:
            raise ValueError(
                f"{owner}: enable_lora() cannot keep {self._adapted}_constraint. Make the layer "
                "without it."
            )
        if not self.built:
            raise ValueError(f"{owner}: enable_lora() needs a built layer. Call build() first.")
        if self.lora_enabled:
            raise ValueError(f"{owner}: enable_lora() has been called before, and works once.")
        self._add_updates(rank, lora_alpha, a_initializer, b_initializer)
        self._after_build()

    def _add_updates(self, rank: int, alpha: float | None, a: Any, b: Any) -> None:
        name, state = self._adapted, self.__dict__
        shape = self._adapted_shape
        regularizer = getattr(self, f"{name}_regularizer", None)
        for part, size, initializer in (
            ("a", (*shape[:-1], rank), a),
            ("b", (rank, shape[-1]), b),
        ):
            state[f"lora_{name}_{part}"] = self.add_weight(
                name=f"lora_{name}_{part}",
                shape=size,
                initializer=initializer,
                regularizer=regularizer,
            )
        if name in state:
            state[name].trainable = False
        state["lora_enabled"] = True
        state["lora_rank"] = rank
        state["lora_alpha"] = rank if alpha is None else alpha

    def _update_factors(self) -> tuple[Any, Any, float]:
        state, name = self.__dict__, self._adapted
        factor = state["lora_alpha"] / state["lora_rank"]
        return state[f"lora_{name}_a"].tensor, state[f"lora_{name}_b"].tensor, factor

    def _update(self) -> Any:
        a, b, factor = self._update_factors()
        return ops.multiply(ops.matmul(a, b), factor)

    # Quantization ------------------------------------------------------------------------

    def _scheme(self, mode: str | None) -> Scheme:
        from keras_core.layers.adapted import schemes

        found = self._schemes.get(mode or "")
        if found is None:
            raise NotImplementedError(
                f"{type(self).__name__} {self.name!r}: quantization mode must be one of "
                f"{', '.join(map(repr, self._schemes))}. Received: mode={mode!r}"
            )
        return schemes.by_name(found)

    def quantize(self, mode: Any = None, type_check: bool = True, config: Any = None) -> None:
        """Replace the weight by its quantized form, in place.

        Args:
            mode: "int8", "int4", "float8", "gptq" or "awq".
            type_check: whether a subclass is refused, which may compute something else.
            config: a quantization config in place of, or in addition to, `mode`.

        Raises:
            NotImplementedError: if the class cannot be quantized.
            ValueError: if the layer is not built, or quantized already, or the mode unknown.

        Example:

        >>> import keras_core as keras
        >>> layer = keras.layers.Dense(2)
        >>> layer.build((None, 3))
        >>> layer.quantize("int8")
        >>> layer.dtype_policy.name, layer.kernel.dtype
        ('int8_from_float32', 'int8')
        """
        owner = f"{type(self).__name__} {self.name!r}"
        if not self._schemes or (type_check and type(self) is not self._quantized_as):
            raise NotImplementedError(f"{owner} cannot be quantized.")
        config = settled(owner, mode, config)
        if not self.built:
            raise ValueError(f"{owner}: quantize() needs a built layer. Call build() first.")
        if self.quantization_mode:
            raise ValueError(
                f"{owner} is quantized already, with dtype policy {self._dtype_policy.name!r}. "
                f"Received: mode={config.mode!r}"
            )
        policy = policy_for(config, self._dtype_policy.name)
        values = self._scheme(config.mode).encode(self, config)
        self._take_form(policy, config)
        for name, value in values.items():
            self.__dict__[name].assign(value)

    def _take_form(self, policy: Any, config: Any) -> None:
        """Have the variables of a quantized layer, whose values are still to come."""
        state = self.__dict__
        scheme = self._scheme(policy.quantization_mode)
        state["quantization_config"] = config
        state["_dtype_policy"] = policy
        if not self.built:
            return
        pending = scopes.local.skip_initial_values
        for name in scheme.replaced(self):
            variable = state.pop(name)
            self._untrack_variable(variable)
            if pending is not None:
                pending.forget(variable)
        build: Any = self.quantized_build
        build(self._adapted_shape, policy.quantization_mode, config)
        self._after_build()

    def _quantized_build(self, shape: Any, mode: str, config: Any = None) -> None:
        state = self.__dict__
        state["_adapted_shape"] = tuple(shape)
        for name, variable in self._scheme(mode).build(self, tuple(shape), config).items():
            state[name] = variable

    def quantized_call(self, *args: Any, **kwargs: Any) -> Any:
        """What `call` is when the layer is quantized."""
        return self._scheme(self.quantization_mode).call(self, *args, **kwargs)

    # Files and configs -------------------------------------------------------------------

    @property
    def variable_serialization_spec(self) -> dict[str | None, list[str]]:
        """By quantization mode, the names of the variables in the order that files have."""
        from keras_core.layers.adapted import schemes

        bare = [self._adapted, *self._beside()]
        return {None: bare} | {
            mode: schemes.by_name(name).order(self) for mode, name in self._schemes.items()
        }

    def _beside(self) -> list[str]:
        """The names of other variables, which stay as they are."""
        return ["bias"]

    def _saved_state(self) -> list[Any]:
        mode = self.quantization_mode
        if not mode and not self.lora_enabled:
            return super()._saved_state()
        state = self.__dict__
        names = self.variable_serialization_spec[mode]
        found = [state[name] for name in names if state.get(name) is not None]
        known = {id(v) for v in found} | {
            id(state.get(f"lora_{self._adapted}_{part}")) for part in "ab"
        }
        return found + [v for v in super()._saved_state() if id(v) not in known]

    def _saved_values(self) -> list[Any]:
        if not self.lora_enabled:
            return super()._saved_values()
        state, mode = self.__dict__, self.quantization_mode
        merged = ops.convert_to_numpy(self._effective_weight())
        if mode and self._scheme(mode).stores:
            values = self._scheme(mode).encode(self, self._config_of(mode), merged)
        else:
            values = {self._adapted: merged}
        by_variable = {id(state[name]): value for name, value in values.items()}
        return [by_variable.get(id(v), v) for v in self._saved_state()]

    def _after_loading(self) -> None:
        if self.lora_enabled:  # the file's weight has the update in it
            b = self.__dict__[f"lora_{self._adapted}_b"]
            b.assign(ops.zeros(b.shape, b.dtype))

    def _config_of(self, mode: str) -> Any:
        """The quantization config, made from the policy where the layer was given none."""
        if self.quantization_config is not None:
            return self.quantization_config
        if mode == "int4":
            return quantizers.Int4QuantizationConfig(
                None, None, getattr(self._dtype_policy, "block_size", None)
            )
        if mode in ("gptq", "awq"):
            cls = quantizers.GPTQConfig if mode == "gptq" else quantizers.AWQConfig
            policy: Any = self._dtype_policy
            return cls(None, None, weight_bits=policy.weight_bits, group_size=policy.group_size)
        return settled(type(self).__name__, mode, None)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        if "quantization_config" in config:
            from keras_core.core import registry

            config["quantization_config"] = registry.serialize_keras_object(
                self.quantization_config
            )
        if self.lora_enabled:
            config |= {"lora_rank": self.lora_rank, "lora_alpha": self.lora_alpha}
        return config


def settled(owner: str, mode: Any, config: Any) -> Any:
    """The quantization config that `mode` and `config` stand for.

    Raises:
        ValueError: if there is none, or they contradict each other.
    """
    if config is None and isinstance(mode, quantizers.QuantizationConfig):
        mode, config = None, mode
    if config is None and mode is None:
        raise ValueError(f"{owner}: quantize() needs `mode` or `config`.")
    if mode is not None and mode not in MODES:
        raise ValueError(
            f"{owner}: mode must be one of {', '.join(map(repr, MODES))}. Received: mode={mode!r}"
        )
    if config is None:
        if mode in ("gptq", "awq"):
            raise ValueError(
                f"{owner}: mode {mode!r} calibrates on data: pass a "
                f"quantizers.{mode.upper()}Config as `config`."
            )
        names = {"int8": "Int8", "int4": "Int4", "float8": "Float8"}
        return getattr(quantizers, f"{names[str(mode)]}QuantizationConfig")()
    if not isinstance(config, quantizers.QuantizationConfig):
        raise ValueError(
            f"{owner}: config must be a QuantizationConfig. Received: config={config!r}"
        )
    if mode is not None and config.mode != mode:
        raise ValueError(
            f"{owner}: mode and config must be of one mode. Received: mode={mode!r}, config of "
            f"mode {config.mode!r}"
        )
    return config


def policy_for(config: Any, source: str) -> Any:
    """The dtype policy of a layer of policy `source` after quantization."""
    mode = config.mode
    if mode == "int4":
        mode = f"int4/{config.block_size or -1}"
    elif hasattr(config, "dtype_policy_string"):
        mode = config.dtype_policy_string()
    return dtype_policies.get(f"{mode}_from_{source}")
