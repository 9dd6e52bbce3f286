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
