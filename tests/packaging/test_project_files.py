"""The files around the package agree with one another and with what the README promises."""

import pathlib
import re
import subprocess
import tomllib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
REQUIREMENT_FILES = sorted([*ROOT.glob("requirements*.txt"), *ROOT.glob("requirements/*.txt")])
CUDA = {
    "jax": r"^jax\[cuda\d+\]==",
    "tensorflow": r"^tensorflow\[and-cuda\]==",
    "torch": r"^torch==",
}


def distribution(requirement):
    return re.match(r"[A-Za-z0-9._-]+", requirement)[0].lower().replace("_", "-").replace(".", "-")


def requirements(path):
    """Yield every requirement line of a file and of the files that it includes."""
    for line in path.read_text().splitlines():
        line = line.split("#")[0].strip()
        if line.startswith("-r "):
            yield from requirements(path.parent / line.removeprefix("-r ").strip())
        elif line:
            yield line


def tracked_files():
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_version_is_in_the_changelog():
    source = (ROOT / "keras_core/_version.py").read_text()
    version = re.search(r'__version__ = "(.+)"', source)[1]
    assert f"\n## [{version}]" in (ROOT / "CHANGELOG.md").read_text()


@pytest.mark.parametrize("path", REQUIREMENT_FILES, ids=lambda path: path.name)
def test_requirements_are_pinned_and_each_name_once(path):
    lines = list(requirements(path))
    assert lines
    assert [line for line in lines if not re.search(r"==[\w.]+", line)] == []
    plain = [distribution(line) for line in lines if ";" not in line]
    repeated = {name for name in plain if plain.count(name) > 1}
    # A CUDA file names its own backend with the extra and must not include its CPU file as well.
    assert repeated == set()


def test_development_environment_has_every_dependency_of_the_package():
    pinned = {distribution(line) for line in requirements(ROOT / "requirements.txt")}
    extras = PROJECT["optional-dependencies"]
    declared = [
        *PROJECT["dependencies"],
        *extras["demo"],
        *extras["dev"],
        *extras["jax"],
        *extras["torch"],
    ]
    assert {distribution(line) for line in declared} - pinned == set()


def test_no_backend_is_a_dependency():
    names = {distribution(line) for line in PROJECT["dependencies"]}
    assert names.isdisjoint(
        {"jax", "jaxlib", "torch", "tensorflow", "keras", "pandas", "scikit-learn", "scipy"}
    )


@pytest.mark.parametrize("backend", CUDA)
def test_cuda_files_have_their_backend_with_cuda_and_the_others_too(backend):
    lines = list(requirements(ROOT / f"requirements-{backend}-cuda.txt"))
    assert [line for line in lines if re.match(CUDA[backend], line)]
    names = {distribution(line) for line in lines}
    assert {"jax", "torch"} <= names
    assert names & {"tensorflow", "tensorflow-cpu"}


def test_backends_are_entry_points():
    points = PROJECT["entry-points"]["keras_core.backends"]
    assert points == {
        name: f"keras_core.backends.{name}" for name in ("jax", "numpy", "tensorflow", "torch")
    }


def test_every_stub_stands_beside_its_module():
    stubs = list((ROOT / "keras_core").rglob("*.pyi"))
    assert [stub for stub in stubs if not stub.with_suffix(".py").exists()] == []


def test_no_tests_inside_the_package():
    package = ROOT / "keras_core"
    assert [path for path in package.rglob("*.py") if re.match(r"test_|conftest", path.name)] == []


def test_readme_commands_exist():
    readme = (ROOT / "README.md").read_text()
    makefile = (ROOT / "Makefile").read_text()
    named = set(
        re.findall(r"\bmake ([a-z][a-z-]*)", readme + (ROOT / "CONTRIBUTING.md").read_text())
    )
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.M))
    assert {"demo", "test"} <= named
    assert named - targets == set()


def test_links_in_documents_lead_somewhere():
    broken = []
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)", path.read_text()):
            if "://" not in target and not (path.parent / target).exists():
                broken.append((path.name, target))
    assert broken == []


def test_example_in_the_readme_is_python():
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    assert blocks
    for block in blocks:
        compile(block, "README.md", "exec")


def test_ci_script_is_executable_and_stops_at_errors():
    script = ROOT / ".ci/run"
    assert script.stat().st_mode & 0o111
    assert "set -euo pipefail" in script.read_text()


def test_no_file_is_too_long_to_read():
    long = {
        str(path.relative_to(ROOT)): count
        for path in tracked_files()
        if path.suffix == ".py" and (count := len(path.read_text().splitlines())) > 900
    }
    assert long == {}
