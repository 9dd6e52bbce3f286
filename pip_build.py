"""Build the wheel of this checkout, look through it, and install it if asked.

python pip_build.py               # dist/keras_core-<version>-py3-none-any.whl
python pip_build.py --install     # ... and install it into the Python that runs this

The build runs on a copy of the sources in a temporary folder: nothing is left in the checkout but
the wheel.
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent
PACKAGE = "keras_core"
# What the build reads; the rest of the checkout has no say in the wheel.
SOURCES = ("pyproject.toml", "README.md", "LICENSE", PACKAGE)
SUFFIXES = {".py", ".pyi", ".json"}


class BuildError(Exception):
    """A message for the person at the terminal."""


def pip(*arguments: str, doing: str) -> None:
    """Run pip in the Python that runs this; on failure show what it said."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode == 0:
        return
    said = (result.stdout + result.stderr).strip()
    hint = ""
    if "externally-managed-environment" in said:
        hint = "\nThis Python belongs to the system. Make an environment: python -m venv .venv"
    elif "No module named pip" in said:
        hint = f"\nGive this Python its pip: {sys.executable} -m ensurepip"
    raise BuildError(f"{doing} failed (pip's exit status {result.returncode}):\n{said}{hint}")


def is_test(path: pathlib.PurePath) -> bool:
    """Tell whether a file of the package folder is a test, which the wheel leaves out."""
    named_so = re.match(r"(test_.*|.*_test|conftest)\.py$", path.name)
    return "tests" in path.parts or named_so is not None


def wheel_faults(wheel: pathlib.Path, package: pathlib.Path) -> list[str]:
    """Return what is wrong with the contents of a wheel built from the folder `package`."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    inside = {name for name in names if not name.split("/")[0].endswith(".dist-info")}
    sources = {
        pathlib.PurePosixPath(PACKAGE, *path.relative_to(package).parts)
        for path in package.rglob("*")
        if path.suffix in SUFFIXES or path.name == "py.typed"
    }
    wanted = {str(path) for path in sources if not is_test(path)}
    faults = [f"{name} is missing" for name in sorted(wanted - inside)]
    for name in sorted(inside):
        path = pathlib.PurePosixPath(name)
        if path.parts[0] != PACKAGE:
            faults.append(f"{name} is outside {PACKAGE}/")
        elif is_test(path):
            faults.append(f"{name} is a test")
        elif path.suffix not in SUFFIXES and path.name != "py.typed":
            faults.append(f"{name} is of no kind that belongs in the package")
    if f"{PACKAGE}/py.typed" not in inside:
        faults.append("py.typed is missing: type checkers would ignore the package's types")
    for name in ("METADATA", "entry_points.txt", "licenses/LICENSE"):
        if not any(entry.endswith(f".dist-info/{name}") for entry in names):
            faults.append(f"{name} is missing from the metadata")
    return faults


def build(outdir: pathlib.Path) -> pathlib.Path:
    """Build the wheel into `outdir` and return its path."""
    missing = [name for name in (*SOURCES, f"{PACKAGE}/__init__.py") if not (ROOT / name).exists()]
    if missing:
        raise BuildError(f"This is no whole checkout: {', '.join(missing)} not found in {ROOT}")
    with tempfile.TemporaryDirectory(prefix="keras-core-build-") as folder:
        source, built = pathlib.Path(folder, "source"), pathlib.Path(folder, "wheel")
        source.mkdir()
        for name in SOURCES:
            if (ROOT / name).is_dir():
                ignore = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")
                shutil.copytree(ROOT / name, source / name, ignore=ignore)
            else:
                shutil.copy2(ROOT / name, source / name)
        arguments = ("wheel", "--no-deps", "--wheel-dir", str(built), str(source))
        pip(*arguments, doing="Building the wheel")
        (wheel,) = built.glob("*.whl")
        if faults := wheel_faults(wheel, source / PACKAGE):
            raise BuildError("The wheel is not as it must be:\n  " + "\n  ".join(faults))
        outdir.mkdir(parents=True, exist_ok=True)
        return pathlib.Path(shutil.copy2(wheel, outdir))


def install(wheel: pathlib.Path) -> None:
    """Install the wheel with its dependencies, also over the same version."""
    pip("install", str(wheel), doing="Installing the wheel's dependencies")
    pip("install", "--no-deps", "--force-reinstall", str(wheel), doing="Installing the wheel")


def main() -> int:
    """Do what the command line asks."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--install", action="store_true", help="install the wheel as well")
    parser.add_argument("--outdir", type=pathlib.Path, default=ROOT / "dist", help="default: dist/")
    options = parser.parse_args()
    try:
        if sys.version_info < (3, 11):  # noqa: UP036 - run by people, on whatever Python they have
            raise BuildError(f"keras-core needs Python 3.11 or newer, got {sys.version.split()[0]}")
        wheel = build(options.outdir.resolve())
        print(f"Built {wheel}")
        if options.install:
            install(wheel)
            print(f"Installed it into {sys.prefix}")
    except BuildError as error:
        print(f"pip_build.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
