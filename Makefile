# Verbs for people. `make test` is what continuous integration runs after installing.
.PHONY: test check bench clean

PYTHON ?= python3
VENV := .venv
IN_PYTHON := cd bindings/python && ../../$(VENV)/bin

test: $(VENV)/.locked
	cargo test --workspace --quiet
	cd conformance/oracle && go vet ./...
	$(IN_PYTHON)/python -m pytest

check: $(VENV)/.locked
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --quiet -- -D warnings
	cargo xtask tidy
	$(IN_PYTHON)/ruff check . ../../examples
	$(IN_PYTHON)/ruff format --check . ../../examples
	$(IN_PYTHON)/mypy

# Figures are only worth writing down from a machine that does nothing else.
bench:
	cd bench && cargo run --release --quiet

clean:
	cargo clean

# What the Python tests need, locked with hashes.
$(VENV)/.locked: bindings/python/locks/a.txt
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	touch $@
