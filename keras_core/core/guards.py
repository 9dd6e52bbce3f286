"""What built-in classes may not be told by a file, by class name.

Some constructors open a path, run code, import a library or fill the memory for arguments that
are fine from the user's own hand. Under `safe_mode` a config that would make them do so is
refused here, before the class sees it, whatever the class itself checks.
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Callable
from typing import Any

from keras_core.core.errors import UnsafeFileError

_log = logging.getLogger("keras_core")


def _refuse(cls: type, why: str) -> None:
    raise UnsafeFileError(
        f"{cls.__name__}: {why} If you trust where the file comes from, pass safe_mode=False."
    )


def _runs_code(why: str) -> Callable[[type, dict[str, Any]], None]:
    def check(cls: type, config: dict[str, Any]) -> None:
        _refuse(cls, why)

    return check


def _no_path(*arguments: str) -> Callable[[type, dict[str, Any]], None]:
    def check(cls: type, config: dict[str, Any]) -> None:
        for argument in arguments:
            if isinstance(config.get(argument), str):
                _refuse(
                    cls,
                    f"the config's {argument!r} is a path, and loading opens no path because a "
                    f"file says so (received: {config[argument]!r}).",
                )

    return check


def _described(*arguments: str) -> Callable[[type, dict[str, Any]], None]:
    """Only what the closed table or the user's own registry builds: no text to be unpickled."""

    def check(cls: type, config: dict[str, Any]) -> None:
        for argument in arguments:
            value = config.get(argument)
            if value is None:
                continue
            if not isinstance(value, dict) or value.get("class_name") in (
                "__lambda__",
                "__bytes__",
            ):
                _refuse(cls, f"the config's {argument!r} holds code, which is not run by default.")

    return check


def _at_most(limit: int, *arguments: str) -> Callable[[type, dict[str, Any]], None]:
    """What is made in as many pieces as an argument says, or as the product of several."""

    def check(cls: type, config: dict[str, Any]) -> None:
        values = [config.get(argument, 1) for argument in arguments]
        numbers = [v for v in values if isinstance(v, (int, float)) and v > 1]
        if math.prod(numbers) > limit:
            _refuse(cls, f"the config's {arguments} are {values}, more than any model needs.")

    return check


def _quick_patterns(argument: str, most: int = 3) -> Callable[[type, dict[str, Any]], None]:
    """Regular expressions that end soon for a name, in a list or as keys of a dict.

    With n repeats they take the n-th power of the name's length, where one is matched as a whole.
    """

    def check(cls: type, config: dict[str, Any]) -> None:
        patterns = config.get(argument)
        if isinstance(patterns, dict) and isinstance(patterns.get("config"), dict):
            patterns = patterns["config"].get(argument)
        for pattern in patterns if isinstance(patterns, (list, tuple, dict)) else ():
            if isinstance(pattern, str) and _may_be_slow(pattern, most):
                _refuse(
                    cls,
                    f"the config's {argument!r} has a regular expression with repeated groups, or "
                    f"over {most} repeats, which may take forever (received: {pattern!r}).",
                )

    return check


def _may_be_slow(pattern: str, most: int) -> bool:
    text = re.sub(r"\\.|\[\^?\]?[^\]]*\]", "x", pattern, flags=re.DOTALL)  # of one character each
    verbose = re.search(r"\(\?[a-zA-Z]*x", text)  # in which spaces may stand before a repeat
    repeats = len(re.findall(r"[*+?{]", text.replace("(?", "(")))
    return bool(verbose or re.search(r"\)[*+{]", text)) or repeats > most


def _all(*checks: Callable[[type, dict[str, Any]], None]) -> Callable[[type, dict[str, Any]], None]:
    def check(cls: type, config: dict[str, Any]) -> None:
        for one in checks:
            one(cls, config)

    return check


def _lambda(cls: type, config: dict[str, Any]) -> None:
    for argument in ("function", "output_shape", "mask"):
        value = config.get(argument)
        if isinstance(value, (list, tuple)) and argument == "function":
            _refuse(cls, "the config holds Python code.")  # Keras 2's form
        if isinstance(value, dict) and value.get("class_name") == "__lambda__":
            _refuse(cls, "the config holds Python code, which is not run by default.")
        if config.get(f"{argument}_type") == "lambda":
            _refuse(cls, "the config holds Python code, which is not run by default.")


_thresholds = _at_most(1 << 20, "num_thresholds")
_lookup = _all(_no_path("vocabulary", "idf_weights"), _at_most(1 << 20, "num_oov_indices"))

_CHECKS: dict[str, Callable[[type, dict[str, Any]], None]] = {
    "Lambda": _lambda,
    "TFSMLayer": _runs_code("it runs a SavedModel from a path that the file names."),
    "TorchModuleWrapper": _runs_code("it unpickles a torch module, which can run any code."),
    "FlaxLayer": _described("module"),
    "JaxLayer": _described("call_fn", "init_fn"),
    "StringLookup": _lookup,
    "IntegerLookup": _lookup,
    "TextVectorization": _no_path("vocabulary", "idf_weights"),
    "IndexLookup": _lookup,
    "MelSpectrogram": _at_most(1 << 26, "fft_length", "num_mel_bins"),
    "AUC": _thresholds,
    "SensitivityAtSpecificity": _thresholds,
    "SpecificityAtSensitivity": _thresholds,
    "PrecisionAtRecall": _thresholds,
    "RecallAtPrecision": _thresholds,
    "DTypePolicyMap": _quick_patterns("policy_map"),
    "MultiOptimizer": _quick_patterns("optimizer_map"),
    "Muon": _quick_patterns("exclude_layers", 2),  # a search begins at each letter of a name
    "OptimizerMap": _quick_patterns("optimizer_map"),
}


def check(cls: type, config: dict[str, Any]) -> None:
    """Raise `UnsafeFileError` if a class, or a base of it, must not be built from this config."""
    for base in cls.__mro__:
        found = _CHECKS.get(base.__name__)
        if found is not None and base.__module__.startswith("keras_core"):
            found(cls, config)


def announce(cls: type, config: dict[str, Any]) -> None:
    """Say what `check` would have refused, now that the caller has lifted safe mode.

    The code of lambdas is announced in more detail when it is read.
    """
    try:
        check(cls, config)
    except UnsafeFileError as error:
        if cls.__name__ != "Lambda":
            _log.warning("safe_mode=False allows what is refused else: %s", error)
