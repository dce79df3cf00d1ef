# The tasks of this project, each in one place: CI (.ci/run) and the README call these.
# Setting up needs the network once; a stamp holds what was set up, so that it is not repeated.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

BIN := .venv/bin
PINS := $(wildcard constraints.txt)
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check $(addprefix -c ,$(PINS))
TESTS ?= tests
SITE := from etl.config.loader import read_settings; print(read_settings(demo=True).data_dir / 'site')

VERSION := import sys; print("%d.%d" % sys.version_info[:2])
OTHERS := python3.11 python3.12 python3.13 $(wildcard $(HOME)/.pyenv/versions/3.1[123].*/bin/python)

.PHONY: help demo test soak pythons bench replay moods check lint types contracts format constraints picture clean FORCE

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: .venv/runtime ## a whole run on made-up data, with no network and no key
	@$(BIN)/mfo run-daily --demo
	@echo "The site is in $$($(BIN)/python -c "$(SITE)"); look at it with: $(BIN)/mfo serve-static --demo"

# a process more than there are cores, because many tests wait for a provider's spacing
test: .venv/dev ## all tests, or those in TESTS=tests/sql
	$(BIN)/python -m pytest -n $$(( $$(nproc) + 1 )) --maxprocesses 5 --dist loadfile --no-loadscope-reorder $(TESTS)

soak: .venv/dev pythons ## the long tests: two processes, killed at random for a minute (MFO_SHARED)
	$(BIN)/python -m pytest -m soak $(TESTS)

pythons: .venv/dev ## the program under each other Python found (3.11 to 3.13), for tests/test_other_pythons.py
	@own=$$($(BIN)/python -c '$(VERSION)'); \
	for python in $(OTHERS); do \
		version=$$($$python -c '$(VERSION)' 2> /dev/null) || continue; \
		place=.venv/pythons/$$version; \
		if [[ $$version == "$$own" ]] || cat pyproject.toml $(PINS) | cmp --silent - $$place/stamp; then continue; fi; \
		echo "Setting up $$place with $$($$python --version)." >&2; \
		$$python -m venv $$place; \
		$(subst $(BIN),$$place/bin,$(PIP)) -e .; \
		cat pyproject.toml $(PINS) > $$place/stamp; \
	done

check: lint types contracts test ## all that CI asks

bench: .venv/dev ## the verifier on its corpus; speed and memory beside peers; use of the allowed weight (MFO_SHARED)
	@$(BIN)/python -m tests.bench.verifier
	@$(BIN)/python -m tests.bench.metrics
	@$(BIN)/python -m tests.bench.rest
	@$(BIN)/python -m tests.bench.archive
	@$(BIN)/python -m tests.bench.page

replay: .venv/dev ## the rules over 250 past sessions, settled, with the look-ahead test (MFO_SHARED; some 15 minutes)
	@$(BIN)/python -m tests.bench.replay

moods: .venv/dev ## what each mood of a language model gets published, and what the user sees (MFO_SHARED)
	@$(BIN)/python -m tests.bench.moods

lint: .venv/dev ## ruff and sqlfluff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/sqlfluff lint --processes 2 --disable-progress-bar sql

types: .venv/dev ## mypy, strict
	$(BIN)/mypy

contracts: .venv/dev ## what may import what
	$(BIN)/lint-imports

format: .venv/dev ## rewrite Python and SQL to the house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/sqlfluff fix --disable-progress-bar sql

constraints: .venv/dev ## constraints.txt from what is installed
	$(BIN)/python -m pip freeze --exclude-editable > constraints.txt

picture: .venv/dev ## the pictures of the page in the README, from the demo
	@$(BIN)/mfo run-daily --demo
	@$(BIN)/python -m tests.dashboard.picture "$$($(BIN)/python -c "$(SITE)")"

clean: ## the environment and every cache; the data folders stay
	rm -rf .venv dist .*_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps hold pyproject.toml and the pins as they were when the environment was made.

.venv/runtime: FORCE
	@cat pyproject.toml $(PINS) | cmp --silent - $@ || $(MAKE) --no-print-directory .venv/python
	@cat pyproject.toml $(PINS) | cmp --silent - $@ || { $(PIP) -e . && cat pyproject.toml $(PINS) > $@; }

.venv/dev: FORCE
	@cat pyproject.toml $(PINS) | cmp --silent - $@ || $(MAKE) --no-print-directory .venv/python
	@cat pyproject.toml $(PINS) | cmp --silent - $@ || { $(PIP) -e '.[dev]' && cat pyproject.toml $(PINS) | tee .venv/runtime > $@; }

.PHONY: .venv/python
.venv/python:
	@test -x $(BIN)/python || { \
		for python in python3 python3.13 python3.12 python3.11 python3.14; do \
			if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; then \
				echo "Setting up .venv with $$($$python --version); the first time takes a minute." >&2; \
				exec $$python -m venv .venv; \
			fi; \
		done; \
		echo "Python 3.11 or newer is needed, and there is none on the PATH." >&2; exit 1; \
	}
