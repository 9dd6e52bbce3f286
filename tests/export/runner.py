"""Runs exported files in a process of its own: `python runner.py jobs.json`.

Each job: format, path, inputs (an .npz) and where its outputs go (an .npz). Nothing of
keras_core is imported here.
"""

import json
import sys

import numpy as np


def run(kind, path, inputs):
    if kind in ("tf_saved_model", "archive"):
        import tensorflow as tf

        loaded = tf.saved_model.load(path)
        found = loaded.signatures["serve"](**{k: tf.constant(v) for k, v in inputs.items()})
        out = {k: v.numpy() for k, v in found.items()}
        if kind == "archive":
            out["half"] = loaded.half(tf.constant(inputs["x"])).numpy()
            out["count"] = np.asarray([len(loaded.variables), len(loaded.extra)])
        return out
    if kind == "onnx":
        import onnxruntime

        session = onnxruntime.InferenceSession(path)
        names = [x.name for x in session.get_outputs()]
        return dict(zip(names, session.run(None, inputs), strict=True))
    if kind == "torch":
        import torch

        module = torch.export.load(path).module()
        out = module(*[torch.tensor(inputs[k]) for k in inputs])
        out = out if isinstance(out, tuple) else (out,)
        return {f"output_{i}": x.detach().numpy() for i, x in enumerate(out)}
    if kind == "litert":
        from ai_edge_litert.interpreter import Interpreter

        return Interpreter(path).get_signature_runner()(**inputs)
    import openvino

    exact = {"INFERENCE_PRECISION_HINT": "f32"}  # else it may compute in bfloat16
    model = openvino.compile_model(path, "CPU", exact)
    found = model(inputs)
    return {min(x.names): np.asarray(found[x]) for x in model.outputs}


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        jobs = json.load(file)
    for job in jobs:
        try:
            out = run(job["format"], job["path"], dict(np.load(job["inputs"])))
            np.savez(job["outputs"], **out)
        except Exception as error:
            with open(job["outputs"] + ".txt", "w") as file:
                file.write(f"{type(error).__name__}: {error}")
    assert "keras_core" not in sys.modules
