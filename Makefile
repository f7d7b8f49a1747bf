# Vakwijs. `make demo` and `make test` need git, make and Python 3.11+; they bring the rest.
.DEFAULT_GOAL := help
.PHONY: help setup demo demo-reset demo-data test test-postgresql fuzz faults check format bench bench-lrs pe-online-stand-in big-stand-in services services-stop manage translations docs-check

PORT ?= 8000
ARGS ?=
PYTHON ?= python3
VAR_DIR ?= $(CURDIR)/var
export VAR_DIR
export UV_LINK_MODE ?= copy
# The certificates that this machine trusts: many a hospital's network has one of its own, which uv and Node do not bring.
export UV_SYSTEM_CERTS ?= true
export NODE_EXTRA_CA_CERTS ?= $(firstword $(wildcard /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem))

VENV := $(CURDIR)/.venv
RUN := $(VENV)/bin/python
# A Node of the machine if it is new enough, else the one that comes from PyPI.
export PATH := $(VENV)/bin:$(PATH)

help:  ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 20

# --- set-up -----------------------------------------------------------------------------------------------------

setup: $(VENV)/.app frontend/dist/.built config/locale/.compiled

$(VENV)/.uv:
	$(PYTHON) -c 'import sys; sys.exit("Vakwijs needs Python 3.11 or newer.") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check uv
	touch $@

$(VENV)/.app: $(VENV)/.uv pyproject.toml uv.lock
	$(RUN) -m uv sync --quiet --frozen --inexact --no-dev
	touch $@

$(VENV)/.dev: $(VENV)/.app
	$(RUN) -m uv sync --quiet --frozen --inexact
	touch $@

$(VENV)/.node: $(VENV)/.uv
	deploy/ensure-node.sh $(VENV)
	touch $@

frontend/node_modules/.installed: $(VENV)/.node frontend/package.json frontend/package-lock.json
	cd frontend && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	touch $@

FRONTEND_SOURCES = $(shell find frontend/src frontend/h5p -type f 2>/dev/null) $(shell find . -path ./frontend -prune -o -path ./.venv -prune -o -path ./var -prune -o -path '*/components/*.css' -print 2>/dev/null)
frontend/dist/.built: frontend/node_modules/.installed frontend/build.mjs $(FRONTEND_SOURCES)
	cd frontend && node build.mjs
	touch $@

TRANSLATIONS = $(shell find . -name 'django.po' -not -path './.venv/*' -not -path './frontend/*')
config/locale/.compiled: $(VENV)/.app $(TRANSLATIONS)
	mkdir -p config/locale
	$(RUN) -m config.translations compile
	touch $@

# --- use --------------------------------------------------------------------------------------------------------

demo: demo-data  ## serve the demo on 127.0.0.1:$(PORT), with a worker beside it
	$(RUN) manage.py serve_demo --port $(PORT)

demo-data: setup
	$(RUN) manage.py migrate --verbosity 0
	$(RUN) manage.py collectstatic --noinput --verbosity 0
	$(RUN) manage.py load_reference
	SITE_URL=http://127.0.0.1:$(PORT) $(RUN) manage.py seed_demo

demo-reset:  ## forget everything the demo made
	rm -rf $(VAR_DIR)/vakwijs.sqlite3* $(VAR_DIR)/media $(VAR_DIR)/private $(VAR_DIR)/keys $(VAR_DIR)/static

manage: setup  ## make manage ARGS="check"
	$(RUN) manage.py $(ARGS)

# --- keep it right ----------------------------------------------------------------------------------------------

test: setup $(VENV)/.dev $(VENV)/.browser $(VENV)/.poppler  ## run all tests; make test ARGS="tests/lrs -x"
	$(RUN) -m pytest $(ARGS)

fuzz: setup $(VENV)/.dev  ## generated statements and 100,000 mutated requests; FUZZ_SEED=1 sends the same again
	FUZZ=$${FUZZ:-100000} FUZZ_SEED=$${FUZZ_SEED:-$$(date +%s)} $(RUN) -m pytest tests/lrs/test_properties.py tests/lrs/test_validation.py tests/lrs/test_redaction.py tests/lrs/test_fuzz.py -p no:randomly -s $(ARGS)

# A PostgreSQL of the tests' own, with fsync, is what is killed; the one of `services` only says what the tables are.
faults: setup $(VENV)/.dev  ## kill -9 of server, worker and database under load, 60 times; FAULT_ROUNDS=100 FAULT_SEED=1
	export FAULT_ROUNDS=$${FAULT_ROUNDS:-60}; export $$(deploy/services.sh start postgresql); \
	$(RUN) -m pytest tests/lrs/faults -p no:randomly -s $(ARGS)

$(VENV)/.browser: $(VENV)/.dev
	deploy/ensure-browser.sh
	touch $@

$(VENV)/.poppler: $(VENV)/.dev
	deploy/ensure-poppler.sh
	touch $@

# Checked, not laid out anew: between words a line break is a space that a reader sees. The two left out open a tag in one branch.
TEMPLATES = $(filter-out accounts/templates/allauth/elements/button.html cms/templates/cms/components/field/field.html,$(shell git ls-files '*.html'))

check: setup $(VENV)/.dev  ## lint, types, imports, migrations, templates, translations, deployment
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy
	$(VENV)/bin/lint-imports
	$(RUN) manage.py makemigrations --check --dry-run
	@$(VENV)/bin/djangofmt check $(TEMPLATES)
	$(RUN) -m config.translations check
	SECRET_KEY=$$($(RUN) -c 'import secrets; print(secrets.token_urlsafe(50))') ALLOWED_HOSTS=vakwijs.example SITE_URL=https://vakwijs.example \
		DATABASE_URL=sqlite:///$(VAR_DIR)/check.sqlite3 DJANGO_SETTINGS_MODULE=config.settings.production $(RUN) manage.py check --deploy --fail-level WARNING

format: $(VENV)/.dev  ## lay out code and templates in the house style
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .
	$(VENV)/bin/djangofmt check --fix $(TEMPLATES)

translations: $(VENV)/.dev  ## collect new strings into the catalogues
	$(RUN) -m config.translations collect

bench: setup $(VENV)/.dev  ## measure; one JSON line per figure
	$(RUN) -m tests.bench $(ARGS)

# PostgreSQL as it comes, on a port of its own: the figures must not owe anything to settings that lose data.
BENCH_SERVICES = SERVICES_DIR=$${TMPDIR:-/var/tmp}/vakwijs-bench-$$(id -u) PG_PORT=5434 PG_SETTINGS= deploy/services.sh
bench-lrs: setup $(VENV)/.dev  ## the record beside bare Django, on PostgreSQL and SQLite; make bench-lrs ARGS="writes --quick"
	$(if $(DATABASE_URL),,trap '$(BENCH_SERVICES) stop postgresql' EXIT; export $$($(BENCH_SERVICES) start postgresql);) \
	$(RUN) -m tests.bench.store $(ARGS)

pe-online-stand-in: setup $(VENV)/.dev  ## a stand-in of PE-online's attendance service on port 8052; ARGS="8053" for another
	$(RUN) -m tests.pe_online_stand_in $(ARGS)

big-stand-in: setup $(VENV)/.dev  ## a stand-in of the public BIG register on port 8053; ARGS="8054 slow" for another, or misbehaving
	$(RUN) -m tests.big_register_stand_in $(ARGS)

services:  ## a local PostgreSQL and Redis for the production profile; prints their URLs
	deploy/services.sh start

services-stop:  ## end them
	deploy/services.sh stop
