# One command for each thing a person does here; `make` alone lists them.
#
#   sources ── .venv/stamp-build ── demo, bench          (runtime only: numpy, rich, typer)
#                      └─ .venv/stamp-dev ── test, soak, check
#
# Everything is installed into .venv and nothing outside this folder is touched. A stamp is newer than all that it was
# made from, so nothing is built twice. The extension is always the release build; `cargo test` covers the checked one.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo quick test test-rust test-python soak soak-fuzz check check-style check-rust check-docs check-types bench bench-queries bench-codec \
        bench-arrays train train-fast wheel clean need-python need-cargo

PYTHON ?= python3
JOBS ?= $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
DATA ?=
N ?= 100000
CODEC_CORPUS ?= $(or $(PROTEUSDB_CORPUS),../shared/corpus)
FILES ?= build/codec.txt
TESTS ?= tests
TARGETS ?= $(filter-out mod blob sample,$(basename $(notdir $(wildcard rust/fuzz/src/targets/*.rs))))
SECONDS_EACH ?= 60
CARGO_FUZZ := build/tools/bin/cargo-fuzz

VENV := .venv
BIN := $(VENV)/bin
SOURCES := $(shell find rust -type f \( -name '*.rs' -o -name '*.md' -o -name 'Cargo.toml' -o -name '*_backend.py' \) -not -path 'rust/fuzz/*') \
           Cargo.toml Cargo.lock pyproject.toml

# The checks of both languages must see the same interpreter as the build, or cargo builds the binding twice.
export PYO3_PYTHON := $(CURDIR)/$(BIN)/python
export PIP_DISABLE_PIP_VERSION_CHECK := 1

help: ## List the commands.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/stamp-build ## Load a folder (DATA=folder), query it, read it back, compare.
	@$(BIN)/python benches/demo.py $(if $(DATA),"$(DATA)")

test: $(VENV)/stamp-dev ## Build and run every test: cargo test, then pytest.
	@status=0; \
	$(MAKE) --no-print-directory test-rust || status=1; \
	$(MAKE) --no-print-directory test-python || status=1; \
	echo; echo "== summary"; \
	echo "cargo test: $$(awk '/^test result:/ { passed += $$4; failed += $$6; ignored += $$8 } \
	    END { printf "%d passed, %d failed, %d ignored", passed, failed, ignored }' build/cargo-test.log)"; \
	echo "pytest: $$(tail -n 1 build/pytest.log)"; \
	if [ $$status = 0 ]; then echo "all passed"; else echo "FAILED"; fi; \
	exit $$status

quick: $(VENV)/stamp-tools | need-cargo ## Build into .venv without link-time optimisation, for trying a change.
	$(BIN)/python -m pip install --quiet --group test --group lint
	$(BIN)/python rust/proteusdb-c/build_backend.py --profile quick
	$(BIN)/maturin develop --profile quick
	@touch $(VENV)/stamp-build $(VENV)/stamp-dev

test-rust: need-cargo | build
	@set -o pipefail; cargo test -j $(JOBS) -p proteusdb-core -p proteusdb-c 2>&1 | tee build/cargo-test.log

test-python: $(VENV)/stamp-dev | build
	@set -o pipefail; $(BIN)/python -m pytest -q -n $(JOBS) $(TESTS) 2>&1 | tee build/pytest.log

soak: $(VENV)/stamp-dev ## The long rounds of the randomised tests, then of the fuzz targets.
	PROTEUSDB_SOAK=1 HYPOTHESIS_PROFILE=soak $(BIN)/python -m pytest -q -n $(JOBS) --timeout 7200 $(TESTS)
	$(MAKE) --no-print-directory soak-fuzz

# The flags that count coverage are unstable; RUSTC_BOOTSTRAP lets a stable toolchain take them.
soak-fuzz: $(CARGO_FUZZ)
	@set -e; export RUSTC_BOOTSTRAP=1 PATH="$(CURDIR)/build/tools/bin:$$PATH"; cd rust/fuzz; \
	for name in $(TARGETS); do \
	    echo "== $$name, $(SECONDS_EACH) s"; mkdir -p corpus/$$name artifacts/$$name; \
	    PROTEUSDB_FUZZ=$$name cargo fuzz run --fuzz-dir . target corpus/$$name -- -max_total_time=$(SECONDS_EACH) \
	        -timeout=10 -rss_limit_mb=2048 -malloc_limit_mb=512 -max_len=16384 -print_final_stats=1 \
	        -artifact_prefix=artifacts/$$name/; \
	done

$(CARGO_FUZZ): | need-cargo
	cargo install cargo-fuzz --locked --root build/tools

check: check-style check-rust check-docs check-types ## Formatting, lints, documentation, types, stubs; -k shows all faults.

check-style: $(VENV)/stamp-dev
	cargo fmt --check
	rustfmt --check --edition 2024 rust/fuzz/src/lib.rs rust/fuzz/fuzz_targets/*.rs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

check-rust: $(VENV)/stamp-dev
	cargo clippy -j $(JOBS) --all-targets --quiet -- -D warnings

# The people who read these pages work on the core: private items too.
check-docs: $(VENV)/stamp-dev
	RUSTDOCFLAGS="-D warnings" cargo doc -j $(JOBS) --no-deps --document-private-items --quiet

check-types: $(VENV)/stamp-dev
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest proteusdb._core

bench: $(VENV)/stamp-dev ## Stores side by side, into README's table (DATA=folder), then loads, writers, backups, import.
	$(BIN)/python -m pip install --quiet --group bench
	$(BIN)/python benches/compare --readme README.md $(if $(DATA),--data "$(DATA)")
	$(BIN)/python benches/load_and_read.py
	$(BIN)/python benches/writers.py
	$(BIN)/python benches/backup.py
	$(BIN)/python benches/sqlite.py
	$(BIN)/python benches/metrics.py
	$(BIN)/python benches/import_time.py

bench-queries: $(VENV)/stamp-dev ## Nine questions to N rows (100,000 unless given), load speed and bytes a row, beside SQLite.
	$(BIN)/python benches/queries.py --n $(N)

bench-arrays: $(VENV)/stamp-dev ## Bits and speed of arrays beside JSON, zstd and image codecs (DATA=files), and of original files.
	$(BIN)/python benches/arrays.py $(DATA)
	$(BIN)/python benches/originals.py

train: need-cargo $(FILES) ## Fit the priors of the small profile to the predictions listed in FILES; report on a quarter kept aside.
	cargo run --release -j $(JOBS) -p proteusdb-train -- $(FILES) rust/proteusdb-core/src/codec/priors/small.bin

bench-codec: $(VENV)/stamp-dev build/codec.txt ## Sizes and speeds of the codecs of structures, matrices and files, beside the usual ways.
	$(BIN)/python benches/codec.py build/codec.txt
	$(BIN)/python benches/arrays.py $(DATA)
	$(BIN)/python benches/originals.py

train-fast: $(VENV)/stamp-build build/codec.txt ## Fit the weights of the fast profile to the predictions in CODEC_CORPUS.
	$(BIN)/python rust/proteusdb-train/fast.py rust/proteusdb-core/src/codec/priors/fast.bin $$(cut -f 1 build/codec.txt)

build/codec.txt: | build
	@awk -F '\t' -v at="$(CODEC_CORPUS)/" 'FNR > 1 && $$4 == "prediction" { print at $$1 "\t" $$5 }' \
	    $(CODEC_CORPUS)/manifest.tsv | sort > $@
	@awk -F '\t' -v at="$(CODEC_CORPUS)/" 'FNR > 1 { print at $$1 "\ttraining" }' $(CODEC_CORPUS)/training.tsv | sort >> $@

wheel: $(VENV)/stamp-build ## Build the wheel into dist/.
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

clean: ## Remove everything that was built, .venv too.
	rm -rf $(VENV) target build dist demo-out .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find python tests benches -name '__pycache__' -type d -prune -exec rm -rf {} +
	rm -f python/proteusdb/_core*.so

build:
	@mkdir -p build

need-python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	    echo "Python 3.11 or newer is needed, and $(PYTHON) is not; name one: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	    echo "$(PYTHON) cannot make virtual environments; install its venv package (Debian: python3-venv)" >&2; exit 1; }

need-cargo:
	@command -v cargo >/dev/null || { \
	    echo "Rust is needed, and cargo is not on the PATH; see https://rustup.rs" >&2; exit 1; }

# `pip install --group` came with pip 25.1.
$(VENV)/stamp-tools: | need-python
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1' 'maturin>=1.9,<2'
	@touch $@

$(VENV)/stamp-build: $(SOURCES) $(VENV)/stamp-tools | need-cargo
	@echo "building the release wheel into $(VENV) (about two minutes the first time)"
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pip install --quiet --no-build-isolation --editable .
	@touch $@

$(VENV)/stamp-dev: pyproject.toml $(VENV)/stamp-build
	@$(BIN)/python -m pip install --quiet --group test --group lint
	@touch $@
