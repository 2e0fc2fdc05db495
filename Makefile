# What people type. Every target is one `invoke` call; the tasks are in scripts/seatrial/tasks/.
# Written in the language of GNU make 3.81, which macOS ships.

.DEFAULT_GOAL := help
VENV := $(if $(value LATEST),.venv/latest,.venv)
INVOKE := $(VENV)/bin/invoke
READY := $(VENV)/ready.stamp
DEVELOP := $(VENV)/develop.stamp

# What a user sets reaches the tasks through the environment, never as recipe text.
# $(value ...) takes it letter by letter, so that make does not run what stands in it either.
override ROOT := $(value ROOT)
override INTEGRATION := $(value INTEGRATION)
override SINCE := $(value SINCE)
override FORMAT := $(value FORMAT)
override OUTPUT := $(value OUTPUT)
override STRICT := $(value STRICT)
override JOBS := $(value JOBS)
override CODE := $(value CODE)
override NAME := $(value NAME)
override PROFILE := $(value PROFILE)
override TESTS := $(value TESTS)
override DIFF := $(value DIFF)
override PYTHON := $(value PYTHON)
override TOOLS := $(value TOOLS)
override FIX := $(value FIX)
override WHY := $(value WHY)
override VERBOSE := $(value VERBOSE)
override NO_CACHE := $(value NO_CACHE)
override DRY_RUN := $(value DRY_RUN)
override PLAN := $(value PLAN)
override APPLY := $(value APPLY)
override ONLY := $(value ONLY)
override FINISH := $(value FINISH)
override MATRIX := $(value MATRIX)
override FORCE := $(value FORCE)
override BUILD_ARG := $(value BUILD_ARG)
override BUILDER := $(value BUILDER)
override KEY := $(value KEY)
override BUMP := $(value BUMP)
override TYPE := $(value TYPE)
override MESSAGE := $(value MESSAGE)
override DATE := $(value DATE)
override LATEST := $(value LATEST)
export SEATRIAL_ROOT := $(or $(ROOT),$(value SEATRIAL_ROOT))
export SEATRIAL_INTEGRATION := $(or $(INTEGRATION),$(value SEATRIAL_INTEGRATION))
export SEATRIAL_SINCE := $(or $(SINCE),$(value SEATRIAL_SINCE))
export SEATRIAL_FORMAT := $(or $(FORMAT),$(value SEATRIAL_FORMAT))
export SEATRIAL_OUTPUT := $(or $(OUTPUT),$(value SEATRIAL_OUTPUT))
export SEATRIAL_STRICT := $(or $(STRICT),$(value SEATRIAL_STRICT))
export SEATRIAL_JOBS := $(or $(JOBS),$(value SEATRIAL_JOBS))
export SEATRIAL_CODE := $(CODE)
export SEATRIAL_NAME := $(NAME)
export SEATRIAL_PROFILE := $(PROFILE)
export SEATRIAL_DIFF := $(DIFF)
export SEATRIAL_TESTS := $(TESTS)
export SEATRIAL_TOOLS := $(or $(TOOLS),$(value SEATRIAL_TOOLS))
export SEATRIAL_FIX := $(FIX)
export SEATRIAL_WHY := $(WHY)
export SEATRIAL_VERBOSE := $(or $(VERBOSE),$(value SEATRIAL_VERBOSE))
export SEATRIAL_NO_CACHE := $(NO_CACHE)
export SEATRIAL_DRY_RUN := $(DRY_RUN)
export SEATRIAL_PLAN := $(PLAN)
export SEATRIAL_APPLY := $(APPLY)
export SEATRIAL_ONLY := $(ONLY)
export SEATRIAL_FINISH := $(FINISH)
export SEATRIAL_MATRIX := $(MATRIX)
export SEATRIAL_FORCE := $(FORCE)
export SEATRIAL_BUILD_ARG := $(or $(BUILD_ARG),$(value SEATRIAL_BUILD_ARG))
export SEATRIAL_BUILDER := $(or $(BUILDER),$(value SEATRIAL_BUILDER))
export SEATRIAL_KEY := $(or $(KEY),$(value SEATRIAL_KEY))
export SEATRIAL_BUMP := $(BUMP)
export SEATRIAL_TYPE := $(TYPE)
export SEATRIAL_MESSAGE := $(MESSAGE)
export SEATRIAL_DATE := $(DATE)
export SEATRIAL_LATEST := $(LATEST)
export SEATRIAL_PYTHON := $(or $(PYTHON),python3)

STRANGE := $(strip $(foreach name,$(.VARIABLES),$(if $(filter command,$(firstword $(origin $(name)))),$(name))))
STRANGE := $(filter-out VENV SHELL MAKE% SEATRIAL_%,$(STRANGE))
ifneq ($(STRANGE),)
$(error seatrial: nothing here is called $(firstword $(STRANGE)); `make help` names the variables, in capitals)
endif

.PHONY: help setup lint validate validate-spec check-layout check-version check fix explain rules new release release-intent release-bump release-check release-status test docs lock clean

# With LATEST=1, what is newest is asked for each time.
ifneq ($(LATEST),)
.PHONY: $(READY) $(DEVELOP)
endif

# A checkout that was moved, or whose Python is gone, is set up anew.
ifneq ($(shell test -x $(VENV)/bin/python && cat $(VENV)/place 2>/dev/null),$(CURDIR))
.PHONY: $(READY)
endif

help: ## this list
	@echo "Seatrial: a Port Ocean integration from scaffold to published."
	@echo
	@echo "  make TARGET [ROOT=folder] [INTEGRATION=name,name] [SINCE=revision]"
	@echo "              [FORMAT=text] [OUTPUT=file] [STRICT=1] [JOBS=n]"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' Makefile

lint: $(READY) ## black, mypy, ruff, poetry check: [TOOLS=black,ruff] [FIX=1] [VERBOSE=1] [WHY=name] [NO_CACHE=1]
	@$(INVOKE) lint

validate: $(READY) ## judge integrations: layout, spec, resources, package, changelog, code
	@$(INVOKE) validate

validate-spec: $(READY) ## only the .port folder and what must agree with it
	@$(INVOKE) validate-spec

check-layout: $(READY) ## only the hierarchy of the folder
	@$(INVOKE) check-layout

check-version: $(READY) ## only pyproject, lock, version and changelog
	@$(INVOKE) check-version

check: $(READY) ## all that CI will say: lint, validate, what a release would do
	@$(INVOKE) check

fix: $(READY) ## apply every safe repair; DIFF=1 shows it instead
	@$(INVOKE) fix

explain: $(READY) ## why a rule is: make explain CODE=SPC001
	@$(INVOKE) explain "$$SEATRIAL_CODE"

rules: $(READY) ## all rules, a line each
	@$(INVOKE) rules

new: $(READY) ## a new integration folder: make new NAME="My Service"
	@$(INVOKE) new "$$SEATRIAL_NAME"

release: $(READY) ## publish what is not published: [DRY_RUN=1] [PLAN=file] [APPLY=file] [BUILD_ARG=NAME=VALUE] [FORCE=reason]
	@$(INVOKE) release

release-intent: $(READY) ## what the next version brings: BUMP=patch TYPE=bugfix MESSAGE="Fixed the login"
	@$(INVOKE) release.intent

release-bump: $(READY) ## apply the intents: versions, changelogs
	@$(INVOKE) release.bump

release-check: $(READY) ## what a pull request is told: [SINCE=origin/main]
	@$(INVOKE) release.check

release-status: $(READY) ## what is published, and what a release would repair
	@$(INVOKE) release.status

test: $(DEVELOP) ## the tests of Seatrial itself: [TESTS=tests/rules] [LATEST=1] with the newest packages
	@$(INVOKE) test

docs: $(DEVELOP) ## write docs/rules.md and docs/schemas anew
	@$(INVOKE) docs

lock: $(READY) ## renew locks/, the packages that make and make test install
	@$(INVOKE) lock

setup: $(READY) ## make .venv; every other target does it by itself

clean: ## remove .venv and what tools left behind
	@rm -rf $(VENV) build .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(READY): pyproject.toml $(wildcard locks/runtime.txt)
	@scripts/setup.sh $(VENV) .
	@touch $@

$(DEVELOP): $(READY) $(wildcard locks/develop.txt)
	@scripts/setup.sh $(VENV) '.[dev]'
	@touch $@
