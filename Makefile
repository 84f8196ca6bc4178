.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

UV_VERSION ?= 0.13.9
TOOLS := .tools
VENV := .venv
READY := $(VENV)/.ready
SPARK := $(TOOLS)/spark
SPARK_READY := $(SPARK)/.ready

# Every task of Airflow and every test's program is a process of its own, and would compile all libraries again.
unexport PYTHONDONTWRITEBYTECODE

# The first interpreter of this machine that fits requires-python; give another one with `make PYTHON=...`.
PYTHON ?= $(shell for p in python3 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' 2>/dev/null && { echo $$p; break; }; done)

# uv reads neither pip.conf nor PIP_*: what pip is told on this machine is told to uv, unless uv was told otherwise.
define PIP_TO_UV
import ast, os, shlex, sys

NAMES = {
    "index-url": ("UV_DEFAULT_INDEX", " "),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "no-index": ("UV_NO_INDEX", " "),
    "proxy": ("ALL_PROXY", " "),
    "cert": ("SSL_CERT_FILE", " "),
    "timeout": ("UV_HTTP_TIMEOUT", " "),
    "default-timeout": ("UV_HTTP_TIMEOUT", " "),
}
SCOPES = ("global", "install", ":env:")
told = {}
for line in sys.stdin:
    place, _, value = line.strip().partition("=")
    scope, _, key = place.partition(".")
    if scope in SCOPES and key in NAMES:
        name, between = NAMES[key]
        text = between.join(str(ast.literal_eval(value)).split())
        told[name] = max(told.get(name, (-1, "")), (SCOPES.index(scope), text))
if "SSL_CERT_FILE" not in told and "SSL_CERT_FILE" not in os.environ:
    told["UV_SYSTEM_CERTS"] = (0, "true")
for name, (_, text) in told.items():
    if name not in os.environ:
        print(f"export {name}={shlex.quote(text)}")
endef
export PIP_TO_UV
AS_PIP = eval "$$($(PYTHON) -m pip config list 2>/dev/null | $(PYTHON) -c "$$PIP_TO_UV")"

# The command from any folder, without the project being installed.
define LAUNCHER
#!/bin/sh
'''exec' "$$(dirname "$$(readlink -f "$$0")")/python" "$$0" "$$@"
' '''
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from cli.main import app

if __name__ == "__main__":
    app()
endef
export LAUNCHER

.PHONY: help
help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(READY) ## Set up .venv with everything, tests' tools too; nothing is done when it is up to date

.PHONY: run
run: $(READY) ## Make a county of 5,000 persons, run the DAGs on it, publish, deliver, prefill a form
	@$(VENV)/bin/python -m cli.demo

.PHONY: stack
stack: $(READY) ## Start the services of docker-compose.yml and an office of every kind without containers; home-stack/ holds all
	@RENKOU_HOME="$(CURDIR)/home-stack" $(VENV)/bin/python -m cli.demo --stack --persons 2000

.PHONY: test
# Three tests run at a time, as those with an Airflow mostly wait, on counties too small for a second thread to be of any use.
test: export RENKOU_THREADS ?= 1
test: $(READY) $(if $(shell command -v java),$(SPARK_READY)) ## Run every test; where there is Java, also those that start Spark
	@$(VENV)/bin/python -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder

.PHONY: bench
bench: $(READY) ## Measure each stage on made-up counties: make bench NAME=road PERSONS="100000 1000000"
	@$(VENV)/bin/python -m bench $(NAME) $(PERSONS)

.PHONY: lint
lint: $(READY) ## Look for faults without running anything: ruff, mypy
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy

.PHONY: check
check: $(READY) ## Hold every contract against every other
	@$(VENV)/bin/renkou check

# uv answers 1 when it found something, and 2 for any fault, of which one is forgiven: that the advisories cannot be reached.
.PHONY: audit
audit: $(TOOLS)/bin/uv ## Ask the public advisories about every locked dependency, where the network allows
	@$(AS_PIP); UV_HTTP_RETRIES=0 $< audit --frozen --preview-features audit-command 2>&1 | tee $(TOOLS)/audit.log || \
		{ grep -q "error sending request" $(TOOLS)/audit.log && echo "nothing was audited"; }

.PHONY: lock
lock: $(TOOLS)/bin/uv ## Lock the dependencies anew; no index is named in the lock
	@$(AS_PIP); unset UV_INDEX UV_FIND_LINKS; $< lock --quiet --python "$(PYTHON)" $(if $(UPGRADE),--upgrade)
	@sed -i.before -E -e 's#(registry = ")[^"]*"#\1https://index.invalid/simple"#' \
		-e 's#(url = ")[a-z]+://[^"]*/packages/#\1https://index.invalid/packages/#' \
		-e 's#(url = ")[a-z]+://[^/"]*/#\1https://index.invalid/#' uv.lock
	@rm -f uv.lock.before

.PHONY: clean
clean: ## Remove what make and the tools made; home/ and home-stack/ with their data stay
	@rm -rf $(VENV) $(TOOLS) .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --target and not a venv: it needs no python3-venv, and PEP 668 leaves it alone.
$(TOOLS)/bin/uv:
	@$(if $(PYTHON),,echo "Python 3.11 or 3.12 is needed: make PYTHON=/path/to/python3.12 ..." >&2; exit 2)
	@echo "fetching uv"
	@mkdir -p $(TOOLS)
	@echo '*' > $(TOOLS)/.gitignore
	@$(PYTHON) -m pip install -qq --disable-pip-version-check --upgrade --target $(TOOLS) uv==$(UV_VERSION)

# The lock names no index (index.invalid is reserved for that): versions and hashes come from it, files from whatever
# index this machine uses. Hashes decide what is installed, so the order of several indexes does not matter.
# $(call INSTALL,ENVIRONMENT,GROUPS)
define INSTALL
	@echo "setting up $(1)"
	@$(TOOLS)/bin/uv export --quiet --offline --frozen --no-emit-project --no-header --no-annotate $(2) \
		--python "$(PYTHON)" --format requirements-txt > $(TOOLS)/requirements.txt
	@$(1)/bin/python -c '' 2>/dev/null || $(TOOLS)/bin/uv venv --quiet --clear --python "$(PYTHON)" $(1)
	@$(AS_PIP); $(TOOLS)/bin/uv pip sync --quiet --python $(1)/bin/python --require-hashes \
		--index-strategy unsafe-best-match $(TOOLS)/requirements.txt
endef

$(READY): uv.lock
	@$(MAKE) --no-print-directory $(TOOLS)/bin/uv
	$(call INSTALL,$(VENV))
	@printf '%s\n' "$$LAUNCHER" > $(VENV)/bin/renkou
	@chmod +x $(VENV)/bin/renkou
	@touch $@

$(SPARK_READY): uv.lock | $(READY)
	$(call INSTALL,$(SPARK),--only-group spark)
	@touch $@
