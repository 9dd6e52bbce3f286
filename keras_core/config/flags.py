"""Switches."""

from __future__ import annotations

from keras_core.core import settings


def enable_flash_attention() -> None:
    """Let attention use the framework's fused kernels (the default).

    Example:

    >>> import keras_core as keras
    >>> keras.config.enable_flash_attention()
    """
    settings.flags["flash_attention"] = True


def disable_flash_attention() -> None:
    """Keep attention from using the framework's fused kernels.

    Example:

    >>> import keras_core as keras
    >>> keras.config.disable_flash_attention()
    >>> keras.config.enable_flash_attention()
    """
    settings.flags["flash_attention"] = False


def is_flash_attention_enabled() -> bool | None:
    """Whether fused attention kernels are used: True, False, or None where it was never set.

    Example:

    >>> import keras_core as keras
    >>> keras.config.is_flash_attention_enabled()
    """
    return settings.flags["flash_attention"]


def enable_interactive_logging() -> None:
    """Show progress bars and messages on standard output (the default).

    Example:

    >>> import keras_core as keras
    >>> keras.config.enable_interactive_logging()
    """
    settings.flags["interactive_logging"] = True


def disable_interactive_logging() -> None:
    """Send progress and messages to the logging module in place of standard output.

    Example:

    >>> import keras_core as keras
    >>> keras.config.disable_interactive_logging()
    """
    settings.flags["interactive_logging"] = False


def is_interactive_logging_enabled() -> bool:
    """Whether progress goes to standard output.

    Example:

    >>> import keras_core as keras
    >>> keras.config.is_interactive_logging_enabled()
    """
    return bool(settings.flags["interactive_logging"])


def enable_traceback_filtering() -> None:
    """End tracebacks at the user's line: leave this package's own frames out (the default).

    Example:

    >>> import keras_core as keras
    >>> keras.config.enable_traceback_filtering()
    """
    settings.flags["traceback_filtering"] = True


def disable_traceback_filtering() -> None:
    """Show whole tracebacks.

    Example:

    >>> import keras_core as keras
    >>> keras.config.disable_traceback_filtering()
    >>> keras.config.enable_traceback_filtering()
    """
    settings.flags["traceback_filtering"] = False


def is_traceback_filtering_enabled() -> bool:
    """Whether tracebacks end at the user's line.

    Example:

    >>> import keras_core as keras
    >>> keras.config.is_traceback_filtering_enabled()
    """
    return bool(settings.flags["traceback_filtering"])


def set_shared_random_numbers(value: bool = True) -> None:
    """Let `keras_core.random` draw the same numbers on every backend, or its own on each.

    Off by default: each framework then draws by its fastest generator. Switched on, all of
    `keras_core.random`, and so dropout, noise and augmentation, follows Threefry-2x32-20 in
    operations that all backends share, and a training run can be compared across them. The same
    seed and number of draws give

    - equal bits of `uniform` between 0 and 1, `randint`, `shuffle` and dropout's masks;
    - `normal`, `truncated_normal`, `gamma`, `beta` and uniform numbers in other ranges up to
      rounding (1e-5 relative and absolute in float32);
    - `categorical` and `binomial` but for ties: a comparison of rounded numbers, there and in
      the rejections of `gamma` and `beta`, may turn out differently about once in a million.

    JAX has no float64 unless told to: such draws are float32 there, and others.

    What was compiled before (a model's steps, `jit`, `tf.function`) keeps what it was compiled
    with: switch it before a model is compiled or called. docs/random_numbers.md says what it
    costs.

    Args:
        value: whether numbers are shared.

    Raises:
        TypeError: if value is not a bool.

    Reference:
        Salmon et al., 2011, https://doi.org/10.1145/2063384.2063405

    Example:

    >>> import keras_core as keras
    >>> keras.config.set_shared_random_numbers(True)
    >>> [int(i) for i in keras.random.randint((5,), 0, 10, seed=1)]
    [7, 0, 0, 9, 3]
    >>> keras.config.set_shared_random_numbers(False)
    """
    if not isinstance(value, bool):
        raise TypeError(f"set_shared_random_numbers: value must be a bool. Received: {value!r}")
    settings.flags["shared_random_numbers"] = value


def shared_random_numbers() -> bool:
    """Whether `keras_core.random` draws the same numbers on every backend.

    Example:

    >>> import keras_core as keras
    >>> keras.config.shared_random_numbers()
    False
    """
    return bool(settings.flags["shared_random_numbers"])


def enable_unsafe_deserialization() -> None:
    """Refuses: what a file may run is decided call by call here, with `safe_mode=False`.

    Raises:
        RuntimeError: always. A process-wide switch would also hold for files that were not
            meant.

    Example:

    >>> import keras_core as keras
    >>> keras.config.enable_unsafe_deserialization()  # doctest: +SKIP
    """
    raise RuntimeError(
        "There is no process-wide switch for unsafe loading. Pass safe_mode=False to the one "
        "call that loads a file you trust, e.g. load_model(path, safe_mode=False)."
    )


def is_nnx_enabled() -> bool:
    """Whether variables are made for flax.nnx; they work there without it.

    Example:

    >>> import keras_core as keras
    >>> keras.config.is_nnx_enabled()
    False
    """
    return False
