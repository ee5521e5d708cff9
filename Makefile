# Everything is installed into the checkout: .venv, .venv-local-aws, .venv-audit and node_modules. Only Python 3.11+ is asked for.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# The interpreter behind any virtual environment: .venv can't be made anew by the Python inside it.
PYTHON ?= $(or $(shell python3 -c 'import sys; print(sys._base_executable)' 2>/dev/null),python3)
BIN := $(CURDIR)/.venv/bin
LOCAL_BIN := $(CURDIR)/.venv-local-aws/bin
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check
PIP_FREEZE := -m pip freeze --disable-pip-version-check --all --exclude pip
NPM := $(BIN)/npm --loglevel=error --no-audit --no-fund --no-update-notifier
TYPED := shadow_constructs shadow_ops stacks app.py benchmarks rehearsal local_aws examples tests tools

# Node comes from a wheel in .venv, the CDK command line from node_modules; what the machine has is not looked at.
export PATH := $(BIN):$(CURDIR)/node_modules/.bin:$(PATH)
# Without compiled modules every synthesis would compile the CDK's bindings again.
unexport PYTHONDONTWRITEBYTECODE
# A virtual environment that happens to be active is not ours.
unexport VIRTUAL_ENV PYTHONHOME PYTHONPATH

.PHONY: help setup demo demo-pipeline dashboard test check lint types snapshots synth fuzz audit harm mutants bench lock clean

help: ## Show this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1|\2/p' Makefile | awk -F'|' '{printf "%-16s %s\n", $$1, $$2}'

demo: setup ## Rehearse a shadow test on this machine: deploy, compare, promote, roll back, destroy
	@$(BIN)/python -m rehearsal.demo

# By itself: some minutes that whoever deploys from a machine of his own has no use for.
demo-pipeline: setup ## Rehearse a pipeline that promotes by the verdict: fail, overrule, roll back, pass, fold
	@$(BIN)/python -m rehearsal.pipeline_demo

dashboard: setup ## Draw the comparison dashboard of a rehearsal, to look at before deploying
	@$(BIN)/python -m rehearsal.dashboard

# Four processes even on two cores: each has a local AWS of its own, and stories of deployments wait more than they work.
test: setup ## Run all tests
	@$(BIN)/python -m pytest -n 4 --dist loadfile

check: lint test ## Check style and types, then run all tests: what CI does

lint: .venv/.done types ## Check style and types
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .

types: .venv/.done ## Check types only
	@$(BIN)/mypy $(TYPED)

snapshots: setup ## Write the stacks' snapshots anew; read the difference before committing it
	@$(BIN)/python -m pytest tests/stacks --snapshot-update

synth: setup ## Synthesize the example app into cdk.out
	@node_modules/.bin/cdk synth --no-notices --quiet

fuzz: setup ## Try ten thousand odd values of every public value (minutes)
	@FUZZ_CASES=10000 $(BIN)/python -m pytest -n 2 tests/fuzz

audit: setup .venv-audit/.done ## Ask cfn-lint, cdk-nag and checkov what they say of the templates (a minute)
	@$(BIN)/python -m tools.audit

harm: setup ## Run 50,000 random schedules against the guard (half an hour), and print seeds and figures
	@$(BIN)/python -m tests.ops.guard.harm --schedules 50000

mutants: setup ## Change judge, guard and history in one place at a time: do the tests notice? (MUTANTS="judge --sample 100 --seed 7")
	@$(BIN)/python -m tools.mutants $(or $(MUTANTS),judge guard history)

bench: setup ## Measure synthesis, start-up, the gate, captured answers and what the guard adds (minutes)
	@$(BIN)/python -m benchmarks.synth --counts 1 10 50 100
	@$(BIN)/python -m benchmarks.startup
	@$(BIN)/python -m benchmarks.gate --quick
	@$(BIN)/python -m benchmarks.responses --rounds 1
	@$(BIN)/python -m benchmarks.guard --rounds 2

lock: .venv/.done ## Pin anew what the pinned packages depend on
	@rm -rf .lock
	@$(PYTHON) -m venv .lock/dev
	@.lock/dev/bin/python $(PIP_INSTALL) -r requirements-dev.txt
	@.lock/dev/bin/python $(PIP_FREEZE) > constraints.txt
	@$(PYTHON) -m venv .lock/local
	@.lock/local/bin/python $(PIP_INSTALL) -r local_aws/requirements.txt -r examples/churn/requirements.txt
	@.lock/local/bin/python $(PIP_FREEZE) --exclude setuptools > local_aws/constraints.txt
	@$(PYTHON) -m venv .lock/audit
	@.lock/audit/bin/python $(PIP_INSTALL) -r tools/audit/requirements.txt
	@.lock/audit/bin/python $(PIP_FREEZE) --exclude setuptools > tools/audit/constraints.txt
	@$(NPM) install --package-lock-only --omit-lockfile-registry-resolved
	@rm -rf .lock

clean: ## Remove everything that make has put here
	@rm -rf .venv .venv-local-aws .venv-audit .lock node_modules cdk.out .rehearsal .mypy_cache .pytest_cache .ruff_cache .hypothesis

setup: .venv/.installed .venv-local-aws/.done node_modules/.done

# The stamps are written last, so that a set-up that was broken off is started again.
.venv/.done: requirements.txt requirements-dev.txt constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) isn't there: install Python 3.11 or later, or name it with make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed, this is " + sys.version.split()[0] + ": try make PYTHON=python3.12")'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) can't make virtual environments: install its venv package (Debian, Ubuntu: python3-venv)" >&2; exit 1; }
	@echo "Installing the project's tools into .venv (about a minute, once) ..." >&2
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python $(PIP_INSTALL) -r requirements-dev.txt -c constraints.txt
	@touch $@

# A reference to this folder, which brings shadow-test; what runs in the folder takes the folder's code in any case.
.venv/.installed: .venv/.done pyproject.toml
	@$(BIN)/python $(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

.venv-local-aws/.done: local_aws/requirements.txt local_aws/constraints.txt examples/churn/requirements.txt | .venv/.done
	@echo "Installing the local AWS into .venv-local-aws (half a minute, once) ..." >&2
	@$(PYTHON) -m venv --clear .venv-local-aws
	@$(LOCAL_BIN)/python $(PIP_INSTALL) -r local_aws/requirements.txt -r examples/churn/requirements.txt -c local_aws/constraints.txt
	@touch $@

.venv-audit/.done: tools/audit/requirements.txt tools/audit/constraints.txt | .venv/.done
	@echo "Installing checkov into .venv-audit (a minute, once) ..." >&2
	@$(PYTHON) -m venv --clear .venv-audit
	@.venv-audit/bin/python $(PIP_INSTALL) -r tools/audit/requirements.txt -c tools/audit/constraints.txt
	@touch $@

node_modules/.done: package.json package-lock.json | .venv/.done
	@echo "Installing the CDK command line into node_modules (seconds, once) ..." >&2
	@$(NPM) ci >/dev/null
	@touch $@
