# make serve: build and serve the graph.  make test: run every test.  Needs Python 3.11+ and nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
HOST ?= 127.0.0.1
PORT ?= 8000
export EVIDENSGRAF_RELEASES ?= $(CURDIR)/releases

.PHONY: serve test check build clean

serve: $(VENV)/.serve
	$(BIN)/evidensgraf serve --host $(HOST) --port $(PORT)

build: $(VENV)/.serve
	$(BIN)/evidensgraf build

test: $(VENV)/.test check
	$(BIN)/python -m pytest

check: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/evidensgraf format --check graph/data/*.trig
	$(BIN)/python -m tests.typecheck
	$(BIN)/lint-imports

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.serve: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing into $(VENV), about a minute ..." >&2
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(VENV)/.test: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing into $(VENV), about two minutes ..." >&2
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[test]"
	touch $@ $(VENV)/.serve

clean:
	rm -rf $(VENV) releases build dist *.egg-info tests/browser/node_modules
