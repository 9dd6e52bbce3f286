"""Run the test suite once per backend, each in processes of its own, and sum up.

python tools/run_tests.py [--backends "numpy jax torch tensorflow"] [--jobs 2] [-- pytest arguments]

A backend passes when pytest exits 0; "no tests ran" is a failure. The exit status is 1 if any
backend failed.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BACKENDS = ("numpy", "jax", "torch", "tensorflow")

# Defaults that keep the frameworks on the CPU, quiet, and each test process on about one core. What
# the caller has set stays.
ENVIRONMENT = {
    "CUDA_VISIBLE_DEVICES": "",
    "JAX_PLATFORMS": "cpu",
    "MPLBACKEND": "Agg",
    "OMP_NUM_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
}


def environment(backend: str, home: str) -> dict[str, str]:
    """Return the environment for one backend: never the user's own keras.json."""
    path = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return (
        ENVIRONMENT
        | os.environ
        | {"KERAS_BACKEND": backend, "KERAS_HOME": home, "PYTHONPATH": os.pathsep.join(path)}
    )


def run(backend: str, jobs: int, arguments: list[str]) -> tuple[int, float, str]:
    """Run pytest on one backend; return its exit status, its seconds and its closing line."""
    command = [sys.executable, "-m", "pytest", "-n", str(jobs), *arguments]
    closing = "no closing line"
    start = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="keras-home-") as home,
        subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment(backend, home),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process,
    ):
        for line in process.stdout:
            print(line, end="", flush=True)
            if re.fullmatch(
                r"(=+ )?.*(passed|failed|skipped|error|no tests ran).* in [\d.]+s.*\s*", line
            ):
                closing = line.strip("= \n")
    return process.returncode, time.monotonic() - start, closing


def main() -> int:
    """Run the chosen backends one after the other and print the summary."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--backends", default=" ".join(BACKENDS), help="names, parted by spaces")
    parser.add_argument("--jobs", type=int, default=2, help="pytest worker processes per backend")
    parser.add_argument("pytest_arguments", nargs="*", default=["tests"])
    options = parser.parse_args()
    backends = options.backends.replace(",", " ").split()
    if not backends or not set(backends) <= set(BACKENDS):
        parser.error(f"--backends takes names out of {BACKENDS}, got {options.backends!r}")

    results = {}
    for backend in backends:
        print(f"\n##### {backend}", flush=True)
        results[backend] = run(backend, options.jobs, options.pytest_arguments)

    print("\n##### summary")
    for backend, (status, seconds, closing) in results.items():
        verdict = "ok" if status == 0 else f"FAILED (exit status {status})"
        print(f"{backend:12}{seconds:7.0f} s  {verdict}: {closing}")
    return int(any(status for status, _, _ in results.values()))


if __name__ == "__main__":
    sys.exit(main())
