# Verbs for people. `make test` is what continuous integration runs after installing.
.PHONY: test check clean

test:
	cargo test --workspace --quiet
	cd conformance/oracle && go vet ./...

check:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --quiet -- -D warnings

clean:
	cargo clean
