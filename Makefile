# `make demo` and `make test` need Python 3.11 or newer and nothing else: each makes the virtual environment that it runs in.
# `make help` lists the rest.

# The first interpreter that all three frameworks have builds for, else any that the package runs on.
PYTHON ?= $(shell for v in 13 15; do for p in python3 python3.13 python3.12 python3.11 python; do \
	$$p -c "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, $$v))" >/dev/null 2>&1 && echo $$p && exit; \
	done; done)

BACKEND ?= jax
BACKENDS ?= numpy jax torch tensorflow
JOBS ?= 2
TESTS ?= tests
PYTEST_ARGS ?=
SITE ?= site
VENV ?= .venv
DEMO_VENV = .venv-demo-$(BACKEND)

IN_VENV = $(abspath $(VENV))/bin/python
REQUIREMENTS = $(wildcard requirements*.txt requirements/*.txt)
SOURCES = pyproject.toml README.md LICENSE $(shell find keras_core -type f ! -name '*.pyc' ! -name '.*' 2>/dev/null)
PIP_INSTALL = -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo setup test test-packaging check lint format types contracts docs wheel clean

help:
	@echo "make demo [BACKEND=jax|torch|tensorflow]  train, save and reload a small convnet on handwritten digits"
	@echo "make test                                 the whole suite, once on each of: $(BACKENDS)"
	@echo "     [BACKENDS='jax torch'] [TESTS=tests/ops] [PYTEST_ARGS='-k conv'] [JOBS=$(JOBS)]"
	@echo "make lint | types | contracts | check     ruff | pyright | import-linter | the three of them"
	@echo "make format                               let ruff rewrite what it can"
	@echo "make docs                                 build the documentation into site/, warnings as errors"
	@echo "make wheel                                build the wheel into dist/"
	@echo "make test-packaging                       build the wheel, install it in an empty environment, try it"
	@echo "make setup                                only make the development environment ($(VENV))"
	@echo "make clean                                remove build output and the environments made here"
	@echo "Everywhere: PYTHON=/path/to/python (3.11 or newer; now: $(or $(PYTHON),none found))"

# A new environment with a usable message where there is no Python or no venv module.
define make_venv
	@test -n "$(PYTHON)" || { echo "Found no Python 3.11 or newer on PATH: install one, or name it: make PYTHON=/path/to/python" >&2; exit 1; }
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" \
		|| { echo "$(PYTHON) is not a working Python 3.11 or newer: name one that is: make PYTHON=/path/to/python" >&2; exit 1; }
	@$(PYTHON) -c "import ensurepip, venv" 2>/dev/null \
		|| { echo "$(PYTHON) cannot make virtual environments: install its venv module (on Debian and Ubuntu: python3-venv)" >&2; exit 1; }
	@echo "Making the environment $(1)"
	@$(PYTHON) -m venv --clear $(1)
endef

# --- demo ---------------------------------------------------------------------------------------------------------------

demo: $(DEMO_VENV)/.package
	@TF_CPP_MIN_LOG_LEVEL=$${TF_CPP_MIN_LOG_LEVEL:-2} KERAS_BACKEND=$(BACKEND) $(DEMO_VENV)/bin/python examples/digits_demo.py

$(DEMO_VENV)/bin/python:
	@case "$(BACKEND)" in jax|torch|tensorflow) ;; \
		*) echo "BACKEND=$(BACKEND): the demo trains, so it takes one of jax, torch, tensorflow" >&2; exit 1;; esac
	$(call make_venv,$(DEMO_VENV))

$(DEMO_VENV)/.requirements: $(DEMO_VENV)/bin/python requirements/demo.txt requirements/$(BACKEND)-cpu.txt
	@echo "Installing $(BACKEND), scikit-learn and matplotlib (once; this may take a few minutes)"
	@$(DEMO_VENV)/bin/python $(PIP_INSTALL) -r requirements/$(BACKEND)-cpu.txt -r requirements/demo.txt
	@touch $@

# A real install, not an editable one: what runs is what a user gets.
$(DEMO_VENV)/.package: $(DEMO_VENV)/.requirements $(SOURCES)
	@echo "Installing keras-core"
	@$(DEMO_VENV)/bin/python $(PIP_INSTALL) .
	@touch $@

# --- development --------------------------------------------------------------------------------------------------------

setup: $(VENV)/.ready

$(VENV)/bin/python:
	$(call make_venv,$(VENV))

# Editable, so that changed sources need no new install; changed metadata does.
$(VENV)/.ready: $(VENV)/bin/python $(REQUIREMENTS) pyproject.toml
	@echo "Installing all backends and the tools into $(VENV) (this may take several minutes)"
	@$(IN_VENV) $(PIP_INSTALL) -r requirements.txt
	@$(IN_VENV) $(PIP_INSTALL) --no-deps -r requirements/packages.txt
	@$(IN_VENV) $(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

test: $(VENV)/.ready
	@$(IN_VENV) tools/run_tests.py --backends "$(BACKENDS)" --jobs $(JOBS) -- $(TESTS) $(PYTEST_ARGS)

test-packaging: $(VENV)/.ready
	@$(IN_VENV) -m pytest -m packaging tests/packaging $(PYTEST_ARGS)

check: lint types contracts

lint: $(VENV)/.ready
	@$(IN_VENV) -m ruff check .
	@$(IN_VENV) -m ruff format --check .

format: $(VENV)/.ready
	@$(IN_VENV) -m ruff check --fix-only --quiet .
	@$(IN_VENV) -m ruff format .

types: $(VENV)/.ready
	@$(IN_VENV) -m pyright --pythonpath $(IN_VENV)

contracts: $(VENV)/.ready
	@$(IN_VENV) -c "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())" --no-logo

# Offline; a name without docstring or example, and a link to nowhere, fail it. `make docs SITE=folder` puts it elsewhere.
docs: $(VENV)/.ready
	@NO_MKDOCS_2_WARNING=1 $(IN_VENV) -m mkdocs build --strict --site-dir $(abspath $(SITE))

wheel: $(VENV)/.ready
	@$(IN_VENV) pip_build.py

clean:
	rm -rf .venv .venv-demo-jax .venv-demo-torch .venv-demo-tensorflow build dist demo_output site
	rm -rf .pytest_cache .ruff_cache .import_linter_cache
	find keras_core tests examples tools -name __pycache__ -type d -prune -exec rm -rf {} +
