# Three commands on a fresh machine:
#   make demo [DATA=DIR]   set up, tune, prove, export, run the result in MediaPipe's own PoseLandmarker
#   make serve [MODEL=…]   set up and open the web app, with your networks before stock full
#   make test              set up and pass the tests
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.posetune-setup
RUN ?= runs/demo
BASE ?= full
# Networks of the web app: run folders, .task or .tflite files, names of stock ones.
MODEL ?=
PORT ?= 8000
SERVED ?= posetune-data
# Processes that share the test files; each wants 2 GB.
WORKERS ?= 2
EXTRAS := train,sweep,mediapipe,synth,openvino,serve,learn,scale,cvat,dev

.PHONY: setup test lint demo serve clean
.NOTPARALLEL:

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt Makefile
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "posetune needs Python 3.11 or newer; set PYTHON=/path/to/python3"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	@echo "Installing packages, about 2 GB: a few minutes, in which nothing is said."
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[$(EXTRAS)]"
	@touch $(STAMP)

lint: setup
	$(BIN)/ruff check src tests scripts benchmarks
	$(BIN)/ruff format --check src tests scripts benchmarks
	$(BIN)/mypy

test: setup lint
	$(BIN)/posetune models fetch
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

demo: setup
	PATH="$(CURDIR)/$(BIN):$$PATH" scripts/demo.sh "$(DATA)" "$(RUN)" "$(BASE)"

serve: setup
	$(BIN)/posetune serve $(foreach network,$(MODEL),--model "$(network)") --model full --port $(PORT) --data-dir "$(SERVED)"

clean:
	rm -rf $(VENV) runs build dist src/*.egg-info
