# make run     installs what is missing, builds, reads a card (or the virtual one), prints the verdict
# make test    installs what the tests need, runs every test
# make promise flips every single bit of everything a verdict rests on, and prints what caught each;
#              for the night: some ten minutes on two cores, and the build (`make test` takes a sample)
# make fuzz    feeds every decoder hostile bytes for ten seconds (FUZZ_SECONDS=600 for ten minutes)
# make build   builds the program: target/release/cancuoc
#
# For Debian 12, Ubuntu 24.04 and newer, as root or with sudo. Once everything is installed and
# fetched, none of them needs a network.

PROGRAM := target/release/cancuoc
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)

# Any C compiler and any pkg-config will do.
BUILD_PACKAGES := libc6-dev libpcsclite-dev \
	$(if $(shell command -v cc),,gcc) \
	$(if $(shell command -v pkg-config),,pkg-config)
# libccid is the driver of USB readers; vsmartcard-vpcd is the reader of virtual cards.
RUN_PACKAGES := $(BUILD_PACKAGES) pcscd libccid
# libssl-dev is the referee of the cryptography; softhsm2 is a key store in software.
TEST_PACKAGES := $(BUILD_PACKAGES) pcscd vsmartcard-vpcd libssl-dev softhsm2

# The fuzzer is in C++.
FUZZ_PACKAGES := $(BUILD_PACKAGES) $(if $(shell command -v c++),,g++)
FUZZ_SECONDS ?= 10

.PHONY: run test promise fuzz build packages-run packages-test packages-fuzz
.NOTPARALLEL:

run: packages-run build
	@if $(PROGRAM) --format json readers 2>/dev/null | grep -q '"card": *"present"'; then \
		$(PROGRAM) read; \
	else \
		echo 'No reader holds a card: reading the virtual card.'; \
		$(PROGRAM) read --virtual an; \
	fi

test: packages-test
	cargo test --locked --all-features

# One test at a time: each uses every core by itself.
promise: packages-test
	CANCUOC_EVERY_BIT=1 cargo test --locked --release --all-features --test it \
		promise:: -- --nocapture --test-threads 1

fuzz: packages-fuzz
	fuzz/run $(FUZZ_SECONDS)

build:
	@command -v cargo >/dev/null || { echo 'Rust 1.92 or newer is needed: https://rustup.rs' >&2; exit 1; }
	cargo build --locked --release

packages-run:
	@$(call install,$(RUN_PACKAGES))

packages-test:
	@$(call install,$(TEST_PACKAGES))

packages-fuzz:
	@$(call install,$(FUZZ_PACKAGES))

# Installs those of the packages that are not there yet, and asks for nothing when all are.
define install
missing=; \
for package in $(1); do \
	dpkg-query -W -f='$${db:Status-Status}\n' "$$package" 2>/dev/null | grep -qx installed \
		|| missing="$$missing $$package"; \
done; \
if test -n "$$missing"; then \
	if ! command -v apt-get >/dev/null; then \
		echo "Needed, under the names of Debian:$$missing" >&2; exit 1; \
	fi; \
	echo "Installing:$$missing"; \
	$(SUDO) apt-get update -q </dev/null || echo 'The package lists could not be renewed.' >&2; \
	$(SUDO) env DEBIAN_FRONTEND=noninteractive \
		apt-get install -y -q --no-install-recommends $$missing </dev/null; \
fi
endef
