PYTHON ?= python3
VENV := .venv/bin
# For commands that need a database but nobody's data.
THROWAWAY := $(VENV)/python -m deploy.throwaway

.DEFAULT_GOAL := help
.PHONY: help run test lint ci bench faults deep seed lock translations packages code

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | \
		while IFS='|' read -r target words; do printf 'make %-13s %s\n' "$$target" "$$words"; done

run: ## install, start and fill everything; PORT=8001 for another port, VAR=… for another folder
	@$(PYTHON) deploy/install.py run

test: ## install, then run all tests; ARGS='-k invitation' for some of them
	@$(PYTHON) deploy/install.py test $(ARGS)

lint: packages ## check format, rules, templates, types and missing migrations
	$(VENV)/ruff format --check .
	$(VENV)/ruff check .
	$(VENV)/djlint --lint --quiet templates
	$(THROWAWAY) -m mypy .
	$(THROWAWAY) manage.py makemigrations --check --dry-run

ci: lint test ## everything that must hold before a change is merged

bench: ## measure the pages and operations on servers of their own
	@$(PYTHON) deploy/install.py bench $(ARGS)

faults: ## break every process in every way we know while invitations leave; ARGS=valkey for some ways
	@$(PYTHON) deploy/install.py faults $(ARGS)

deep: ## the long runs: what takes too long for every change
	$(MAKE) faults
	DEEP=1 $(MAKE) test ARGS='tests/test_life_of_years.py tests/test_life_rules.py'
	DEEP=1 $(MAKE) test ARGS='tests/test_attacks.py tests/browser/test_xss.py'

seed: ## add demo data to the portal that `make run` started
	@$(VENV)/python manage.py seed $(ARGS)

code: ## show the six digits that staff need to sign in to the demo
	@$(VENV)/python manage.py demo_code

translations: packages ## collect the texts to translate into locale/
	@$(THROWAWAY) manage.py extract_translations

lock: packages ## pin today's versions of everything in requirements*.in
	for name in requirements requirements-demo requirements-dev requirements-uv; do \
		$(VENV)/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
			--generate-hashes --no-header $$name.in -o $$name.txt || exit 1; \
	done

packages:
	@$(PYTHON) deploy/install.py packages
