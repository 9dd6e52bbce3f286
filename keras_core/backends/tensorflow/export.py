"""Exports from TensorFlow: SavedModel and LiteRT natively, ONNX through tf2onnx."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from keras_core.backends import _saved_model
from keras_core.backends.endpoint import Export
from keras_core.backends.variable import BaseVariable
from keras_core.core import errors


def saved_model(path: str, export: Export, options: dict[str, Any]) -> None:
    """Write a SavedModel; see `contract.Exports`."""

    def variable_of(v: Any) -> Any:
        return v._value if isinstance(v, BaseVariable) else v

    functions = {name: endpoint.function for name, endpoint in export.endpoints.items()}
    _saved_model.write(path, export, functions, variable_of, options.get("options"))


def onnx(path: str, export: Export, options: dict[str, Any]) -> None:
    """Write the only endpoint as ONNX; see `contract.Exports`."""
    try:
        from onnx import defs as schemas
        from tf2onnx import optimizer, tfonnx
    except ImportError:
        raise errors.missing_package("tf2onnx", "Exporting to ONNX from TensorFlow") from None
    from tensorflow.python.framework import convert_to_constants

    (endpoint,) = export.endpoints.values()
    inputs, outputs = endpoint.flat_inputs, endpoint.flat_outputs
    signature = [tf.TensorSpec(s.shape, s.dtype, name=s.name) for s in inputs]

    def named(*values: Any) -> list[Any]:
        flat = endpoint.call_flat(*values)
        return [tf.identity(y, name=s.name) for y, s in zip(flat, outputs, strict=True)]

    function = tf.function(named, input_signature=signature, autograph=False)
    with _saved_model.quiet():
        frozen = convert_to_constants.convert_variables_to_constants_v2(
            function.get_concrete_function()
        )
        graph_def = frozen.graph.as_graph_def()
        _refuse_bfloat16(graph_def)
        graph_def = _in_two(graph_def)
        with tf.Graph().as_default() as graph, tf.compat.v1.Session(graph=graph):
            tf.import_graph_def(graph_def, name="")
            try:
                converted = tfonnx.process_tf_graph(
                    graph,
                    opset=options.get("opset_version") or 18,
                    input_names=[x.name for x in frozen.inputs],
                    output_names=[x.name for x in frozen.outputs],
                    custom_op_handlers={k: (_floored, [k]) for k in ("FloorMod", "FloorDiv")},
                )
            except Exception as error:  # it has no kind of its own
                raise NotImplementedError(
                    f"Exporting to ONNX: tf2onnx could not take TensorFlow's program: {error}"
                ) from error
        # The passes of `tf2onnx.convert`, but for the one that moves transpositions about: it
        # gives a scale after a convolution a wrong shape where height and width are 1. What
        # runs the file moves them itself.
        passes = {
            "fold_const": optimizer.ConstFoldOptimizer,
            "remove_identity": optimizer.IdentityOptimizer,
            "merge_duplication": optimizer.MergeDuplicatedNodesOptimizer,
        }
        model = optimizer.optimize_graph(converted, optimizers=passes).make_model("keras_core")
    new = {x.name: s.name for x, s in zip(frozen.inputs, inputs, strict=True)}
    new |= {x.name: s.name for x, s in zip(frozen.outputs, outputs, strict=True)}
    for node in model.graph.node:
        for names in (node.input, node.output):
            names[:] = [new.get(name, name) for name in names]
    for value in (*model.graph.input, *model.graph.output):
        value.name = new.get(value.name, value.name)
    missing = {node.op_type for node in model.graph.node if node.domain not in ("", "ai.onnx.ml")}
    missing |= {node.op_type for node in model.graph.node if not schemas.has(node.op_type)}
    if missing:
        raise NotImplementedError(
            f"Exporting to ONNX: tf2onnx has no form for TensorFlow's operations {sorted(missing)}."
        )
    _saved_model.replace(path, model.SerializeToString())


_FLOATS = (1, 10, 11)  # of ONNX: FLOAT, FLOAT16, DOUBLE
# What TensorFlow computes by one operation that tf2onnx does not know, by two that it does: the
# inner one, the outer one, and on which side of it a one stands.
_IN_TWO = {"Erfc": ("Erf", "Sub", 0), "Expm1": ("Exp", "Sub", 1), "Log1p": ("AddV2", "Log", None)}


def _refuse_bfloat16(graph: Any) -> None:
    """Raise where tf2onnx would write float16 in its place, which ends at 65504."""
    nodes = [*graph.node, *(node for f in graph.library.function for node in f.node_def)]
    kinds = {value.type for node in nodes for value in node.attr.values()}
    if tf.bfloat16.as_datatype_enum in kinds:
        raise NotImplementedError(
            "Exporting to ONNX: tf2onnx has no bfloat16. Export from the torch or jax backend, or "
            "make the model with another dtype policy."
        )


def _in_two(graph: Any) -> Any:
    """The graph with 1 - erf(x), exp(x) - 1 and log(x + 1) in place of what is made for them."""
    for node in [n for n in graph.node if n.op in _IN_TWO]:
        first, second, side = _IN_TWO[node.op]
        dtype = node.attr["T"]
        one = graph.node.add(name=f"{node.name}/one", op="Const")
        one.attr["dtype"].CopyFrom(dtype)
        one.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(1.0, dtype.type))
        inner = graph.node.add(name=f"{node.name}/inner", op=first, input=list(node.input))
        inner.attr["T"].CopyFrom(dtype)
        node.op = second
        if side is None:
            inner.input.append(one.name)
            node.input[:] = [inner.name]
        else:
            node.input[:] = [one.name, inner.name] if side == 0 else [inner.name, one.name]
    return graph


def _floored(graph: Any, node: Any, name: str, arguments: list[Any]) -> Any:
    """Division, or its remainder, towards minus infinity: tf2onnx rounds whole numbers to zero."""
    (x, y), output, kind = list(node.input), node.output[0], node.op.op_type
    made = {"dtypes": [graph.get_dtype(output)], "shapes": [graph.get_shape(output)]}
    graph.remove_node(node.name)

    def make(operator: str, *inputs: str, **last: Any) -> str:
        return graph.make_node(operator, list(inputs), **(last or made)).output[0]

    final = {**made, "name": name, "outputs": [output]}
    if made["dtypes"][0] in _FLOATS:
        whole = make("Floor", make("Div", x, y), **({} if kind == "FloorMod" else final))
        return make("Sub", x, make("Mul", whole, y), **final) if kind == "FloorMod" else whole
    if kind == "FloorMod":
        return make("Mod", x, y, **final)
    return make("Div", make("Sub", x, make("Mod", x, y)), y, **final)


WRITERS = {"tf_saved_model": saved_model, "onnx": onnx}
