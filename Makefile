# cloudfs: `make demo` shows it, `make test` tests it; both set up all they need.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

unexport PYTHONDONTWRITEBYTECODE  # the tests start hundreds of processes: nothing is compiled twice

.PHONY: help demo test check format programs bench clean

help: ## what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.demo ## start a cloud on this machine, mount it, and show what can be done with it
	@$(BIN)/python scripts/demo.py

test: $(VENV)/.dev ## run all tests, real mounts included
	@$(BIN)/python -m pytest -q -n 6 --dist worksteal

check: $(VENV)/.dev ## format, lint, types, imports
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(VENV)/.dev ## put the code into its format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

programs: $(VENV)/.dev ## let everyday programs work on a drive: make programs AT=mountpoint
	@$(BIN)/python scripts/programs.py $(AT)

bench: $(VENV)/.bench ## measure it beside rclone, in five minutes; BENCH='--server s3' and the like
	@mkdir -p build
	@$(BIN)/python scripts/bench --quick --json build/bench.json --chart build/bench.png $(BENCH)

clean: ## remove what was set up
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info

$(VENV)/.demo: pyproject.toml scripts/setup.sh
	@PYTHON=$(PYTHON) sh scripts/setup.sh $(VENV) demo

$(VENV)/.dev: pyproject.toml scripts/setup.sh
	@PYTHON=$(PYTHON) sh scripts/setup.sh $(VENV) dev

$(VENV)/.bench: pyproject.toml scripts/setup.sh
	@PYTHON=$(PYTHON) sh scripts/setup.sh $(VENV) bench
