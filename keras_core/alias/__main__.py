"""`python -m keras_core.alias script.py`: a program in which `keras` is keras_core."""

from __future__ import annotations

import os
import runpy
import sys

from keras_core.alias import install


def main(arguments: list[str]) -> None:
    """Run a script, or with `-m` a module, in which `keras` is keras_core."""
    if not arguments or (arguments[0] == "-m" and len(arguments) < 2) or arguments[0] == "-h":
        raise SystemExit(
            "usage: python -m keras_core.alias script.py [arguments]\n"
            "       python -m keras_core.alias -m module [arguments]"
        )
    install()
    if arguments[0] == "-m":
        sys.argv = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = arguments
        sys.path.insert(0, os.path.dirname(os.path.abspath(arguments[0])))
        runpy.run_path(arguments[0], run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1:])
