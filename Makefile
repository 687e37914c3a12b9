# make run    set up, then serve the playground: a page on this machine to try everything on
# make test   set up, every check, every test
# make setup  the shared step: .venv with the hash-pinned lock
# make lock   write the lock anew after a change of dependencies
# make index  vectors of the knowledge base's phrasings, after a change of entries
# make load   the bot under load, over loopback: tests/benchmarks/LOAD.md (needs PostgreSQL; a quarter of an hour)
# make model  train and export the encoder (needs PyTorch; about an hour on two cores)

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3

.PHONY: run test setup lint lock index load model

run: setup
	$(BIN)/practicum-bot run

test: setup lint
	$(BIN)/python -m pytest

setup: $(VENV)/.done

$(VENV)/.done: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/practicum-bot kb check

lock:
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet uv
	.venv-lock/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --quiet --extra dev --output-file requirements.lock pyproject.toml

index: setup
	$(BIN)/python -m deploy.training.index

load: setup
	$(BIN)/python -m tests.benchmarks.load

model:
	$(PYTHON) -m venv .venv-train
	.venv-train/bin/python -m pip install --quiet --require-hashes --requirement requirements.lock
	.venv-train/bin/python -m pip install --quiet --requirement deploy/training/requirements.txt
	.venv-train/bin/python -m deploy.training.build
