PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help demo run test check bench faults screenshots golden lock clean

help:  ## Show this help
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: .venv/.ready  ## Open a board full of examples; nothing of yours is touched
	@$(BIN)/mlkanban demo

run: .venv/.ready  ## Open your own board
	@$(BIN)/mlkanban

test: .venv/.dev-ready  ## Run the tests
	@$(BIN)/python -m pytest -n 2 -q

check: .venv/.dev-ready  ## Check style, types and who imports whom
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy --strict
	@$(BIN)/lint-imports

bench: .venv/.dev-ready  ## Measure speed and memory against a minimal app
	@PYTHONPATH=. $(BIN)/python tests/bench/run.py

faults: .venv/.dev-ready  ## Try every fault often, and write the table tests/stress/FAULTS.md
	@report=$$(mktemp); MLKANBAN_STRESS=full \
	    $(BIN)/python -m pytest -n 2 -q tests/stress --junitxml="$$report" && \
	    $(BIN)/python -m tests.stress.faults "$$report"; code=$$?; rm -f "$$report"; exit $$code

screenshots: .venv/.dev-ready  ## Draw the pictures of the README again
	@PYTHONPATH=. $(BIN)/python tests/screenshots.py

golden: .venv/.dev-ready  ## Keep a store of this version, for the tests of all later ones
	@$(BIN)/python -m tests.store.golden.make

lock:  ## Write uv.lock again after a change of dependencies (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv: https://docs.astral.sh/uv/" >&2; exit 1; }
	@uv lock --no-config --default-index https://pypi.org/simple

clean:  ## Remove everything that make has made
	@rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find mlkanban tests -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.ready: pyproject.toml
	@command -v $(PYTHON) >/dev/null || { \
	    echo "mlkanban needs Python 3.11 or newer, and there is no '$(PYTHON)' here." >&2; \
	    echo "Install one, or name one: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "mlkanban needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) -V 2>&1)." >&2; \
	    echo "Name a newer one: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	    echo "'$(PYTHON)' cannot make virtual environments: its venv module is missing." >&2; \
	    echo "On Debian and Ubuntu: sudo apt install python3-venv" >&2; \
	    echo "Or name another one: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "Setting up .venv (once) ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

.venv/.dev-ready: .venv/.ready
	@echo "Installing what tests and checks need (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@
