# One wish each; `make help` lists them. Everything installs what it needs first.
.DEFAULT_GOAL := help
.PHONY: help run test check lint types bench load docs messages clean

BOOT := @sh devtools/python -m tradeportal.bootstrap

help: ## List the commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "make %-8s %s\n", $$1, $$2 }'

run: ## Start the portal with its database, cache and worker (PORT, HOST, DATABASE_URL, REDIS_URL)
	$(BOOT) tradeportal.launch

test: ## Everything: lint, types, import contracts, migrations, unit, integration and browser tests
	$(BOOT) --dev devtools.suite test

check: ## All of `make test` that needs no tests: lint, types, import contracts, secrets, migrations, system check
	$(BOOT) --dev devtools.suite check

lint: ## Style of Python and templates
	$(BOOT) --dev devtools.suite lint

types: ## Types (mypy, strict)
	$(BOOT) --dev devtools.suite types

bench: ## Benchmarks: figures beside their floors, also written to var/bench/
	$(BOOT) --dev devtools.suite bench

load: ## A short load test with locust against a server of its own
	$(BOOT) --dev devtools.suite load

docs: ## Write the API schema anew and check the links of the documentation
	$(BOOT) --dev devtools.suite docs

messages: ## Bring the catalogues of translations up to date and compile them
	$(BOOT) --dev devtools.messages

clean: ## Remove .venv and caches; the data below var/ stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache var/static var/test
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
