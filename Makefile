# The words of this course; CI uses the same. A fresh machine needs Python 3.11 or newer, make and pip.

PYTHON ?= python3
ASSIGNMENT ?=
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
UNFINISHED := $(VENV)/.unfinished
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
LOCALES := src/torchaula/locale

# nbgrader runs `alembic` by its name.
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Some containers turn this cache off, and then each process that we start compiles the package anew.
export PYTHONDONTWRITEBYTECODE :=
MAKEFLAGS += --no-print-directory

# `make` alone sets up and says what else there is.
all: setup help

.PHONY: all help setup demo release grade check audit test test-all bench lint format lab messages lock

help:
	@echo "make demo                    grade a sample class, from set-up to feedback (ASSIGNMENT=mlp: that one alone)"
	@echo "make test                    every test, on a sample that changes with the commit where all would take long"
	@echo "make test-all                the same, on everything"
	@echo "make release                 derive release/ from source/, and zip it in dist/"
	@echo "make grade ASSIGNMENT=mlp    grade what is in submitted/"
	@echo "make check                   try every known answer against every graded cell"
	@echo "make audit                   prove the tests: small changes of every model solution must fail"
	@echo "make bench                   seconds that a class takes, beside stock nbgrader's (10 minutes)"
	@echo "make lint | format           check | mend how code and notebooks are written"
	@echo "make lab                     JupyterLab with nbgrader's formgrader on this course"
	@echo "make lock                    write requirements.lock anew: every package with its hashes"
	@echo "make messages                bring the translations of the command line up to date"

# A stamp older than its environment's Python, or without one, says nothing.
ifneq ($(wildcard $(STAMP)),)
ifeq ($(wildcard $(BIN)/python),)
$(shell rm -f $(STAMP))
endif
endif

setup: $(STAMP)

# What was interrupted is done again from nothing: pip can't mend half a package.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "make: $(PYTHON) is `$(PYTHON) --version 2>&1 | tail -n 1`, and Python 3.11 or newer is needed;" \
	       "name one: make PYTHON=python3.12" >&2; exit 1; }
	@if [ -e $(UNFINISHED) ]; then \
	  echo "set-up: $(VENV) was left half installed; starting again"; rm -rf $(VENV); fi
	@mkdir -p $(VENV) && touch $(UNFINISHED)
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV) || { \
	  echo "make: $(PYTHON) can't make $(VENV); on Debian or Ubuntu: apt install python3-venv" >&2; exit 1; }
	@echo "set-up 1/2: torch (a large download the first time)"
	@$(PIP) torch
	@echo "set-up 2/2: everything else"
	@$(PIP) --editable '.[teacher,dev]'
	@rm -f $(UNFINISHED) && touch $@

demo: setup
	@torchaula demo $(ASSIGNMENT)

release: setup
	@torchaula release $(ASSIGNMENT)
	@torchaula pack $(ASSIGNMENT)

grade: setup
	@[ -n "$(ASSIGNMENT)" ] || { echo "make: which one? make grade ASSIGNMENT=mlp" >&2; exit 2; }
	@torchaula grade $(ASSIGNMENT)

check: setup
	@torchaula check $(ASSIGNMENT)

audit: setup
	@torchaula audit $(ASSIGNMENT)

test: setup
	@pytest -n 2

test-all: setup
	@pytest -n 2 --all

bench: setup
	@python bench/graded_cells.py $(ASSIGNMENT)
	@python bench/batch.py $(or $(ASSIGNMENT),mlp)

lint: setup
	ruff check
	ruff format --check
	torchaula format --check
	mypy
	lint-imports

format: setup
	ruff check --fix --exit-zero --quiet
	ruff format
	torchaula format

lab: setup
	@mkdir -p -m 700 .torchaula && mkdir -p .torchaula/exchange
	@jupyter lab

messages: setup
	@pybabel --quiet extract --no-location --output-file messages.pot src/torchaula
	@pybabel --quiet update --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --width 110 \
	  --domain torchaula --input-file messages.pot --output-dir $(LOCALES)
	@pybabel --quiet compile --domain torchaula --directory $(LOCALES)
	@rm -f messages.pot

# What only torch brings is left out: whoever installs from it has chosen a torch before.
lock: setup
	@$(PIP) uv
	@echo 'torch; python_version < "0"' | UV_CUSTOM_COMPILE_COMMAND='make lock' uv --quiet pip compile pyproject.toml \
	  --extra teacher --extra postgres --extra dev --constraint constraints.txt --override - --universal --python-version 3.11 \
	  --generate-hashes --no-annotate --output-file requirements.lock
