# Every target prepares what it needs and does nothing twice. `make help` explains them.
# The machine needs Python 3.11 or newer and make, and Go for the tests on Kubernetes; everything
# else comes with pip.

PYTHON ?= python3
VENV   := .venv
OLDEST := .venv-oldest
ARGS   ?=

# Most tests wait for processes and leases, so two at a time take little more than half as long. A
# file stays together: its tests may share an expensive fixture. One at a time: make test PARALLEL=
PARALLEL ?= --numprocesses auto --maxprocesses 4 --dist loadfile

# The demo does not wait for linters: where no developer's environment exists it makes a small one.
DEMO_VENV := $(if $(wildcard $(VENV)/.ready),$(VENV),.venv-demo)

# Rooms with a target of their own.
LONG := --ignore tests/faults --ignore tests/reconcile --ignore tests/kubernetes --ignore tests/images --ignore tests/soak \
  --ignore tests/boards --ignore tests/chart

REDIS_SERVER ?= $(shell command -v redis-server)
PROMETHEUS   ?= $(shell command -v prometheus)

.DEFAULT_GOAL := help
.PHONY: help demo setup test test-embedded test-reconcile test-boards test-redis test-oldest cluster-test cluster-tools simulation faults \
  soak chaos mutants images locks bench-idle \
  check check-format check-lint check-types check-floors check-generated fix clean

help: ## this text
	@echo "Giveway: low-priority work gives way."
	@echo
	@echo "  make demo      see it: 200 packages are made while urgent ones overtake them (under a minute)"
	@echo "  make test      run the tests: on embedded Valkey, a real API server, redis-server if installed, the oldest redis-py"
	@echo "  make cluster-test   images, chart and operator on a real Kubernetes with pods that run (root, or a cluster)"
	@echo "  make faults    break Redis, the network, PostgreSQL and the worker for real, and see it recover"
	@echo "  make check     format, lint, types, floors, generated files: what must hold before a commit"
	@echo "  make fix       let ruff format and mend what it can, and write the generated files anew"
	@echo "  make mutants   break each Lua script in many ways and show that a test notices"
	@echo "  make chaos     100,000 tasks while workers, Redis and the network break (10 minutes; ARGS=--short: 90 s)"
	@echo "  make bench-idle   what an idle worker costs, beside an idle Celery worker (a minute and a half)"
	@echo "  make soak      the operator for long: 1,000 queues, Redis away for five minutes (half an hour)"
	@echo "  make simulation   what each autoscaler pays on the standard loads: docs/autoscaling.md (half an hour)"
	@echo "  make cluster-tools   build what the Kubernetes tests run on: once, with Go, some five minutes"
	@echo "  make images    build the images of the cluster tests, without a registry (minutes; root and buildah)"
	@echo "  make locks     write deploy/*.lock anew, after a change of dependencies (ARGS=--upgrade: the newest)"
	@echo "  make setup     make the virtual environment $(VENV) (every target above does it by itself)"
	@echo "  make clean     remove the virtual environments and what tools leave behind"
	@echo
	@echo "One test:        make test-embedded ARGS='tests/unit -k retry'"
	@echo "Another Python:  make setup PYTHON=python3.13"
	@echo "Another server:  make test-redis REDIS_SERVER=/path/to/redis-server"
	@echo "Where is what:   docs/architecture.md"

# -- environments ---------------------------------------------------------------------------------

setup: $(VENV)/.ready ## the developer's environment

define make_venv
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
  || { echo "Giveway needs Python 3.11 or newer; say which: make $(MAKECMDGOALS) PYTHON=python3.11" >&2; exit 1; }
@echo "making $(1) …"
@$(PYTHON) -m venv $(1)
@$(1)/bin/python -m pip install --quiet --disable-pip-version-check $(2)
@touch $@
endef

$(VENV)/.ready: pyproject.toml
	$(call make_venv,$(VENV),--editable '.[dev]')

.venv-demo/.ready: pyproject.toml
	$(call make_venv,.venv-demo,--editable '.[embedded]')

# The lower end of every range that pyproject.toml promises.
$(OLDEST)/.ready: pyproject.toml tests/oldest.txt
	$(call make_venv,$(OLDEST),--constraint tests/oldest.txt --editable '.[embedded]' --editable '.[operator]' opentelemetry-api opentelemetry-sdk pytest pytest-timeout pytest-xdist hypothesis)

.venv-peers/.ready: benchmarks/peers.txt
	$(call make_venv,.venv-peers,--requirement benchmarks/peers.txt)

.venv-locks/.ready:
	$(call make_venv,.venv-locks,uv~=0.13.0)

# -- see it ---------------------------------------------------------------------------------------

demo: $(DEMO_VENV)/.ready
	@$(DEMO_VENV)/bin/giveway demo $(ARGS)

# -- test it --------------------------------------------------------------------------------------

test: test-embedded test-reconcile test-boards test-redis test-oldest

test-embedded: $(VENV)/.ready
	@echo "== all tests but those on Kubernetes, embedded Valkey, newest dependencies"
	@$(VENV)/bin/python -m pytest $(LONG) $(PARALLEL) $(ARGS)

# On a real API server, built on the first run. Where it cannot be had, what is left out is named at
# the end; in CI that fails. Apart from the others, so that only these few minutes pay for it.
test-reconcile: $(VENV)/.ready
	@echo "== the operator and the chart on a real API server"
	@$(VENV)/bin/python -m pytest tests/reconcile tests/chart $(PARALLEL) $(ARGS)

# Dashboards, rules and alerts, with Prometheus's own tools and on what a real one has scraped.
test-boards: $(VENV)/.ready
ifneq ($(PROMETHEUS),)
	@echo "== dashboards, rules and alerts on a real Prometheus"
	@$(VENV)/bin/python -m pytest tests/boards $(PARALLEL) $(ARGS)
else ifneq ($(CI),)
	@echo "prometheus is not installed, and CI tests on it: apt-get install prometheus" >&2; exit 1
else
	@echo "== prometheus is not installed: its tests are left out (Debian: apt-get install prometheus)"
endif

# What could behave differently on another server. In CI a missing server fails: a run that
# silently tested less than the one before it is worse than none.
test-redis: $(VENV)/.ready
ifneq ($(REDIS_SERVER),)
	@echo "== protocol, properties and core integration on $(REDIS_SERVER)"
	@GIVEWAY_TEST_SERVER='$(REDIS_SERVER)' $(VENV)/bin/python -m pytest -m engine $(LONG) $(PARALLEL) $(ARGS)
else ifneq ($(CI),)
	@echo "redis-server is not installed, and CI tests on it: apt-get install redis-server" >&2; exit 1
else
	@echo "== redis-server is not installed: its tests are left out (Debian: apt-get install redis-server)"
endif

test-oldest: $(OLDEST)/.ready
	@echo "== unit, protocol and smoke tests with the oldest dependencies (tests/oldest.txt)"
	@$(OLDEST)/bin/python -m pytest -m oldest $(LONG) $(PARALLEL) $(ARGS)

# On the cluster of GIVEWAY_TEST_CONTEXT, else one by kind, else a node of its own. What is missing
# is named and nothing is run. One process: the tests share the node, and two would not be quicker.
cluster-test: $(VENV)/.ready
	@$(VENV)/bin/python -m tests.cluster.live
	@$(VENV)/bin/python -m tests.cluster.images
	@$(VENV)/bin/python -m pytest tests/images tests/kubernetes $(ARGS)

# Real faults of real programs: Redis with AOF and Sentinel, PostgreSQL, Prometheus, tmux, network
# namespaces. What is missing is named; nothing is skipped.
faults: $(VENV)/.ready
	@$(VENV)/bin/python -m pytest tests/faults $(PARALLEL) $(ARGS)

# The operator at length: many queues, long outages.
soak: $(VENV)/.ready
	@$(VENV)/bin/python -m pytest tests/soak $(ARGS)

# The tables and pictures of docs/autoscaling.md. With ARGS='--policy giveway' only the law is measured
# again, with ARGS=--pictures nothing is.
simulation: $(VENV)/.ready
	@$(VENV)/bin/python -m benchmarks.autoscaling $(ARGS)
ifeq ($(ARGS),)
	@$(VENV)/bin/python -m benchmarks.autoscaling --plain --policy keda --policy hpa --policy kpa
	@$(VENV)/bin/python -m benchmarks.autoscaling.everywhere
endif
	@$(VENV)/bin/python scripts/generate_autoscaling_docs.py

cluster-tools: $(VENV)/.ready
	@$(VENV)/bin/python -m tests.cluster $(ARGS)

# The images that clusters are tested with, from the project's Dockerfile. For a registry of one's
# own: docker build --target worker --tag … . (docs/worker-image.md)
images: $(VENV)/.ready
	@$(VENV)/bin/python -m tests.cluster.images

mutants: $(VENV)/.ready
	@$(VENV)/bin/python -m tests.mutants $(ARGS)

chaos: $(VENV)/.ready
	@$(VENV)/bin/python -m tests.chaos $(ARGS)

bench-idle: $(VENV)/.ready .venv-peers/.ready
	@$(VENV)/bin/python -m benchmarks.idle --peers .venv-peers/bin/python $(ARGS)

# -- keep it in order -----------------------------------------------------------------------------

# A generator is scripts/generate_<what>.py: run alone it writes, with --check it only compares.
GENERATORS := $(wildcard scripts/generate_*.py)

# In five parts, so that `make --keep-going check` tells all that is wrong at once.
check: check-format check-lint check-types check-floors check-generated

check-format: $(VENV)/.ready
	@$(VENV)/bin/ruff format --check --quiet . || { echo "run: make fix" >&2; exit 1; }

check-lint: $(VENV)/.ready
	@$(VENV)/bin/ruff check --quiet .

check-types: $(VENV)/.ready
	@$(VENV)/bin/mypy

check-floors: $(VENV)/.ready
	@$(VENV)/bin/lint-imports

check-generated: $(VENV)/.ready
	@for each in $(GENERATORS); do $(VENV)/bin/python $$each --check || exit 1; done

fix: $(VENV)/.ready
	@$(VENV)/bin/ruff format .
	@$(VENV)/bin/ruff check --fix .
	@for each in $(GENERATORS); do $(VENV)/bin/python $$each || exit 1; done

# uv, as it resolves for every platform at once; pip, which installs from the locks, cannot.
locks: .venv-locks/.ready
	@deploy/locks.sh .venv-locks/bin/uv $(ARGS)

clean:
	@rm -rf .venv .venv-locks .venv-oldest .venv-demo .venv-peers dist build .pytest_cache .mypy_cache .ruff_cache \
	  .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
