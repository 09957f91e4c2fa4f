# What a person types. The work is done by Deno, by appliance/build/ and by the scripts in test/.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PREFIX ?= /usr/local
DESTDIR ?=
# Where the binary's runtime comes from: auto, download or pinned (docs/building.md).
RUNTIME ?= auto
# The processor that build and deb are for: x86_64, or aarch64 (docs/building.md).
TARGET ?= x86_64
# How many simulated lives `make sim` runs, and the one that it replays instead.
SEEDS ?= 100000
SEED ?=

# Everything that is downloaded stays in the project.
export DENO := $(CURDIR)/.tools/node_modules/@deno/linux-x64-glibc/deno
export DENO_DIR := $(CURDIR)/.cache/deno
export DENO_TLS_CA_STORE := system,mozilla
export DENO_NO_UPDATE_CHECK := 1
export RUNTIME TARGET

DEPS := .cache/deps
BUILD_SCRIPTS := $(wildcard appliance/build/*.ts appliance/build/*.mjs appliance/build/*.sh)
PROGRAM := dist/$(if $(filter-out x86_64,$(TARGET)),$(TARGET)/)holdfast
SOURCES := main.ts deno.json deno.lock $(shell find src -type f ! -name '*_test.ts' ! -name '*_test.tsx')
UNIT_TESTS := src appliance $(wildcard test/*_test.ts test/golden test/fuzz test/simulation)

.PHONY: help tools build deb image check test demo lab bench sim lock install clean distclean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

tools: $(DENO) ## install the pinned Deno into .tools

build: $(PROGRAM) ## make dist/holdfast, one executable file; TARGET=aarch64: dist/aarch64/holdfast

deb: build ## make the Debian package dist/holdfast_VERSION_amd64.deb; TARGET=aarch64: _arm64
	appliance/deb/build.sh

image: deb ## make the appliance, dist/holdfast-appliance-amd64.img.zst
	appliance/image/host_packages.sh
	appliance/image/build.sh

check: $(DEPS) ## format, lint, types, unit tests; two minutes
	$(DENO) fmt --check
	$(DENO) lint --quiet
	$(DENO) check --quiet .
	$(DENO) test --allow-all --frozen --reporter=dot $(UNIT_TESTS)

test: check build deb ## all tests: check, build, network namespaces, VM, package
	test/run.sh all

demo: build ## show a fail-over in the lab, from start to end
	test/lab/demo.sh

lab: build ## start the lab and keep it running to play with
	test/lab/lab.sh

bench: build ## measure beside keepalived: fail-over, checks, IPVS, memory, start time
	test/bench/run.sh

sim: $(DEPS) ## simulate SEEDS=100000 lives of routers, or replay one: SEED=8157
	SEEDS=$(SEEDS) SEED=$(SEED) $(DENO) run --allow-all --frozen test/simulation/run.ts

lock: $(DENO) ## rewrite deno.lock after a change of deno.json
	$(DENO) install --frozen=false

install: build ## install into $(PREFIX)/bin, below DESTDIR if given
	install -D -m 0755 dist/holdfast $(DESTDIR)$(PREFIX)/bin/holdfast
	install -D -m 0644 docs/holdfast.schema.json $(DESTDIR)$(PREFIX)/share/holdfast/holdfast.schema.json

clean: ## remove what was built
	rm -rf dist

distclean: clean ## remove what was downloaded, too
	rm -rf .tools .cache

$(PROGRAM): $(SOURCES) $(BUILD_SCRIPTS) appliance/build/pins.json $(DEPS)
	$(DENO) run --allow-all appliance/build/build.ts

$(DEPS): deno.json deno.lock $(DENO)
	$(DENO) install --quiet --frozen
	@touch $@

$(DENO): appliance/build/pins.json
	@command -v node >/dev/null || { echo 'error: Node.js is not installed, and Deno is fetched with its npm' >&2; exit 1; }
	node appliance/build/fetch_pinned.mjs deno $@
