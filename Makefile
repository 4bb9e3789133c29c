# make run    the demo on http://localhost:5000, with a local Kakao beside it
# make test   everything that must hold, as CI checks it
# make lint   ruff and mypy alone
# make bench  speed, as ratios measured side by side

PYTHON ?= python3
BIN := .venv/bin
MESSAGES := templates/translations/ko/LC_MESSAGES/messages

NODE := tests/emulator/node

.PHONY: run install test lint bench tools
.DELETE_ON_ERROR:

run: install
	@$(BIN)/python wsgi.py

install: .venv/demo.installed $(MESSAGES).mo

test: .venv/test.installed $(MESSAGES).mo tools $(NODE)/node_modules lint
	@$(BIN)/python -m pytest --numprocesses auto --dist worksteal

lint: .venv/test.installed
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: .venv/bench.installed
	@sh benchmarks/install_valgrind.sh
	@$(BIN)/python -m benchmarks

tools:
	@sh tests/install_tools.sh

$(NODE)/node_modules: $(NODE)/package.json | tools
	@npm install --silent --no-audit --no-fund --no-package-lock --ignore-scripts --prefix $(NODE)
	@touch $@

$(MESSAGES).mo: $(MESSAGES).po .venv/demo.installed
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@

.venv/demo.installed: setup.cfg pyproject.toml | .venv
	@echo "Installing (once) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[demo]'
	@touch $@

.venv/test.installed: setup.cfg pyproject.toml .venv/demo.installed
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[test,lint]'
	@touch $@

.venv/bench.installed: .venv/test.installed
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[bench]'
	@touch $@

.venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed; choose one: make PYTHON=python3.12 run")'
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
