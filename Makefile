# The whole working day. Every line has its plain pip/python twin in README.md.
PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Installing builds the editor too; here only those targets do that need it, so that `make demo` needs no Node.js.
export LATENTLOOM_SKIP_EDITOR := 1

.PHONY: demo serve editor test check format bench clean

demo: .venv/.runtime  ## a picture from a saved graph, on the command line
	$(BIN)/python server.py run workflows/text_to_image.json
	@echo "Open the server with: make serve, then http://127.0.0.1:8188"

serve: .venv/.runtime  ## the server, and the editor in the browser
	-$(BIN)/python web/editor/build_editor.py
	$(BIN)/python server.py serve

editor: .venv/.runtime  ## build the editor, if its sources changed
	$(BIN)/python web/editor/build_editor.py

test: .venv/.test  ## every test
	$(BIN)/python -m tests.editor.chromium
	$(BIN)/python -m pytest --numprocesses=auto -m "not browser"
	$(BIN)/python -m pytest -m browser tests/editor

check: .venv/.test  ## format, lint, types, import contract
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python web/editor/build_editor.py --check

format: .venv/.test  ## put the code in our format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:  ## forget the environment and all run-time state
	rm -rf .venv data

# torch first and by its pin: left to a resolver it may become a build of several gigabytes.
.venv/.runtime: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt torch==2.13.0
	$(BIN)/pip install --quiet --constraint constraints.txt .
	touch $@

.venv/.test: .venv/.runtime
	$(BIN)/pip install --quiet --constraint constraints.txt ".[test]"
	touch $@
