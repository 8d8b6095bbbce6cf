# Everything runs in .venv, which the first target that needs it sets up from requirements.lock, and again when that or pyproject.toml changes.

VENV := .venv
PYTHON := $(VENV)/bin/python
READY := $(VENV)/.ready
PYTEST := $(PYTHON) -m pytest -o faulthandler_timeout=300
TEST_TOOLS := mosquitto=mosquitto mosquitto_sub=mosquitto-clients openssl=openssl systemd-analyze=systemd

# Recordings of real sensors, for the tests that replay them: the one path outside this repository.
ifndef EDGE_GATEWAY_RECORDINGS
ifneq ($(wildcard ../shared/data),)
export EDGE_GATEWAY_RECORDINGS := $(abspath ../shared/data)
endif
endif

.PHONY: help demo test check bench crossing fuzz faults detections mutants lint tools lock clean

help:
	@echo "make demo    run a node, a broker and a hub on a simulated flood; options in ARGS='...'"
	@echo "make test    everything: lint, types, every test (installs the Debian packages that the tests need)"
	@echo "make check   the quick part of it, for every edit"
	@echo "make bench   measure the budgets on this machine"
	@echo "make crossing  1,000 crossings from chip to siren with everything else broken, about 8 minutes; options in ARGS='...'"
	@echo "make fuzz    a million inputs for every frame parser; options in ARGS='...'"
	@echo "make faults  inject every sensor fault and print what each driver sees of it; a driver in ARGS='...'"
	@echo "make mutants put small mistakes into the alarm, exposure and quality modules and see whether their tests notice, about 20 minutes; options in ARGS='...'"
	@echo "make detections  play the recordings of floods and gas through nodes: what is found, how late, and what is raised for nothing"
	@echo "make lock    resolve the dependencies anew into requirements.lock"
	@echo "make clean   remove what the other targets made"

demo: $(READY)
	@$(VENV)/bin/edge-gateway demo $(ARGS)

test: lint tools
	@$(PYTEST)

check: lint
	@$(PYTEST) -m "not slow" --ignore=tests/drills

bench: $(READY)
	@$(PYTHON) -m tests.bench $(ARGS)

crossing: $(READY) tools
	@$(PYTHON) -m tests.crossing $(ARGS)

fuzz: $(READY)
	@$(PYTHON) -m tests.fuzz $(ARGS)

faults: $(READY)
	@$(PYTHON) -m tests.faults $(ARGS)

detections: $(READY)
	@$(PYTHON) -m tests.recordings $(ARGS)

mutants: $(READY)
	@$(PYTHON) -m tests.mutation $(ARGS)

lint: $(READY)
	@$(PYTHON) -m ruff check
	@$(PYTHON) -m ruff format --check
	@$(PYTHON) -m mypy

tools: | $(READY)
	@sh .ci/packages $(TEST_TOOLS)

# Wheels only: nothing is compiled, and nothing is fetched that the lock does not name.
$(READY): pyproject.toml requirements.lock .ci/python .ci/packages
	@echo "setting up $(VENV)"
	@python=$$(sh .ci/python) && "$$python" -m venv $(VENV)
	@$(PYTHON) -m pip install -qq --disable-pip-version-check --only-binary :all: --require-hashes -r requirements.lock
	@$(PYTHON) -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# One lock for CPython 3.11 and newer on x86_64 and aarch64. setuptools stands in it because a new environment has none from Python 3.12 on.
# Adafruit-Blinka and what it pulls in come with the ADS1x15 driver; all have wheels for both machines.
lock: $(READY)
	@$(PYTHON) -m pip install -qq --disable-pip-version-check uv
	@echo "# All packages of the project, its tests and its demonstration, for CPython 3.11 and newer on x86_64 and aarch64; written by \`make lock\`." >$(VENV)/lock
	@echo "setuptools>=77" | $(PYTHON) -m uv pip compile pyproject.toml - --extra development --universal --python-version 3.11 \
		--generate-hashes --no-header --no-annotate --quiet >>$(VENV)/lock
	@mv $(VENV)/lock requirements.lock

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
