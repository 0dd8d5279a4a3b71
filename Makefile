# Verbs for people. `make test` is what continuous integration runs after installing.
.PHONY: demo test check bench conformance oracle fuzz docs release clean FORCE

PYTHON ?= python3
VENV := .venv
IN_PYTHON := cd bindings/python && ../../$(VENV)/bin

# Tools that are built once and kept. `.ci/run` installs cargo-deny there.
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/kitelogik
export PATH := $(CACHE)/bin:$(PATH)
OPA_VERSION := $(shell sed -n 's,^require github.com/open-policy-agent/opa ,,p' conformance/oracle/go.mod)
export KITELOGIK_OPA ?= $(CACHE)/bin/opa-$(OPA_VERSION)

# A real OpenAI client under policy, against a scripted model on loopback: no key, no server.
demo: $(VENV)/.wheel
	$(VENV)/bin/python examples/openai_agent/demo.py

test: $(VENV)/.wheel $(CACHE)/bin/opa-$(OPA_VERSION)
	KITELOGIK_WHEEL=$(CURDIR)/$(VENV)/bin/kitelogik cargo test --workspace --quiet
	cargo xtask conformance --check
	@$(call needs,go,the oracle in conformance/oracle) \
		cd conformance/oracle && go vet ./... && cd ../.. && cargo xtask oracle --pairs 300 --seed 5
	$(IN_PYTHON)/python -m pytest

check: $(VENV)/.wheel
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --quiet -- -D warnings
	cargo clippy --package kitelogik-rego --no-default-features --all-targets --quiet -- -D warnings
	cargo xtask tidy
	@$(call needs,cargo-deny,licenses and sources of dependencies) \
		cargo deny --log-level error check bans licenses sources
	$(IN_PYTHON)/ruff check . ../../examples
	$(IN_PYTHON)/ruff format --check . ../../examples
	$(IN_PYTHON)/mypy
	$(IN_PYTHON)/python -m mypy.stubtest kitelogik._native --ignore-missing-stub
	@$(call needs,pyright,types as pyright reads them) \
		cd bindings/python && pyright --warnings

# Figures are only worth writing down from a machine that does nothing else.
bench: $(VENV)/.wheel
	cd bench && cargo run --release --quiet
	$(IN_PYTHON)/python bench/govern_tool.py
	$(IN_PYTHON)/python bench/openai_client.py

# Our engine on OPA's own suite; writes docs/conformance.md.
conformance:
	cargo xtask conformance

# Our engine and the real OPA on generated policies; needs Go.
oracle:
	cargo xtask oracle

# Each fuzz target in turn; needs the nightly toolchain and cargo-fuzz (fuzz/README.md).
MINUTES ?= 20
fuzz:
	cd fuzz && mkdir -p grown && for target in parse compile evaluate json event; do \
		case $$target in json|event) words=json.dict;; *) words=rego.dict;; esac; \
		mkdir -p grown/$$target; \
		cargo +nightly fuzz run -s none $$target grown/$$target corpus/$$target -- \
			-max_total_time=$$(($(MINUTES) * 60)) -timeout=10 -dict=$$words || exit 1; \
	done

# The pages of the crates, where a link that leads nowhere is an error.
docs:
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet

# The wheel as it is published: linked by zig against the C library of manylinux2014, so that it runs on every
# Linux of the last ten years.
release: bindings/python/locks/release.txt
	$(PYTHON) -m venv $(VENV)-release
	$(VENV)-release/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	rm -rf dist
	PATH=$(CURDIR)/$(VENV)-release/bin:$$PATH maturin build --profile dist --quiet --zig \
		--compatibility manylinux2014 --target x86_64-unknown-linux-gnu \
		--manifest-path bindings/python/Cargo.toml --interpreter $(VENV)-release/bin/python --out dist

clean:
	cargo clean

# The package as users get it: built by cargo, which knows what has changed, and installed.
$(VENV)/.wheel: $(VENV)/.locked FORCE
	rm -rf $(VENV)/wheel
	$(VENV)/bin/maturin build --release --quiet --manifest-path bindings/python/Cargo.toml \
		--interpreter $(VENV)/bin/python --out $(VENV)/wheel
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps --force-reinstall $(VENV)/wheel/*.whl

# What the Python tests need, and what builds the wheel, locked with hashes.
$(VENV)/.locked: bindings/python/locks/a.txt
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 10))" || \
		{ echo "$(PYTHON) is missing or older than 3.10; name another one: make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	touch $@

# The real OPA, of the version that the oracle pins. Tests that need it say so where it is missing.
$(CACHE)/bin/opa-$(OPA_VERSION):
	@$(call needs,go,policies against the real OPA) \
		mkdir -p $(@D) && cd conformance/oracle && go build -o $@ github.com/open-policy-agent/opa

# needs(tool, what it tests): without the tool says so and goes on; in CI that is a failure.
needs = command -v $(1) >/dev/null || { \
	echo; echo "!!! SKIPPED, NOT TESTED: $(2) ($(1) is missing)"; echo; test "$$CI" != true; exit; };
