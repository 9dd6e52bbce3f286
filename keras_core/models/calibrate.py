"""Quantization by samples of data: the model is run, and layers round by what reaches them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from keras_core.backends.select import backend
from keras_core.core import tree
from keras_core.core.errors import message
from keras_core.layers.adapted import calibrated
from keras_core.layers.adapted.seam import Adaptable
from keras_core.quantizers.calibration import Inputs


def samples(config: Any, ranks: list[int] | None) -> list[Any]:
    """The inputs to calibrate with, each with a batch axis.

    Texts are tokenized, strung together and cut into sequences; arrays stay as they are, those
    of tokens cut to the sequence's length.

    Raises:
        ValueError: if there is no data, or too little text for one sequence.
    """
    owner, length = type(config).__name__, config.sequence_length
    if config.dataset is None:
        raise ValueError(message(owner, "dataset", "hold samples to calibrate with", None))
    if isinstance(config.dataset, str):
        raise ValueError(message(owner, "dataset", "be an iterable of texts or arrays", "a string"))
    found: list[Any] = []
    tokens: list[np.ndarray] = []
    for item in config.dataset:
        if isinstance(item, (str, bytes)):
            tokens.append(_tokens(config, item))
            if sum(map(len, tokens)) >= length * config.num_samples:
                break
            continue
        found.append(tree.map_structure(lambda x: _array(x, length, ranks), item))
        if len(found) == config.num_samples:
            break
    if tokens:
        flat = np.concatenate(tokens)
        count = min(len(flat) // length, config.num_samples)
        found += [flat[None, i * length : (i + 1) * length] for i in range(count)]
    if not found:
        raise ValueError(
            message(owner, "dataset", f"give at least one sequence of {length} tokens", "less")
        )
    return found


def _tokens(config: Any, text: Any) -> np.ndarray:
    tokenize = getattr(config.tokenizer, "tokenize", config.tokenizer)
    if not callable(tokenize):
        owner = type(config).__name__
        must = "be callable, or have `tokenize`, for a dataset of texts"
        raise ValueError(message(owner, "tokenizer", must, config.tokenizer))
    ids = tokenize(text)
    return np.asarray(backend.arrays.convert_to_numpy(ids)).reshape(-1).astype("int32")


def _array(x: Any, length: int, ranks: list[int] | None) -> np.ndarray:
    x = np.asarray(backend.arrays.convert_to_numpy(x))
    is_tokens = x.dtype.kind in "iu"
    rank = ranks[0] if ranks and len(set(ranks)) == 1 else 2 if is_tokens else x.ndim
    if x.ndim == rank - 1:
        x = x[None]
    return x[:, :length] if is_tokens and x.ndim == 2 else x


def quantize(model: Any, config: Any, wanted: Callable[[Any], bool]) -> bool:
    """Quantize the layers of a model that can be, in the order in which they are called.

    Each is calibrated on what the layers before it, quantized already, make of the samples.
    Where the config has a structure, all layers of a block are calibrated at once.

    Args:
        model: a built model.
        config: a GPTQConfig or AWQConfig with a dataset.
        wanted: which layers.

    Returns:
        Whether there were any.
    """
    inputs = getattr(model, "inputs", None)
    data = samples(config, [len(x.shape) for x in inputs] if inputs else None)
    structure = config.quantization_layer_structure
    if structure is None:
        structure = model.get_quantization_layer_structure(config.mode)
    layers: list[Any] = []
    groups: list[list[Any]]
    if structure:
        groups = [_layers_of(block, wanted) for block in structure["sequential_blocks"]]
    else:
        layers = _layers_of(model, wanted)
        with _watched(layers) as seen:
            model(data[0])
        groups = [[layer] for layer in seen]  # as they were called
    done = False
    for group in groups:
        with _watched(group) as seen:
            for x in data:
                model(x)
        for layer, statistics in seen.items():
            layer.__dict__["_calibration"] = statistics
            try:
                layer.quantize(config=config)
                done = True
            finally:
                del layer.__dict__["_calibration"]
    return done


def _layers_of(root: Any, wanted: Callable[[Any], bool]) -> list[Any]:
    return [
        layer
        for layer in root._flatten_layers()
        if isinstance(layer, Adaptable)
        and "gptq" in layer._schemes
        and type(layer) is layer._quantized_as
        and not layer.quantization_mode
        and calibrated.is_matrix(layer._product)
        and wanted(layer)
    ]


@contextmanager
def _watched(layers: list[Any]) -> Iterator[dict[Any, Inputs]]:
    """While it lasts, what layers are called with is added up; a layer is there once called."""
    seen: dict[Any, Inputs] = {}

    def watch(layer: Any) -> None:
        call = layer.call

        def watched(inputs: Any, *args: Any, **kwargs: Any) -> Any:
            values = np.asarray(backend.arrays.convert_to_numpy(inputs), "float64")
            rows = calibrated.as_rows(layer._product, values)
            seen.setdefault(layer, Inputs(rows.shape[1])).add(rows)
            return call(inputs, *args, **kwargs)

        layer.__dict__["call"] = watched

    for layer in layers:
        watch(layer)
    try:
        yield seen
    finally:
        for layer in layers:
            layer.__dict__.pop("call", None)
