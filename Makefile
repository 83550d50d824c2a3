# `make help` lists what can be done here.
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
# What `buf breaking` compares the contract with.
AGAINST ?= .git\#branch=main
# How long a soak takes, without its start and its end.
SECONDS ?= 1200
# Tests wait longer than they compute: three times as many of them at once as there are cores on a small machine.
WORKERS ?= 6

.PHONY: help setup demo run test check format proto sync-client formats settings metrics deploy-files docs recording bench simulate soak locks audit engines screenshots clean

help: ## Say what each target does
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/.ready .venv-proto/.ready ## Make the virtual environments and install everything

$(VENV)/.ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --editable '.[server,embedded,server-otel,otel]' --group dev
	@touch $@

.venv-proto/.ready: pyproject.toml
	$(PYTHON) -m venv .venv-proto
	.venv-proto/bin/python -m pip install --quiet 'pip>=25.1'
	.venv-proto/bin/python -m pip install --quiet --group proto
	@touch $@

proto: setup ## Regenerate from proto/: the stubs, the methods of the clients, the types of the stand-in for boto3
	$(BIN)/buf format --write proto
	.venv-proto/bin/python proto/generate.py
	$(BIN)/python client/generate_methods.py
	$(BIN)/python client/generate_sync.py
	$(BIN)/python client/generate_boto3_types.py

sync-client: setup ## Regenerate the synchronous client from the asyncio client
	$(BIN)/python client/generate_sync.py

formats: setup ## Write the words of tablectl about formats, and the JSON Schema of specs
	$(BIN)/python client/generate_format_words.py
	$(BIN)/python client/generate_spec_schema.py

settings: setup ## Write docs/reference/settings.md from the configuration structs of the server
	$(BIN)/python server/generate_settings.py

metrics: setup ## Write docs/reference/metrics.md from the definitions of the metrics
	$(BIN)/python server/generate_metrics.py

deploy-files: setup ## Write the alerts, the dashboard and the IAM documents from the tables in deploy/generate
	$(BIN)/python -m deploy.generate

docs: setup ## Build the site of the documentation into dist/docs; a warning is an error
	$(BIN)/python -m docs.generate
	$(BIN)/python -m sphinx --quiet --fresh-env --jobs auto --fail-on-warning --keep-going docs dist/docs
	@echo 'dist/docs/index.html'

recording: setup ## Record the commands of README anew, into docs/_static/tour.svg
	$(BIN)/python -m docs.generate.recording

demo: setup ## Tour the life of a table: server, embedded engine, tablectl
	@BIN=$(BIN) sh demo/tour.sh

run: setup ## Leave a server with the embedded engine running at 127.0.0.1:50051
	@echo 'In another terminal: $(BIN)/tablectl table list (Ctrl-C ends the server)'
	@$(BIN)/tableadmin-server --embedded --log-format console

check: setup ## Lint, type-check, import rules, contract lint and compatibility
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/buf lint
	$(BIN)/buf format --diff --exit-code proto
	$(BIN)/buf breaking --against '$(AGAINST)'
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile

test: setup ## Run all the tests, those on real engines included
	@# Without bytecode every process that a test starts would compile what it imports, and every run all tests.
	PYTHONDONTWRITEBYTECODE= $(BIN)/pytest --numprocesses=$(WORKERS) --dist=loadfile --no-loadscope-reorder

format: setup ## Format the code and the contract
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/buf format --write proto

bench: setup .venv-bench/.ready ## Measure the service beside boto3, bare gRPC and the AWS CLI
	$(BIN)/python -m bench .venv-bench/bin/aws

soak: setup ## Break everything under a mixed load for SECONDS: nothing may be lost, doubled or leaked
	$(BIN)/python -m soak $(SECONDS)

.venv-bench/.ready: pyproject.toml
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet 'pip>=25.1'
	.venv-bench/bin/python -m pip install --quiet --group bench
	@touch $@

locks: .venv-audit/.ready ## Pin the packages that the image installs or is built with, by version and hash
	for extras in server,server-otel server,server-otel,embedded; do \
		.venv-audit/bin/uv pip compile --quiet --universal --python-version 3.11 --upgrade --generate-hashes \
			--no-annotate --custom-compile-command 'make locks' $$(echo $$extras | tr ',' '\n' | sed 's/^/--extra /') \
			--output-file server/locks/$$extras.txt pyproject.toml || exit 1; \
	done
	.venv-audit/bin/uv pip compile --quiet --universal --python-version 3.11 --upgrade --generate-hashes \
		--no-annotate --custom-compile-command 'make locks' --group build --output-file server/locks/build.txt

audit: .venv-audit/.ready ## Look up the pinned packages among known vulnerabilities, and write dist/sbom.json
	mkdir -p dist
	.venv-audit/bin/cyclonedx-py requirements server/locks/server,server-otel.txt --output-file dist/sbom.json
	.venv-audit/bin/pip-audit --strict --disable-pip --requirement 'server/locks/server,server-otel,embedded.txt'

.venv-audit/.ready: pyproject.toml
	$(PYTHON) -m venv .venv-audit
	.venv-audit/bin/python -m pip install --quiet 'pip>=25.1'
	.venv-audit/bin/python -m pip install --quiet --group audit
	@touch $@

simulate: setup ## Write into docs/operate/scale.md what many servers cost, from the constants of the server
	$(BIN)/python -m bench.simulation

engines: setup ## Ask every operation of every engine, and write docs/reference/engines.md
	$(BIN)/python -m tests.mirror.matrix

screenshots: setup ## Write the pictures of the console in docs/images/console
	$(BIN)/python -m tests.browser.screenshots

clean: ## Remove the virtual environments and every cache
	rm -rf $(VENV) .venv-proto .venv-bench .venv-audit dist build .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	rm -rf docs/reference/contract docs/reference/commands
