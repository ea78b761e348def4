# `make` lists the targets. Each installs what it needs first, through tools/setup.sh, and is safe to repeat.
SHELL := /bin/bash
.DEFAULT_GOAL := help
BIN := .venv/bin

.PHONY: help setup setup-test setup-ai setup-bench demo test test-all check format bench fuzz golden docs lock clean

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | while IFS=$$'\t' read -r target what; do \
	    printf '  make %-10s %s\n' "$$target" "$$what"; done

setup: ## Install what the player needs: Debian packages where allowed, Python packages into .venv
	@tools/setup.sh

setup-test: ## Install what the tests and checks need as well
	@tools/setup.sh --test

setup-ai: ## Install what the tests need as well, and the models of the extra [ai]
	@tools/setup.sh --ai

setup-bench: ## Install the peers that the benchmark measures as well
	@tools/setup.sh --bench

demo: setup ## Make the demo archive, build its library, play its show; ARCHIVE=~/Videos takes your folder
	@$(BIN)/runtime-tools demo $(if $(ARCHIVE),--archive "$(ARCHIVE)")

# Devices one after another: they share ports, and are held to real time.
APART := tests/unit tests/property tests/contract tests/gl tests/cli
IN_TURN := tests/devices

test: setup-test ## Run the tests that this machine can run within 10 minutes
	@$(BIN)/python -m pytest -m "not slow and not ai" -n auto --maxprocesses 8 --dist loadfile $(APART)
	@$(BIN)/python -m pytest -m "not slow and not ai" $(IN_TURN)

test-all: setup-ai ## Run every test, the slow ones too and those that need the extra [ai]
	@$(BIN)/python -m pytest -n auto --maxprocesses 8 --dist loadfile $(APART)
	@$(BIN)/python -m pytest $(IN_TURN) tests/ai

check: setup-test ## Lint, format, types, import rules, spelling
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell

format: setup-test ## Put the code in order as `make check` wants it
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup-bench ## Measure this machine, with peers, against every bar; ARGS="seek --quick" takes less
	@$(BIN)/runtime-tools bench $(ARGS)

fuzz: setup-test ## Give the readers of frames a million hostile inputs; ARGS="hap --runs 10000" takes fewer
	@$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["fuzz"])' | \
	    xargs $(BIN)/python -m pip --quiet --disable-pip-version-check install
	@$(BIN)/python -m tools.fuzz $(ARGS)

golden: setup-test ## Draw the golden pictures of tests/golden anew; look at each before you commit it
	@$(BIN)/python -m tools.golden

docs: setup-test ## Write the reference pages anew from the models
	@$(BIN)/python -m tools.reference

# The newest releases that fit pyproject.toml, one version for every Python and platform: the same decoder
# everywhere. Indexes and paths of the machine that locks stay out, and so does torch with its CUDA: see tools/setup.sh.
LOCK := $(BIN)/python -m uv --quiet pip compile pyproject.toml --group build --extra preprocess --universal \
	--fork-strategy fewest --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	--no-config --custom-compile-command "make lock"

lock: setup-test ## Write the lock files anew; UPGRADE=1 takes newer releases
	@$(BIN)/python -m uv --version >/dev/null 2>&1 || $(BIN)/python -m pip --quiet install "uv>=0.5"
	$(LOCK) $(if $(UPGRADE),--upgrade) -o requirements.lock
	$(LOCK) $(if $(UPGRADE),--upgrade) --extra dev --constraint requirements.lock -o requirements-dev.lock
	$(LOCK) $(if $(UPGRADE),--upgrade) --extra bench --constraint requirements-dev.lock \
	    --override <(echo "torch; python_version < '3'") -o requirements-bench.lock
	$(LOCK) $(if $(UPGRADE),--upgrade) --extra ai --constraint requirements-dev.lock \
	    --override <(echo "torch; python_version < '3'") -o requirements-ai.lock

clean: ## Remove what was built and cached; .venv stays
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +
