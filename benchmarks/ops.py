"""Time operations against the framework's own calls and against Keras: see the README.

A process per side waits for orders on its standard input, so that the sides, each with its own
imports, can take turns on one core.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import time
from typing import Any

from ops_table import ROWS, Drawn, Row

BACKENDS = ("numpy", "jax", "torch", "tensorflow")
SIDES = ("native", "ours", "keras")
SIZES = ("small", "large")
BUDGET = {"numpy": 1.0, "torch": 1.0, "jax": 2.0, "tensorflow": 2.0}  # µs over the native call
SHARE = 1.03  # of the native call's time, at the large size
REPEAT_S = 0.001  # what one timing takes at least


# One side, in a process of its own -----------------------------------------------------------


def draw(spec: Drawn) -> Any:
    import numpy as np

    rng = np.random.default_rng(7)
    if spec.dtype == "bool":
        return rng.uniform(size=spec.shape) < 0.5
    if spec.dtype == "sorted":
        return np.sort(rng.uniform(size=spec.shape)).astype("float32")
    if spec.high:
        return rng.integers(0, spec.high, spec.shape).astype(spec.dtype)
    return rng.uniform(0.1, 1, spec.shape).astype(spec.dtype)


class Side:
    """The frameworks and arrays of one process."""

    def __init__(self, side: str, backend: str) -> None:
        import numpy as np

        self.side, self.backend = side, backend
        self.names: dict[str, Any] = {"np": np}
        if backend == "jax":
            import jax
            import jax.numpy as jnp

            self.names |= {"jax": jax, "jnp": jnp}
            self.tensor: Any = jnp.asarray
        elif backend == "torch":
            import torch

            torch.set_num_threads(1)
            self.names |= {"torch": torch, "F": torch.nn.functional}
            self.tensor = torch.from_numpy
        elif backend == "tensorflow":
            import tensorflow as tf

            self.names["tf"] = tf
            self.tensor = tf.convert_to_tensor
        else:
            self.tensor = np.asarray
        if side == "ours":
            from keras_core import ops

            self.names["ops"] = ops
        elif side == "keras":
            from keras import ops

            self.names["ops"] = ops
        self.loops: dict[tuple[str, str], tuple[Any, int]] = {}

    def statement(self, row: Row) -> str:
        return getattr(row, self.backend) if self.side == "native" else row.op

    def loop(self, row: Row, size: str) -> tuple[Any, int]:
        """A function that runs the operation n times, and the n that takes long enough."""
        key = row.name, size
        if key not in self.loops:
            names = dict(self.names)
            names |= {k: self.tensor(draw(spec)) for k, spec in getattr(row, size).items()}
            statement = self.statement(row)
            if self.backend == "jax":
                ready = names["jax"].block_until_ready
                result = ready(eval(statement, names))
                if hasattr(result, "block_until_ready"):
                    statement = f"({statement}).block_until_ready()"
                else:
                    names["_ready"] = ready
                    statement = f"_ready({statement})"
            arguments = ", ".join(f"{name}={name}" for name in names if not name.startswith("_"))
            source = f"def loop(turns, {arguments}, _ready=None):\n"
            if "_ready" in names:
                source = source.replace("_ready=None", "_ready=_ready")
            source += f"    for _ in turns:\n        {statement}\n"
            exec(source, names)
            function, count = names["loop"], 1
            function(range(2))  # what is compiled or allocated once
            while self.once(function, count) < REPEAT_S:
                count *= 2
            self.loops[key] = function, count
        return self.loops[key]

    @staticmethod
    def once(function: Any, count: int) -> float:
        turns = range(count)
        start = time.process_time()  # what others run on the core does not count
        function(turns)
        return time.process_time() - start

    def microseconds(self, row: Row, size: str, repeats: int) -> float:
        function, count = self.loop(row, size)
        gc.collect()
        gc.disable()
        try:
            best = min(self.once(function, count) for _ in range(repeats))
        finally:
            gc.enable()
        return best / count * 1e6

    def megabytes(self, row: Row) -> tuple[float, float]:
        """What a call adds to the process at its peak, and the size of its result."""
        import numpy as np

        shape = (4096, 4096)
        names = dict(self.names)
        for key, spec in row.large.items():
            names[key] = self.tensor(draw(Drawn(shape, spec.high, spec.dtype)))
        ready = names["jax"].block_until_ready if self.backend == "jax" else lambda x: x
        code = compile(self.statement(row), row.name, "eval")
        size = np.asarray(ready(eval(code, names))).nbytes / 2**20
        gc.collect()
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")  # the peak begins anew
        before = self._status("VmRSS")
        result = ready(eval(code, names))
        peak = self._status("VmHWM")
        del result
        return (peak - before) / 1024, size

    @staticmethod
    def _status(key: str) -> int:
        with open("/proc/self/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith(key))


def serve(side: str, backend: str) -> None:
    found = Side(side, backend)
    rows = {row.name: row for row in ROWS}
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a framework prints
    print("ready", file=out, flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        row = rows[order["row"]]
        try:
            if order["what"] == "memory":
                answer: Any = found.megabytes(row)
            else:
                answer = found.microseconds(row, order["what"], order["repeats"])
        except Exception as error:
            answer = f"{type(error).__name__}: {error}"[:300]
        print(json.dumps(answer), file=out, flush=True)


class Worker:
    """The other end of `serve`."""

    def __init__(self, side: str, backend: str, core: int, reuse: bool = True) -> None:
        env = os.environ | dict.fromkeys(
            ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS",
             "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), "1",
        )  # fmt: skip
        env |= {
            "KERAS_BACKEND": backend,
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "JAX_PLATFORMS": "cpu",
            "CUDA_VISIBLE_DEVICES": "",
            # Whether malloc gives large blocks back, and so pays for new pages at the next call,
            # depends on what a process did before. Here none does.
            "MALLOC_MMAP_THRESHOLD_": str(2**32),
            "MALLOC_TRIM_THRESHOLD_": str(2**40),
        }
        if not reuse:
            env = {k: v for k, v in env.items() if not k.startswith("MALLOC_")}
        root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        env["PYTHONPATH"] = os.pathsep.join(filter(None, (root, env.get("PYTHONPATH"))))
        self.process = subprocess.Popen(
            [sys.executable, os.path.abspath(__file__), "--serve", side, "--backend", backend],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env=env, preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        )  # fmt: skip
        assert self._line() == "ready"

    def _line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the side has ended with status {self.process.wait()}")
        return line.strip()

    def ask(self, row: Row, what: str, repeats: int = 0) -> Any:
        assert self.process.stdin is not None
        order = {"row": row.name, "what": what, "repeats": repeats}
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return json.loads(self._line())

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


# The turns and the tables --------------------------------------------------------------------


def within(backend: str, size: str, native: float | None, ours: float) -> bool | None:
    """Whether an operation keeps to the budget; None where there is nothing to compare with."""
    if native is None:
        return None
    return ours <= native + BUDGET[backend] if size == "small" else ours <= native * SHARE + 1


def measure(
    backend: str, rows: list[Row], sides: list[str], sizes: list[str], args: argparse.Namespace
) -> list[dict[str, Any]]:
    workers = {side: Worker(side, backend, args.core) for side in sides}
    found = []
    for row in rows:
        for size in sizes:
            # What is over the budget is measured again: a busy machine can only add.
            best: dict[str, Any] = {}
            for _ in range(1 + args.again):
                for _ in range(args.rounds):
                    for side, worker in workers.items():
                        if side == "native" and not getattr(row, backend):
                            continue
                        answer = worker.ask(row, size, args.repeats)
                        if isinstance(answer, str):
                            best.setdefault(f"{side} error", answer)
                            continue
                        best[side] = min(answer, best.get(side, answer))
                ours, native, keras = map(best.get, ("ours", "native", "keras"))
                slow = ours and native and within(backend, size, native, ours) is False
                if not slow and not (ours and keras and ours > keras * 1.02):
                    break
            found.append({"backend": backend, "op": row.name, "group": row.group, "size": size})
            found[-1] |= best
            if not args.markdown:
                print(line(found[-1]), flush=True)
    for worker in workers.values():
        worker.close()
    return found


def line(result: dict[str, Any]) -> str:
    ours, native, keras = map(result.get, ("ours", "native", "keras"))
    text = f"{result['backend']:10} {result['op']:32} {result['size']:5}"
    for side in SIDES:
        text += f" {result[side]:10.2f}" if side in result else f" {'-':>10}"
    if ours and native:
        over = f"{ours - native:+.2f} µs" if result["size"] == "small" else f"{ours / native:.3f} x"
        text += f"  {over:>10}"
        if not within(result["backend"], result["size"], native, ours):
            text += "  OVER"
    if ours and keras and ours > 1.02 * keras + 0.2:
        text += "  SLOWER THAN KERAS"
    return text + "".join(f"  {k}: {v}" for k, v in result.items() if k.endswith("error"))


def markdown(results: list[dict[str, Any]]) -> str:
    """One table: small and large side by side."""
    rows: dict[str, dict[str, dict]] = {}
    for result in results:
        rows.setdefault(result["op"], {})[result["size"]] = result

    def figure(x: float | None) -> str:
        return "" if x is None else f"{x:.1f}" if x < 100 else f"{x:,.0f}"

    lines = [
        "| operation | small: native | ours | Keras | large: native | ours | Keras |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for name, sizes in rows.items():
        cells = [figure(sizes.get(size, {}).get(side)) for size in SIZES for side in SIDES]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def memory(backend: str, rows: list[Row], sides: list[str], core: int) -> None:
    workers = {side: Worker(side, backend, core, reuse=False) for side in sides}
    for row in rows:
        if row.group != "elementwise":
            continue
        text = f"{backend:10} {row.name:20}"
        for side, worker in workers.items():
            if side == "native" and not getattr(row, backend):
                continue
            answer = worker.ask(row, "memory")
            if isinstance(answer, str):
                text += f"  {side}: {answer}"
            else:
                text += f"  {side}: {answer[0]:6.1f} MB for a result of {answer[1]:.0f}"
        print(text, flush=True)
    for worker in workers.values():
        worker.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backend", default=",".join(BACKENDS), help="of " + ", ".join(BACKENDS))
    parser.add_argument("--sides", default=",".join(SIDES), help="of " + ", ".join(SIDES))
    parser.add_argument("--sizes", default=",".join(SIZES), help="small, large")
    parser.add_argument("--only", default="", help="names or groups of operations")
    parser.add_argument("--rounds", type=int, default=8, help="turns of each side")
    parser.add_argument("--repeats", type=int, default=5, help="timings in a turn")
    parser.add_argument("--again", type=int, default=3, help="more goes for what is slow")
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)))
    parser.add_argument("--memory", action="store_true", help="peak memory in place of time")
    parser.add_argument("--json", default="", help="a file for the figures")
    parser.add_argument("--markdown", action="store_true", help="tables for the documentation")
    parser.add_argument("--serve", choices=SIDES, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve:
        return serve(args.serve, args.backend)
    only = [name for name in args.only.split(",") if name]
    rows = [row for row in ROWS if not only or row.name in only or row.group in only]
    results = []
    for backend in args.backend.split(","):
        if args.memory:
            memory(backend, rows, args.sides.split(","), args.core)
            continue
        found = measure(backend, rows, args.sides.split(","), args.sizes.split(","), args)
        results += found
        if args.markdown:
            print(f"\n## {backend}\n\n{markdown(found)}")
        else:
            pairs = [(r, within(backend, r["size"], r.get("native"), r["ours"]))
                     for r in found if "ours" in r]  # fmt: skip
            kept = [ok for _, ok in pairs if ok is not None]
            print(f"{backend}: {sum(kept)} of {len(kept)} within the budget over native")
    if args.json:
        with open(args.json, "w") as file:
            json.dump(results, file, indent=1)


if __name__ == "__main__":
    main()
