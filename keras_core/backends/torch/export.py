"""Exports from torch: `.pt2` programs by `torch.export`, ONNX by `torch.onnx`."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import re
import warnings
from collections.abc import Iterator
from typing import Any

import torch
from torch._dynamo.exc import UserError

from keras_core.backends.endpoint import Endpoint, Export
from keras_core.backends.torch.arrays import NATIVE_DTYPES
from keras_core.core import errors, scopes


class _Program(torch.nn.Module):
    """An endpoint as a module of flat inputs, with the variables' tensors as its own."""

    def __init__(self, endpoint: Endpoint, variables: list[Any]) -> None:
        super().__init__()
        self.endpoint, self.owners = endpoint, {}
        for i, v in enumerate(variables):
            name = re.sub(r"\W", "_", v.path)
            name = f"{name}_{i}" if hasattr(self, name) else name
            self.owners[name] = v
            if isinstance(v._value, torch.nn.Parameter):
                self.register_parameter(name, v._value)
            else:
                self.register_buffer(name, v._value)

    def forward(self, *values: torch.Tensor) -> Any:
        pairs = [(v, getattr(self, name)) for name, v in self.owners.items()]
        with scopes.StatelessScope(pairs):
            flat = self.endpoint.call_flat(*values)
        return flat[0] if len(flat) == 1 else tuple(flat)


def _exported(export: Export) -> tuple[Any, Endpoint]:
    """The only endpoint as an `ExportedProgram`."""
    (endpoint,) = export.endpoints.values()
    # One size for all that are unknown at the same axis: batches go together.
    sizes: dict[int, Any] = {}
    examples, dynamic = [], []
    for spec in endpoint.flat_inputs:
        shape, free = [], {}
        for axis, size in enumerate(spec.shape):
            if size is None:
                name = "batch" if axis == 0 else f"size_{axis}"
                free[axis] = sizes.setdefault(axis, torch.export.Dim(name, min=1))
                size = 2 + axis * 14
            shape.append(size)
        dynamic.append(free)
        examples.append(torch.ones(shape, dtype=NATIVE_DTYPES[spec.dtype]))
    try:
        with _quiet(), torch.no_grad():
            program = torch.export.export(
                _Program(endpoint, export.variables).eval(),
                tuple(examples),
                dynamic_shapes=(tuple(dynamic),),
                strict=False,
            )
    except UserError as error:
        raise NotImplementedError(
            "torch.export can only take a program that works for any size of the axes that are "
            "None in the input's shape; recurrent layers need the number of steps. "
            f"{str(error).splitlines()[0]}"
        ) from error
    return program, endpoint


def program(path: str, export: Export, options: dict[str, Any]) -> None:
    """Write the only endpoint as a `.pt2` program; see `contract.Exports`."""
    found, _ = _exported(export)
    half = f"{path}.part.pt2"
    try:
        with _quiet(), open(half, "wb", buffering=0) as file:
            sink = _Sink(file)
            torch.export.save(found, sink)
            sink.check()
        os.replace(half, path)
    finally:
        if os.path.exists(half):
            os.unlink(half)


class _Sink(io.RawIOBase):
    """A file of which no write fails: torch's writer, in C++, would end the process.

    The error is kept, and `check` raises it once the writer is done.
    """

    def __init__(self, file: Any) -> None:
        super().__init__()
        self._file = file
        self._failed: OSError | None = None

    def check(self) -> None:
        """Raise what a write failed with."""
        if self._failed is not None:
            raise self._failed

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        try:
            rest = view[: 0 if self._failed else None]
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            self._failed = error
        return len(view)


def onnx(path: str, export: Export, options: dict[str, Any]) -> None:
    """Write the only endpoint as ONNX; see `contract.Exports`."""
    for package in ("onnx", "onnxscript"):
        try:
            __import__(package)
        except ImportError:
            raise errors.missing_package(package, "Exporting to ONNX from torch") from None
    found, endpoint = _exported(export)
    half = f"{path}.part"
    try:
        with _quiet(), _no_form():
            torch.onnx.export(
                found,
                f=half,
                dynamo=True,
                verbose=False,
                external_data=False,
                input_names=[s.name for s in endpoint.flat_inputs],
                output_names=[s.name for s in endpoint.flat_outputs],
                opset_version=options.get("opset_version"),
            )
        _with_wide_indices(half)
        os.replace(half, path)
    finally:
        if os.path.exists(half):
            os.unlink(half)


@contextlib.contextmanager
def _no_form() -> Iterator[None]:
    """What torch.onnx does not know, in words: its own report is pages about its steps."""
    try:
        yield
    except torch.onnx.OnnxExporterError as error:
        inner: BaseException = error
        while inner.__cause__ is not None:
            inner = inner.__cause__
        raise NotImplementedError(
            f"Exporting to ONNX: torch.onnx could not take the program: {inner}"
        ) from error


def _with_wide_indices(path: str) -> None:
    """Make indices of GatherND int64, as ONNX wants them: torch leaves those of int32."""
    import onnx

    model = onnx.load(path)
    nodes = list(model.graph.node)
    del model.graph.node[:]
    for i, node in enumerate(nodes):
        if node.op_type == "GatherND":
            name = f"wide_indices_{i}"
            cast = onnx.helper.make_node("Cast", [node.input[1]], [name], to=onnx.TensorProto.INT64)
            model.graph.node.append(cast)
            node.input[1] = name
        model.graph.node.append(node)
    onnx.save(model, path)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The exporters' remarks about their own insides, unsaid."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


WRITERS = {"torch": program, "onnx": onnx}
