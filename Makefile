# Everything is installed into the checkout: .venv, .venv-local-aws and node_modules. Only Python 3.11+ is asked for.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
BIN := $(CURDIR)/.venv/bin
LOCAL_BIN := $(CURDIR)/.venv-local-aws/bin
PIP_QUIET := --quiet --disable-pip-version-check
TYPED := shadow_constructs stacks app.py benchmarks rehearsal local_aws examples tests tools

export PATH := $(BIN):$(CURDIR)/node_modules/.bin:$(PATH)
# Without compiled modules every synthesis would compile the CDK's bindings again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test lint check snapshots synth bench lock clean

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

demo: setup ## Rehearse a shadow test on this machine: deploy, compare, promote, roll back, destroy
	$(BIN)/python -m rehearsal.demo

test: setup ## Run all tests
	$(BIN)/python -m pytest

lint: .venv/.done ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(TYPED)

check: lint test ## What CI runs

snapshots: setup ## Write the stacks' snapshots anew; read the difference before committing it
	$(BIN)/python -m pytest tests/stacks --snapshot-update

synth: setup ## Synthesize the example app into cdk.out
	cdk synth --no-notices --quiet

bench: setup ## Time synthesis against hand-written code
	$(BIN)/python -m benchmarks.synth

lock: setup ## Pin what the pinned packages depend on, as installed now
	$(BIN)/pip freeze --exclude-editable | grep -v '^pip==\|^setuptools==' > constraints.txt
	$(LOCAL_BIN)/pip freeze | grep -v '^pip==\|^setuptools==' > local_aws/constraints.txt

clean: ## Remove everything that make has put here
	rm -rf .venv .venv-local-aws node_modules cdk.out .rehearsal .mypy_cache .pytest_cache .ruff_cache .hypothesis

setup: .venv/.done .venv-local-aws/.done node_modules/.done

.venv/.done: requirements.txt requirements-dev.txt constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed, this is " + sys.version.split()[0] + ": try make PYTHON=python3.12")'
	@echo "Installing the project's tools into .venv (about a minute, once) ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install $(PIP_QUIET) -r requirements-dev.txt -c constraints.txt
	@touch $@

.venv-local-aws/.done: local_aws/requirements.txt local_aws/constraints.txt examples/churn/requirements.txt
	@echo "Installing the local AWS into .venv-local-aws (half a minute, once) ..."
	@$(PYTHON) -m venv .venv-local-aws
	@$(LOCAL_BIN)/pip install $(PIP_QUIET) -r local_aws/requirements.txt -r examples/churn/requirements.txt -c local_aws/constraints.txt
	@touch $@

node_modules/.done: package.json package-lock.json .venv/.done
	@echo "Installing the CDK command line into node_modules ..."
	@npm ci --silent --no-audit --no-fund
	@touch $@
