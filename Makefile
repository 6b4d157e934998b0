# Plain make, GNU or BSD. The first `make run` or `make test` sets up .venv by itself.
.POSIX:

PYTHON ?= python3
# Test processes at once; each starts a PostgreSQL and a Redis of its own when it needs one.
JOBS ?= 2
# More words for the command of the target: make run ARGS=--demo, make test ARGS="-k url"
ARGS ?=

# Errors only. What is imported compiles itself then; all of it in advance costs a third more time.
PIP_INSTALL = .venv/bin/python -m pip install -qq --no-compile --no-input --disable-pip-version-check
# `make lock` only: the resolver that writes hashes for every platform.
UV = uv==0.13.9

.PHONY: help run demo test check fuzz faults faults-whole bench bench-copies bench-search bench-tagging fit-tagger lock clean

help:
	@echo "make run            the service on this machine: SQLite, an embedded Redis, beat, workers"
	@echo "make demo           the sample wire, end to end, offline"
	@echo "make test           all tests, on SQLite, PostgreSQL and Redis"
	@echo "make check          lint, format, types, import rules"
	@echo "make fuzz           broken inputs made by coverage, for a minute each; Linux only"
	@echo "make faults         hurts the service in every way that we know of; an hour"
	@echo "make faults-whole   the same with 200 kills in 20,000 pages and 20 minutes of soak; 3 hours"
	@echo "make bench          what the pipeline costs beside bare extraction"
	@echo "make bench-copies   what the story decision costs, races of 32 writers, a million texts"
	@echo "make bench-search   how long searches of 200,000 stories take"
	@echo "make bench-tagging  how well the tagger marks a labelled set"
	@echo "make fit-tagger     fits the tagger's model to labelled pieces, with PyTorch; see docs/tagger.md"
	@echo "make lock           write requirements*.lock after a change of dependencies in pyproject.toml"
	@echo "make clean          remove .venv, caches and build products (never your data)"

run: .venv/.installed
	@.venv/bin/transpacific up $(ARGS)

demo: .venv/.installed
	@.venv/bin/transpacific demo $(ARGS)

test: .venv/.installed
	.venv/bin/python -m pytest -n $(JOBS) -m "not bench" $(ARGS)

check: .venv/.installed
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

# In an environment of its own: nothing but this needs atheris. What broke is kept in build/fuzz.
fuzz: .venv-fuzz/.locked
	.venv-fuzz/bin/python -m tests.fuzz $(ARGS)

.venv-fuzz/.locked: requirements-fuzz.lock
	@test "$$(uname -s)" = Linux || { echo "make fuzz: atheris has wheels for Linux only" >&2; exit 1; }
	@$(PYTHON) -m venv --clear .venv-fuzz
	@.venv-fuzz/bin/python -m pip install -qq --no-compile --no-input --disable-pip-version-check \
	    --only-binary :all: --require-hashes -r requirements-fuzz.lock || { \
	    echo "make fuzz: atheris has no wheel for this Python or processor" >&2; exit 1; }
	@touch .venv-fuzz/.locked

# In an environment of its own: nothing but this needs PyTorch. ARGS="--data DIR --work DIR --write"
fit-tagger: .venv-fit/.locked
	.venv-fit/bin/python -m ingest.relations.fitting $(ARGS)

.venv-fit/.locked: requirements-fit.lock
	@$(PYTHON) -m venv --clear .venv-fit
	@.venv-fit/bin/python -m pip install -qq --no-compile --no-input --disable-pip-version-check \
	    --only-binary :all: --require-hashes -r requirements-fit.lock
	@touch .venv-fit/.locked

faults: .venv/.installed
	.venv/bin/python -m tests.faults $(ARGS)

faults-whole: .venv/.installed
	.venv/bin/python -m tests.faults --pages 20000 --soak 20 --minutes 240 $(ARGS)

bench: .venv/.installed
	.venv/bin/python -m tests.bench $(ARGS)

bench-copies: .venv/.installed
	.venv/bin/python -m tests.bench.likeness
	.venv/bin/python -m tests.bench.fingerprints races $(ARGS)
	.venv/bin/python -m tests.bench.fingerprints scale $(ARGS)

bench-search: .venv/.installed
	.venv/bin/python -m tests.bench.search $(ARGS)

bench-tagging: .venv/.installed
	.venv/bin/python -m tests.bench.tagging $(ARGS)

# The environment is exactly the lock: a changed lock builds it anew.
.venv/.locked: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	    echo "$(PYTHON) is no Python 3.11 or newer: name one, as in make PYTHON=python3.12 run" >&2; \
	    exit 1; }
	@echo "Setting up .venv from requirements.lock; the first time takes about a minute" >&2
	@$(PYTHON) -m venv --clear .venv
	@$(PIP_INSTALL) --require-hashes -r requirements.lock
	@touch .venv/.locked

# The build backend is in the lock too, so nothing is fetched without a hash.
.venv/.installed: .venv/.locked pyproject.toml
	@$(PIP_INSTALL) --no-deps --no-build-isolation -e .
	@touch .venv/.installed

# After a change of dependencies in pyproject.toml: make lock, then commit both locks. Versions
# already locked stay where they can; `make lock ARGS=--upgrade` takes the newest of all.
# requirements.lock holds everything for every platform and Python; requirements-runtime.lock holds
# what the container image needs, at the same versions; requirements-fuzz.lock that and the fuzzer,
# requirements-fit.lock that and PyTorch.
lock:
	rm -rf build/lock
	$(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip install --quiet --disable-pip-version-check $(UV)
	build/lock/bin/uv pip compile --quiet --universal --generate-hashes --no-header $(ARGS) \
	    --extra dev --output-file requirements.lock pyproject.toml
	build/lock/bin/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate \
	    --constraint requirements.lock --output-file requirements-runtime.lock pyproject.toml
	build/lock/bin/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate \
	    --constraint requirements.lock --extra fuzz --output-file requirements-fuzz.lock \
	    pyproject.toml
	build/lock/bin/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate \
	    --constraint requirements.lock --extra fit --output-file requirements-fit.lock \
	    pyproject.toml
	rm -rf build/lock

clean:
	rm -rf .venv .venv-fuzz .venv-fit build dist transpacific.egg-info .pytest_cache .mypy_cache .ruff_cache \
	    .hypothesis .import_linter_cache
	find ingest store worker admin tests -name __pycache__ -type d -prune -exec rm -rf {} +
