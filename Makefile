# Funnel: `make` prints this list. Two commands matter: `make run` and `make test`.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PORT ?= 8000
export PORT

##@ Use it
.PHONY: run
run: $(READY) translations ## everything on this machine: pages, worker, servers, inbox (PORT=8000)
	@exec $(BIN)/funnel run

.PHONY: test
test: $(READY) translations ## every test, the running system and the browser included
	@$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -q

##@ Work on it
.PHONY: check
check: lint types layers migrations test ## what the build runs

.PHONY: fast
fast: $(READY) translations ## the tests without processes and browser
	@$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -q -m "not system and not browser"

.PHONY: mutants
mutants: $(READY) translations ## break one line at a time, and see that a test notices
	@$(BIN)/python -m tests.mutants

.PHONY: lint
lint: $(READY) ## style of Python and templates, unused dependencies
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/djlint funnel/templates --check --lint
	@$(BIN)/deptry .

.PHONY: format
format: $(READY) ## put the style right where a machine can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/djlint funnel/templates --reformat --quiet

.PHONY: types
types: $(READY) ## mypy, strict
	@$(BIN)/mypy

.PHONY: layers
layers: $(READY) ## every arrow points one way
	@$(BIN)/lint-imports --no-cache

.PHONY: migrations
migrations: $(READY) ## models = migrations, both ways
	@$(BIN)/pytest -q tests/test_migrations.py -p no:randomly

.PHONY: migration
migration: $(READY) ## the next migration, from funnel/models (m="what changes"; beside `make run`)
	@test -n "$(m)" || { echo 'say what changes: make migration m="seats have a colour"'; exit 1; }
	@number=$$(ls funnel/migrations/versions | grep -oE '^[0-9]{4}' | tail -n 1); \
	  $(BIN)/funnel db migrate -m "$(m)" --rev-id "$$(printf %04d $$((10#$$number + 1)))"

.PHONY: bench-sending
bench-sending: $(READY) ## how fast mail goes out, beside the usual ways (needs Postfix's smtp-sink)
	@$(BIN)/python benchmarks/throughput.py $(BENCH)

MAILS ?= 200
KILLS ?= 6
DUE ?= 300
.PHONY: faults
faults: $(READY) translations ## the table of faults survived (the long form: MAILS=50000 KILLS=200 DUE=100000)
	@$(BIN)/pytest -q tests/faults tests/test_outages.py -p no:randomly --table --mails $(MAILS) --kills $(KILLS) --due $(DUE)

.PHONY: screenshots
screenshots: $(READY) translations ## pictures of every page into docs/screenshots
	@$(BIN)/python -m tests.browser.screenshots

.PHONY: bench
bench: $(READY) bench-sending ## the benchmarks; each prints one table
	@$(BIN)/python benchmarks/plan.py

##@ Keep it
.PHONY: messages
messages: $(READY) ## collect the sentences to translate, and update the Dutch ones
	@$(BIN)/pybabel -q extract -F babel.cfg -k lazy_gettext -o funnel/translations/messages.pot --no-location --sort-output funnel
	@$(BIN)/pybabel -q update -i funnel/translations/messages.pot -d funnel/translations --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date
	@rm funnel/translations/messages.pot

CATALOGS := $(patsubst %.po,%.mo,$(wildcard funnel/translations/*/LC_MESSAGES/*.po))
.PHONY: translations
translations: $(CATALOGS)
%.mo: %.po | $(READY)
	@$(BIN)/pybabel -q compile -i $< -o $@

.PHONY: lock
lock: $(READY) ## write the hashed lock files anew from pyproject.toml
	@$(BIN)/uv pip compile -q pyproject.toml --all-extras --universal --generate-hashes --no-annotate --no-header -o requirements-dev.lock
	@$(BIN)/uv pip compile -q pyproject.toml --universal --generate-hashes --no-annotate --no-header -c requirements-dev.lock -o requirements.lock

.PHONY: vendor
vendor: ## build the editor's libraries anew from funnel/vendor (needs Node; users do not)
	@work=$$(mktemp -d) && trap 'rm -rf "$$work"' EXIT \
	  && cp funnel/vendor/* funnel/vendor/.npmrc "$$work" && cd "$$work" \
	  && npm ci --silent && node build.mjs "$(CURDIR)/funnel/static/vendor"

.PHONY: venv
venv: $(READY) ## the environment, from the hashed lock

$(READY): requirements-dev.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Funnel needs Python 3.11 or newer; choose one with PYTHON=python3.11 make run"; exit 1; }
	@echo "Making the environment in $(VENV) …"
	@$(PYTHON) -m venv $(VENV) \
	  || { echo "Python's venv is missing: on Debian and Ubuntu, apt-get install python3-venv"; exit 1; }
	@# The lock is complete; looking for dependencies would find versions newer than it.
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --use-pep517 --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip check --disable-pip-version-check >/dev/null
	@$(BIN)/python -c 'import pathlib, sysconfig as s; pathlib.Path(s.get_path("purelib"), "funnel.pth").write_text(str(pathlib.Path.cwd()) + "\n")'
	@printf '#!/bin/sh\nexec "%s/python" -m funnel "$$@"\n' "$(CURDIR)/$(BIN)" > $(BIN)/funnel
	@chmod +x $(BIN)/funnel
	@touch $@

.PHONY: secrets
secrets: ## the secrets of docker-compose.yml, each made once in secrets/
	@mkdir -p -m 700 secrets
	@make_once() { test -e "secrets/$$1" || cat > "secrets/$$1"; }; \
	  for name in postgres redis key metrics_token; do \
	    $(PYTHON) -c 'import secrets; print(secrets.token_hex(32))' | make_once $$name; \
	  done; \
	  echo "postgresql://funnel:$$(cat secrets/postgres)@postgres/funnel" | make_once database_url; \
	  echo "redis://:$$(cat secrets/redis)@redis:6379/0" | make_once redis_url; \
	  echo "smtp://mailpit:1025" | make_once smtp_url; \
	  for name in previous_keys dkim_key; do printf '' | make_once $$name; done
	@chmod 644 secrets/* # the folder is closed; inside a container another user reads them

.PHONY: clean
clean: ## remove the environment and what tools left; data in var/ stays
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.DEFAULT_GOAL := help
.PHONY: help
help:
	@awk 'BEGIN {FS = ":.*## "} \
	  /^##@ / {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-z]+:.*## / {printf "  make %-14s%s\n", $$1, $$2}' $(MAKEFILE_LIST); echo
