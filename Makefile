# Swiftlet's tasks. `make help` lists them. Swift 6.2 or newer on the PATH is the one prerequisite;
# whatever else a task needs, it installs.
SHELL := /bin/bash
.DEFAULT_GOAL := help

STATIC_BUILD := .build-static
STATIC_FLAGS := -c release --scratch-path $(STATIC_BUILD) --explicit-target-dependency-import-check error \
    -Xswiftc -static-executable -Xswiftc -Osize -Xswiftc -Xfrontend -Xswiftc -function-sections \
    -Xswiftc -Xfrontend -Xswiftc -internalize-at-link -Xswiftc -use-ld=lld -Xswiftc -Xclang-linker -Xswiftc -static-pie \
    -Xlinker --gc-sections -Xlinker --icf=safe -Xlinker --pack-dyn-relocs=relr -Xlinker -s \
    -Xlinker -z -Xlinker relro -Xlinker -z -Xlinker now \
    -Xlinker --no-eh-frame-hdr -Xlinker scripts/no-unwind.ld
PRODUCTS := containerd-shim-swiftlet-v2 swiftlet swiftlet-agent
PREFIX ?= /usr/local
VMM ?= qemu
ACCELERATOR ?= tcg
SOURCES := $(shell find Sources -type f 2>/dev/null) Package.swift

.PHONY: help build guest demo check check-unit check-fuzz check-system check-long bench install format lint golden protocol clean require-swift

help: ## list the tasks
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

require-swift:
	@scripts/require-swift

build: require-swift bin/.built ## build the stripped static release binaries into bin/

bin/.built: $(SOURCES)
	@scripts/setup build
	@mkdir -p bin
	@for product in $(PRODUCTS); do echo "building $$product"; \
	    swift build $(STATIC_FLAGS) --product $$product || exit 1; \
	    scripts/install-binary $(STATIC_BUILD)/release/$$product bin/$$product || exit 1; done
	@ln -f bin/swiftlet-agent bin/swiftlet-init
	@touch $@

guest: build ## build the guest's kernel and initramfs into .build-guest/
	@scripts/setup lab
	@scripts/guest/build

demo: require-swift ## run a busybox container in a VM through a private containerd
	@scripts/demo

check: require-swift lint check-unit check-fuzz guest check-system ## run every test that a change must pass

check-unit: require-swift ## run the unit and component tests
	@scripts/setup lab
	swift build --build-tests --explicit-target-dependency-import-check error
	@# One at a time: many have deadlines and children of their own, which the others would hold up.
	swift test --skip-build --no-parallel

check-fuzz: require-swift ## build the fuzz targets, run their corpora and five seconds more of each
	@scripts/setup lab
	@scripts/fuzz

check-system: guest ## run the system tests against real containerd, QEMU and guest
	swift build --product containerd-shim-swiftlet-v2 --explicit-target-dependency-import-check error
	@scripts/system-tests

check-long: check ## run what takes longer than a change should wait for
	@scripts/generate-protocol --check
	@scripts/fuzz 60
	@scripts/system-tests --long

bench: guest ## measure, and print a table (VMM=qemu, ACCELERATOR=tcg or kvm, BENCH_FLAGS=--quick)
	@scripts/bench --vmm "$(VMM)" --accelerator "$(ACCELERATOR)" $(BENCH_FLAGS)

install: guest ## install binaries, guest assets and an example configuration below PREFIX
	@scripts/install "$(PREFIX)"

format: ## format all hand-written Swift
	@scripts/swift-files | xargs -0 swift format format --in-place --parallel

lint: require-swift ## check format, style and file rules
	@scripts/swift-files | xargs -0 swift format lint --strict --parallel
	@scripts/check-files

golden: ## rewrite the golden files from what the code renders now
	UPDATE_GOLDEN=1 swift test --filter 'HypervisorTests|ConfigurationTests'

protocol: ## generate the protocol code from protos/
	@scripts/generate-protocol

clean: ## remove everything that was built
	rm -rf .build .build-* bin
