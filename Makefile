# `make` alone lists the targets. Every target that needs the environment sets it up first;
# when it is there already, that takes about a second.

PYTHON := .venv/bin/python
# What ruff looks at; mypy looks at the three packages.
CHECKED := $(wildcard dialer audio deploy tests benchmarks docs sipp_scenarios)
TYPED := $(addprefix -p ,$(subst /,.,$(patsubst %/__init__.py,%,\
	$(wildcard dialer/__init__.py audio/__init__.py deploy/setup/__init__.py deploy/grafana/__init__.py \
	deploy/mutants/__init__.py))))

MUTANTS_MINUTES ?= 20
MUTANTS_SEED ?= 1

.DEFAULT_GOAL := help
.PHONY: help setup peers demo test check format mutants fresh bench lock native clean distclean
MAKEFLAGS += --no-print-directory

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install system packages where missing, build PJSIP once, make .venv, build the extensions
	@sh deploy/setup/bootstrap.sh

peers: ## the set-up of the tests: `setup`, and their peers (Asterisk, Kamailio, ...) below .cache
	@sh deploy/setup/bootstrap.sh --peers

demo: setup ## dial about 60 contacts against SIPp carriers on loopback, and verify every call
	@.venv/bin/dialer demo

# Each file of tests is one worker's, and those of the longest waits come first, which are the
# first by name. How many workers there are says tests/conftest.py.
SIDE_BY_SIDE := -n auto --dist loadfile --no-loadscope-reorder
.PHONY: quick soak

test: peers check ## every check and every test (one of them: .venv/bin/python -m pytest tests/unit/...)
	@$(PYTHON) -m pytest $(SIDE_BY_SIDE) $(PYTEST_ARGS)

quick: check ## the checks and the unit tests, in less than a minute: while you work
	@$(PYTHON) -m pytest $(SIDE_BY_SIDE) -q tests/unit $(PYTEST_ARGS)

soak: peers check ## `test` with the full counts and ten times the examples; before a release
	@$(PYTHON) -m pytest $(SIDE_BY_SIDE) -m "" --hypothesis-profile=soak --timeout=3600 $(PYTEST_ARGS)

check: setup ## ruff, mypy --strict, import-linter
	@$(PYTHON) -m ruff check $(CHECKED)
	@$(PYTHON) -m ruff format --check $(CHECKED)
	@$(PYTHON) -m mypy $(TYPED)
	@.venv/bin/lint-imports

format: setup ## let ruff format and mend what it can
	@$(PYTHON) -m ruff check --fix $(CHECKED)
	@$(PYTHON) -m ruff format $(CHECKED)

bench: peers ## the benchmarks; each prints one JSON line; fails where a limit is missed
	@failed=0; \
	$(PYTHON) benchmarks/media.py --calls 300 || failed=1; \
	$(PYTHON) benchmarks/recording.py --calls 200 || failed=1; \
	$(PYTHON) benchmarks/barge_in.py --calls 200 || failed=1; \
	$(PYTHON) benchmarks/barge_in_quality.py || failed=1; \
	$(PYTHON) benchmarks/setup_rate.py --cps 100 --seconds 60 || failed=1; \
	$(PYTHON) benchmarks/failover_sim.py --runs 10000 || failed=1; \
	$(PYTHON) benchmarks/strangers.py || failed=1; \
	$(PYTHON) benchmarks/dead_carrier.py --calls 150 || failed=1; \
	$(PYTHON) benchmarks/carrier_lost.py --calls 1500 || failed=1; \
	$(PYTHON) benchmarks/asterisk.py || failed=1; \
	$(PYTHON) benchmarks/registrar_away.py || failed=1; \
	$(PYTHON) benchmarks/tones.py || failed=1; \
	$(PYTHON) benchmarks/vault.py || failed=1; \
	$(PYTHON) benchmarks/audit.py --records 20000 --mutations 1000 || failed=1; \
	$(PYTHON) benchmarks/gate_commit.py --cps 100 --seconds 20 || failed=1; \
	$(PYTHON) benchmarks/legal_year.py --without-each --contacts 2000 || failed=1; \
	$(PYTHON) benchmarks/legal_year.py --contacts 1000000 || failed=1; \
	exit $$failed

mutants: setup ## small faults, one at a time: which does no test notice? (MUTANTS_MINUTES, _SEED, _PATHS)
	@$(PYTHON) -m deploy.mutants --minutes $(MUTANTS_MINUTES) --seed $(MUTANTS_SEED) $(MUTANTS_PATHS)

fresh: ## the README's commands on a bare Debian 12, as root (one: FRESH_RUN="make demo"; PYTEST_ARGS)
	@sh deploy/setup/bootstrap.sh --fresh

lock: setup ## pin the dependencies of pyproject.toml anew, with hashes
	@sh deploy/setup/lock.sh $(LOCK_ARGS)

native: ## rebuild the native extensions, whether or not their sources changed
	@sh deploy/setup/bootstrap.sh --rebuild-native

clean: ## remove the environment and what was built, but not the built PJSIP
	rm -rf .venv .cache/native .cache/bytecode build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

distclean: clean ## remove the built PJSIP as well
	rm -rf .cache
