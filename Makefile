# What people type. Every target is one `invoke` call; the tasks are in scripts/seatrial/tasks/.
# Written in the language of GNU make 3.81, which macOS ships.

.DEFAULT_GOAL := help
override SHELL := /bin/sh
override VPATH :=
override GPATH :=

# The variables and targets between the marks are written by `make docs` from scripts/seatrial/tasks/menu.py.
# variables
override INHERITED := ADVICE BUILD_ARG BUILDER FORMAT INTEGRATION JOBS KEY NEW OLD OUTPUT ROOT SANDBOX SINCE STRICT TIMEOUT TOOLS VERBOSE WHERE WITHOUT
override VARIABLES := ACCEPT ACTIONS ADOPT AGAINST ALL ALLOW_UNPUSHED APPLY AUTHOR BADGES BRANCH BUILT_WITH BUMP CHILD CODE CODES COMMAND COMMENTS COMMIT CORE COSTS CURRENT DASHBOARD DATE DESCRIPTION DIFF DRAFT DRY_RUN EMAIL FILES FINISH FIRST FIX FOLD FOLDED FORCE FORK HTML ICON IDENTITY INSTALL ISSUER KIND KINDS LATEST LEVEL LIVE_EVENTS LOCK MATRIX MESSAGE MOST NAME NETWORK NO_CACHE NO_FOLD NO_LOCK NUMBER OAUTH OCEAN OFFLINE ONLY OVERWRITE OWN_POETRY PAGINATION PARENT PLAN PROFILE PROGRAM PUBLIC_KEY PUBLISHED PULL_REQUEST QUIET RATE_LIMITS REASON RECEIPTS RECORD REV SAMPLE SECOND SECTION SERVICE SLUG SORT STATES STATISTICS TESTS TITLE TO TYPE UNSAFE UNTIL UPSTREAM VERB VERSION WATCH WHY WRITE YES
.PHONY: help lint unit schema validate validate-spec check-layout check-version check fix exempt submit preview fleet-run fleet-bump-core new init template-update template-drift explain ci-matrix ci-shard ci-collect ci-workflow schemas rules rules-test completion lsp rules-preview verdict-diff affected doctor status release release-plan release-apply release-finish release-intent release-bump release-check release-status release-compare release-verify release-hold release-unhold release-yank release-unyank test docs lock lock-template template-keep drift setup clean
# end of variables

# An unknown variable is refused before make looks at what a user sets.
override STATED := $(if $(filter command,$(firstword $(origin name))),name)
override STATED += $(foreach name,$(.VARIABLES),$(if $(filter command,$(firstword $(origin $(name)))),$(name)))
override KNOWN := PYTHON $(INHERITED) $(VARIABLES)
override STRANGE := $(strip $(filter-out $(KNOWN) $(addprefix SEATRIAL_,$(KNOWN) CACHE DEBUG),$(STATED)))
ifneq ($(STRANGE),)
$(error seatrial: nothing here is called $(firstword $(STRANGE)); `make help` names the variables, in capitals)
endif

# What a user sets reaches the tasks through the environment, never as recipe text. $(value ...) takes it letter by
# letter, so that make does not run what stands in it either, and `override` does so on the command line as well.
$(foreach name,$(KNOWN),$(eval override $(name) := $$(value $(name))))
$(foreach name,$(INHERITED),$(eval override SEATRIAL_$(name) := $$(or $$($(name)),$$(value SEATRIAL_$(name)))))
$(foreach name,PYTHON $(VARIABLES),$(eval override SEATRIAL_$(name) := $$(or $$($(name)),\
	$$(if $$(filter SEATRIAL_$(name),$$(STATED)),$$(value SEATRIAL_$(name))))))
override SEATRIAL_PYTHON := $(or $(SEATRIAL_PYTHON),python3)
override SEATRIAL_CACHE := $(value SEATRIAL_CACHE)
override SEATRIAL_DEBUG := $(value SEATRIAL_DEBUG)
export $(addprefix SEATRIAL_,$(KNOWN) CACHE DEBUG)
override MAKEOVERRIDES :=

override VENV := $(if $(LATEST),.venv/latest,.venv)
override INVOKE := $(VENV)/bin/invoke
override READY := $(VENV)/ready.stamp
override DEVELOP := $(VENV)/develop.stamp

# With LATEST=1, what is newest is asked for each time.
ifneq ($(LATEST),)
.PHONY: $(READY) $(DEVELOP)
endif

# A checkout that was moved, or whose Python is gone, is set up anew.
ifeq ($(shell test -x $(VENV)/bin/python && test "$$(cat $(VENV)/place)" = "$$(pwd -P)" && echo there),)
.PHONY: $(READY)
endif

help: ## List the targets, each with the variables it takes.
	@echo "Seatrial: a Port Ocean integration from scaffold to published."
	@echo
	@echo "  make TARGET [VARIABLE=value ...]    such as: make lint INTEGRATION=jira,gitlab FIX=1"
	@echo "  docs/reference.md explains the variables; PYTHON= names the Python that .venv is made with."
	@echo
	@awk '/^[a-z-]+:.*## / { split($$0, part, ":.*## "); printf "  %-16s %s\n", part[1], part[2] } \
		/^#: / { printf "  %-16s   %s\n", "", substr($$0, 4) }' Makefile

# targets
lint: $(READY) ## Run black, mypy, ruff and poetry check, each as in the integration's own environment.
#: INTEGRATION= WHERE= ROOT= SINCE= FORMAT= OUTPUT= STRICT= JOBS= TOOLS= FIX= NO_CACHE= WHY= VERBOSE=
#: SANDBOX= FILES= QUIET= STATISTICS=
	@$(INVOKE) lint

unit: $(READY) ## Run the integrations' own tests, each in the environment of its lock, in the sandbox.
#: INTEGRATION= WHERE= ROOT= SINCE= FORMAT= OUTPUT= STRICT= JOBS= TIMEOUT= NETWORK= NO_CACHE= VERBOSE=
#: SANDBOX=
	@$(INVOKE) unit

schema: $(READY) ## Ask the framework, in the environment of the lock, what the resource classes of integrations accept.
#: INTEGRATION= WHERE= ROOT= SINCE= FORMAT= OUTPUT= STRICT= JOBS= TIMEOUT= NO_CACHE= VERBOSE= SANDBOX=
	@$(INVOKE) schema

validate: $(READY) ## Check everything about the folder: layout, spec and version.
#: INTEGRATION= WHERE= ROOT= SINCE= NEW= OLD= FORMAT= OUTPUT= STRICT= JOBS= VERBOSE= ADVICE= NO_CACHE=
#: FILES= QUIET= STATISTICS= WATCH=
	@$(INVOKE) validate

validate-spec: $(READY) ## Check the .port folder and what must agree with it (SPC, RES, COD).
#: INTEGRATION= WHERE= ROOT= SINCE= NEW= OLD= FORMAT= OUTPUT= STRICT= JOBS= VERBOSE= ADVICE= NO_CACHE=
#: FILES= QUIET= STATISTICS= WATCH=
	@$(INVOKE) validate-spec

check-layout: $(READY) ## Check the folder's hierarchy (LAY).
#: INTEGRATION= WHERE= ROOT= SINCE= NEW= OLD= FORMAT= OUTPUT= STRICT= JOBS= VERBOSE= ADVICE= NO_CACHE=
#: FILES= QUIET= STATISTICS= WATCH=
	@$(INVOKE) check-layout

check-version: $(READY) ## Check pyproject, lock, version, changelog and intents (PKG, CHG, REL).
#: INTEGRATION= WHERE= ROOT= SINCE= NEW= OLD= FORMAT= OUTPUT= STRICT= JOBS= VERBOSE= ADVICE= NO_CACHE=
#: FILES= QUIET= STATISTICS= WATCH=
	@$(INVOKE) check-version

check: $(READY) ## Check all that CI checks: the folder, its mapping, lint, tests, and what a release would do.
#: INTEGRATION= WHERE= ROOT= SINCE= NEW= OLD= FORMAT= OUTPUT= STRICT= JOBS= VERBOSE= SANDBOX= WITHOUT=
#: TIMEOUT=
	@$(INVOKE) check

fix: $(READY) ## Apply the repairs that findings offer, each of which is proved first.
#: INTEGRATION= WHERE= ROOT= SINCE= JOBS= DIFF= UNSAFE= ADVICE= LOCK= SANDBOX=
	@$(INVOKE) fix

exempt: $(READY) ## Let findings stay up to a day, with a reason, in a file of the integration's folder.
#: INTEGRATION= WHERE= ROOT= SINCE= CODES= ALL= REASON= UNTIL= STRICT= JOBS= DRY_RUN=
	@$(INVOKE) exempt

submit: $(READY) ## Check an integration, commit and push it, and open its pull request; ask before each effect outside.
#: INTEGRATION= ROOT= TITLE= UPSTREAM= FORK= BRANCH= DRAFT= YES= DRY_RUN= JOBS= SANDBOX= WITHOUT=
#: TIMEOUT=
	@$(INVOKE) submit

preview: $(READY) ## Map the examples of an integration, or a sample, and show the entities that Port would get.
#: INTEGRATION= WHERE= ROOT= SINCE= KIND= SAMPLE= FORMAT= OUTPUT= WATCH= RECORD= ACCEPT= YES=
	@$(INVOKE) preview

fleet-run: $(READY) ## Run a command, which stands behind --, in the folder of each integration.
#: INTEGRATION= WHERE= ROOT= SINCE= COMMAND= JOBS=
	@$(INVOKE) fleet.run

fleet-bump-core: $(READY) ## Raise the framework's version in each integration: pyproject, lock, version and changelog.
#: VERSION= INTEGRATION= WHERE= ROOT= SINCE= NO_LOCK= FOLD= NO_FOLD= OWN_POETRY= SANDBOX= DRY_RUN=
#: JOBS=
	@$(INVOKE) fleet.bump-core ""

new: $(READY) ## Make a new integration folder from the template.
#: NAME= ROOT= PROFILE= SLUG= PARENT= CHILD= KINDS= PAGINATION= LIVE_EVENTS= ACTIONS= OAUTH=
#: RATE_LIMITS= DESCRIPTION= SECTION= ICON= AUTHOR= EMAIL= CORE= NO_LOCK=
	@$(INVOKE) new ""

init: $(READY) ## Set Seatrial up in an existing repository: settings, Makefile, tasks, hook, editor, CI; keep what is there.
#: ROOT= DRY_RUN= SERVICE= INSTALL=
	@$(INVOKE) init

template-update: $(READY) ## Bring later changes of the template into folders made from it; keep what their authors changed.
#: INTEGRATION= WHERE= ROOT= DIFF= ADOPT=
	@$(INVOKE) template.update

template-drift: $(READY) ## Tell for each integration what the newest template would change in it.
#: INTEGRATION= WHERE= ROOT=
	@$(INVOKE) template.drift

explain: $(READY) ## Explain a rule: its law, its reason, and an example with real output.
#: CODE= ROOT=
	@$(INVOKE) explain ""

ci-matrix: $(READY) ## Spread integrations over the jobs of a run in CI, and print the matrix.
#: INTEGRATION= WHERE= ROOT= SINCE= NEW= VERB= MOST= COSTS=
	@$(INVOKE) ci.matrix

ci-shard: $(READY) ## Judge the integrations of one job of ci.matrix, and leave their findings and a receipt.
#: NUMBER= PLAN= ROOT= STRICT= JOBS= SANDBOX= WITHOUT= TIMEOUT=
	@$(INVOKE) ci.shard ""

ci-collect: $(READY) ## Put the receipts of all jobs together: one report, which fails if a planned integration is missing.
#: RECEIPTS= PLAN= ROOT= FORMAT= COSTS=
	@$(INVOKE) ci.collect ""

ci-workflow: $(READY) ## Write the workflow files of CI: of pull requests, of releases, and of raised versions.
#: SERVICE= ROOT= INSTALL= WITHOUT= MOST= COMMENTS= OVERWRITE= DRY_RUN=
	@$(INVOKE) ci.workflow ""

schemas: $(READY) ## Write JSON Schemas of the files under .port for editors, and print the settings that use them.
#: ROOT= WRITE=
	@$(INVOKE) schemas

rules: $(READY) ## List all rules, one a line.
#: ROOT=
	@$(INVOKE) rules

rules-test: $(READY) ## Prove the repository's own rules by their examples.
#: CODE= ROOT=
	@$(INVOKE) rules.test ""

completion: $(READY) ## Print the script by which bash, zsh or fish completes verbs, flags, integrations and codes.
#: PROGRAM=
	@$(INVOKE) completion ""

lsp: $(READY) ## Serve an editor on standard input and output: findings while typing, repairs, meanings, completions.
	@$(INVOKE) lsp

rules-preview: $(READY) ## Tell what a rule would do if it were an error: who would fail, where, and what repairs itself.
#: CODE= INTEGRATION= WHERE= ROOT= SINCE= FORMAT= JOBS=
	@$(INVOKE) rules.preview ""

verdict-diff: $(READY) ## Tell what a change of integrations or settings since a revision does to each verdict.
#: REV= AGAINST= INTEGRATION= WHERE= ROOT= FORMAT= JOBS=
	@$(INVOKE) verdict-diff ""

affected: $(READY) ## Name the integrations that a change affects, or say why it affects one.
#: INTEGRATION= WHERE= ROOT= SINCE= WHY=
	@$(INVOKE) affected

doctor: $(READY) ## Tell what this machine has and lacks: Pythons, uv, git, the sandbox, a builder of images.
	@$(INVOKE) doctor

status: $(READY) ## Show a line an integration: its version, its level, the cheapest step to the next one, its findings.
#: INTEGRATION= WHERE= ROOT= LEVEL= SORT= PUBLISHED= FORMAT= OUTPUT= BADGES= DASHBOARD= HTML= JOBS=
#: NO_CACHE=
	@$(INVOKE) status

release: $(READY) ## Publish what is not published yet: image, spec, index, git tag.
#: INTEGRATION= WHERE= ROOT= JOBS= DRY_RUN= PLAN= APPLY= ONLY= FINISH= MATRIX= FORCE= ADOPT=
#: ALLOW_UNPUSHED= TO= FORMAT= BUILD_ARG= BUILDER= KEY=
	@$(INVOKE) release

release-plan: $(READY) ## Write what a release does as a plan, or as a CI matrix, and publish nothing.
#: INTEGRATION= WHERE= ROOT= OUTPUT= MATRIX= FORCE= ALLOW_UNPUSHED= FORMAT= JOBS= BUILD_ARG=
	@$(INVOKE) release.plan

release-apply: $(READY) ## Do what a plan says.
#: PLAN= ONLY= FORCE= ALLOW_UNPUSHED= ROOT= JOBS= FORMAT= BUILD_ARG= BUILDER= KEY=
	@$(INVOKE) release.apply ""

release-finish: $(READY) ## Write index, pointers and git tags of a plan that CI jobs applied, from their receipts.
#: PLAN= RECEIPTS= ALLOW_UNPUSHED= ROOT= JOBS= FORMAT= BUILD_ARG=
	@$(INVOKE) release.finish "" ""

release-intent: $(READY) ## Declare what the next version brings, in a file that release.bump applies.
#: INTEGRATION= WHERE= ROOT= BUMP= TYPE= MESSAGE=
	@$(INVOKE) release.intent

release-bump: $(READY) ## Apply the release intents: raise versions, write changelog entries, remove the intents.
#: INTEGRATION= WHERE= ROOT= DATE= FOLDED= COMMIT= PULL_REQUEST= BRANCH= YES= DRY_RUN= FORMAT=
	@$(INVOKE) release.bump

release-check: $(READY) ## Check what a pull request brings: is each changed integration released, and by enough (REL)?
#: INTEGRATION= WHERE= ROOT= SINCE= FORMAT= OUTPUT= STRICT= JOBS=
	@$(INVOKE) release.check

release-status: $(READY) ## Show what is published: git, registry, specs and index side by side, and what a release would repair.
#: INTEGRATION= WHERE= ROOT= FORMAT= JOBS=
	@$(INVOKE) release.status

release-compare: $(READY) ## Show how two places differ in what is published: index, specs, receipts, images, pointers.
#: FIRST= SECOND= TYPE= CURRENT= FORMAT= ROOT=
	@$(INVOKE) release.compare "" ""

release-verify: $(READY) ## Check a published version: image, layers, SBOM, provenance, signature, commit, spec, index.
#: TYPE= VERSION= PUBLIC_KEY= IDENTITY= ISSUER= OFFLINE= STRICT= TIMEOUT= FORMAT= ROOT=
	@$(INVOKE) release.verify "" ""

release-hold: $(READY) ## Keep integrations from being released, by a file in each that is reviewed like code.
#: INTEGRATION= WHERE= ROOT= REASON= UNTIL=
	@$(INVOKE) release.hold

release-unhold: $(READY) ## Lift the holds of integrations, so that they are released again.
#: INTEGRATION= WHERE= ROOT=
	@$(INVOKE) release.unhold

release-yank: $(READY) ## Take a version out of the index; nothing is deleted.
#: TYPE= VERSION= REASON= BUILT_WITH= DRY_RUN= ROOT=
	@$(INVOKE) release.yank "" ""

release-unyank: $(READY) ## Take a yank back, so that the version can be in the index again.
#: TYPE= VERSION= REASON= ROOT=
	@$(INVOKE) release.unyank "" ""

test: $(DEVELOP) ## Run the tests of Seatrial itself.
#: TESTS= LATEST=
	@$(INVOKE) test

docs: $(DEVELOP) ## Write every generated page, and the generated part of the Makefile, anew.
	@$(INVOKE) docs

lock: $(DEVELOP) ## Renew locks/, the packages that make and make test install.
#: LATEST=
	@$(INVOKE) lock

lock-template: $(DEVELOP) ## Renew the poetry.lock that new integrations get.
#: LATEST=
	@$(INVOKE) lock.template

template-keep: $(DEVELOP) ## After a change of the template: keep what the last commit has otherwise, and raise the revision.
	@$(INVOKE) template.keep

drift: $(DEVELOP) ## Ask Ocean's own judges what Seatrial's rules judge, and tell what changed upstream.
#: OCEAN= STATES=
	@$(INVOKE) drift

# end of targets

setup: $(READY) ## Make .venv; every other target does this when it is needed.

clean: ## Remove .venv and what tools left behind.
	@rm -rf $(VENV) build .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(READY): pyproject.toml $(wildcard locks/runtime.txt)
	@scripts/setup.sh $(VENV) .
	@touch $@

$(DEVELOP): $(READY) $(wildcard locks/develop.txt)
	@scripts/setup.sh $(VENV) '.[dev]'
	@touch $@
