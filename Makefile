PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help demo run test test-mac quick explore mutants check bench team exchanges calibration faults readme screenshots golden man dist lock clean

help:  ## Show this help
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: .venv/.ready  ## Open a board full of examples; nothing of yours is touched
	@$(BIN)/mlkanban demo

run: .venv/.ready  ## Open your own board
	@$(BIN)/mlkanban

# Images of containers often forbid Python to keep what it compiled: each of the hundreds of processes
# that the tests start would compile the program again.
test test-mac quick explore faults: export PYTHONDONTWRITEBYTECODE :=

# Many tests wait for a process or a terminal: one worker more than two cores have work for. Idle ones
# take over what is left, so that a long test at the end keeps nobody waiting.
test: .venv/.dev-ready  ## Run the tests
	@$(BIN)/python -m pytest -n 3 --dist worksteal -q -rs

# What a change of a rule or a number breaks first, within a minute: without the random exchanges of
# replicas and the simulations, and with fewer examples of each property.
quick: .venv/.dev-ready  ## Run the tests of rules, numbers, use cases and store, for every commit
	@$(BIN)/python -m pytest -n 2 -q --hypothesis-profile quick \
	    tests/core tests/flow tests/service tests/store tests/test_architecture.py \
	    tests/runs/model tests/runs/test_series_reader.py tests/runs/queue/test_turns.py \
	    tests/runs/queue/test_entries.py tests/runs/queue/test_gpus.py \
	    tests/runs/slurm/test_pending_reasons.py \
	    --ignore tests/flow/simulation \
	    --ignore tests/service/test_replicas.py --ignore tests/service/test_planted_faults.py

explore: .venv/.dev-ready  ## Try new random examples of every property, ten times as many (long)
	@$(BIN)/python -m pytest -n 2 -q --hypothesis-profile explore \
	    $$(grep -rl --include='test_*.py' '^from hypothesis' tests)

# Where the system makes a difference; the looks of the screen are tested on Linux.
test-mac: .venv/.dev-ready  ## Run the tests that make sense on a Mac
	@$(BIN)/python -m pytest -n 2 -q -rs -m "not network and not slurm and not postgresql and not terminal and not slow" \
	    tests/machine tests/runs/local tests/runs/model tests/runs/queue tests/runs/use_cases \
	    tests/core tests/service tests/store tests/test_files.py tests/test_architecture.py

mutants: .venv/.mutants-ready  ## Change rules and numbers at random, and list what no test notices
	@$(BIN)/python -m tests.mutants

check: .venv/.dev-ready  ## Check style, types, who imports whom, and what is declared
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy --strict
	@$(BIN)/lint-imports
	@$(BIN)/deptry .

bench: .venv/.dev-ready  ## Measure speed and memory against a minimal app
	@PYTHONPATH=. $(BIN)/python tests/bench/run.py

team: .venv/.dev-ready  ## Measure a team of ten on a PostgreSQL server of its own
	@PYTHONPATH=. $(BIN)/python tests/bench/team.py

exchanges: .venv/.dev-ready  ## Measure sync of long histories and after many exchanges (BENCH=full)
	@PYTHONPATH=. $(BIN)/python tests/bench/exchanges.py

calibration: .venv/.dev-ready  ## See how often forecasts hold, also on LOGS="log.csv=map.toml ..."
	@PYTHONPATH=. $(BIN)/python tests/bench/calibration.py $(LOGS)

faults: .venv/.dev-ready  ## Try every fault often, and write the table tests/stress/FAULTS.md
	@report=$$(mktemp); MLKANBAN_STRESS=full \
	    $(BIN)/python -m pytest -n 2 -q tests/stress tests/service/test_pairs.py \
	    tests/runs/queue/test_queue_faults.py --junitxml="$$report" && \
	    $(BIN)/python -m tests.stress.faults "$$report"; code=$$?; rm -f "$$report"; exit $$code

readme: .venv/.dev-ready  ## Write the made parts of README and documentation again, from the code
	@$(BIN)/python -m tests.made_docs

# In colours and letters that do not depend on the terminal at hand.
PICTURES := TERM=xterm-256color COLORTERM=truecolor LC_ALL=C.UTF-8
screenshots: .venv/.dev-ready  ## Draw the pictures of the README again, the moving one too, and write its tables
	@$(PICTURES) $(BIN)/python -m tests.screenshots && $(PICTURES) $(BIN)/python -m tests.film

golden: .venv/.dev-ready  ## Keep a store of this version, for the tests of all later ones
	@$(BIN)/python -m tests.store.golden.make

# Not kept in the repository: options change with every other commit.
man: .venv/.ready  ## Write the manual page and the completions for the system, from the commands
	@rm -rf mlkanban/share && $(BIN)/python -m tests.packaging.share

dist: .venv/.dev-ready man  ## Build the packages, check them, and try the wheel in a fresh environment
	@rm -rf dist && $(BIN)/python -m build --outdir dist >/dev/null
	@fresh=$$(mktemp -d) && trap 'rm -rf "$$fresh"' EXIT && $(PYTHON) -m venv "$$fresh" && \
	    "$$fresh/bin/pip" -q install twine dist/*.whl && "$$fresh/bin/twine" check --strict dist/* && \
	    cd "$$fresh" && bin/mlkanban --version && bin/mlkanban demo </dev/null >/dev/null && \
	    echo "The wheel installs, and its demo runs."

lock:  ## Write uv.lock again after a change of dependencies (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv: https://docs.astral.sh/uv/" >&2; exit 1; }
	@uv lock --no-config --default-index https://pypi.org/simple

clean:  ## Remove everything that make has made
	@rm -rf .venv build dist mlkanban/share .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find mlkanban tests -name __pycache__ -type d -prune -exec rm -rf {} +

# A checkout that was moved or copied, or whose Python was replaced, is set up again.
ifneq ($(wildcard .venv/.ready),)
STALE := $(shell $(BIN)/python -I -c 'import mlkanban, sys; sys.exit(mlkanban.__path__[0] != sys.argv[1])' \
    '$(CURDIR)/mlkanban' 2>/dev/null || echo stale)
endif
.PHONY: stale
stale:
	@echo "The .venv here is not of this folder or not of this Python: it is made again."

# Debian and Ubuntu keep what a virtual environment gets its pip from in a package of its own.
.venv/.ready: pyproject.toml $(STALE)
	@command -v $(PYTHON) >/dev/null || { \
	    echo "mlkanban needs Python 3.11 or newer, and there is no '$(PYTHON)' here." >&2; \
	    echo "Install one, or name one: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "mlkanban needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) -V 2>&1)." >&2; \
	    echo "Name a newer one: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; exit 1; }
	@[ -w . ] || { \
	    echo "Nothing can be written into $(CURDIR), where make sets itself up in .venv." >&2; \
	    echo "Copy the checkout to a folder of yours, and call make there." >&2; exit 1; }
	@$(PYTHON) -c 'import os, sys, tempfile; sys.exit(tempfile.gettempdir() == os.getcwd())' \
	    2>/dev/null || { \
	    echo "There is no temporary folder that can be written, and pip needs one." >&2; \
	    echo "Name one: TMPDIR=/path make $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	    $(PYTHON) -c 'import venv, pip' 2>/dev/null || { \
	    echo "'$(PYTHON)' cannot make virtual environments: it has neither ensurepip nor pip." >&2; \
	    echo "On Debian and Ubuntu: sudo apt install python3-venv" >&2; \
	    echo "Or name another one: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "Setting up .venv (once) ..."
	@if $(PYTHON) -c 'import ensurepip' 2>/dev/null; then $(PYTHON) -m venv $(if $(STALE),--clear) .venv; else \
	    $(PYTHON) -m venv $(if $(STALE),--clear) --without-pip .venv && \
	    { $(call install,$(PYTHON) -m pip --python $(BIN)/python,pip); }; fi
	@$(call install,$(BIN)/python -m pip,-e .)
	@touch $@

.venv/.dev-ready: .venv/.ready
	@echo "Installing what tests and checks need (once) ..."
	@$(call install,$(BIN)/python -m pip,-e '.[dev]')
	@touch $@

.venv/.mutants-ready: .venv/.dev-ready
	@echo "Installing what mutates (once) ..."
	@$(call install,$(BIN)/python -m pip,-e '.[mutants]')
	@touch $@

# What pip says is kept in a file; a person gets the line that matters. $(1): which pip, $(2): what.
NO_NETWORK := NewConnection|NameResolution|ConnectTimeout|ReadTimeout|ProxyError|SSLError|timed out
install = $(1) --disable-pip-version-check install $(2) >.venv/pip.log 2>&1 || { \
	if grep -qE '$(NO_NETWORK)' .venv/pip.log; then \
	    echo "The packages that are needed cannot be fetched: the package index is not reached." >&2; \
	    echo "Call make again with a network, or with a folder that holds the packages:" >&2; \
	    echo "PIP_NO_INDEX=1 PIP_FIND_LINKS=/path make $(MAKECMDGOALS)" >&2; \
	else \
	    echo "pip cannot install what is needed. $$(grep -i error .venv/pip.log | tail -n 1)" >&2; \
	fi; \
	echo "All that pip said is in .venv/pip.log." >&2; exit 1; }
