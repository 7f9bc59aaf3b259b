# make run     installs what is missing, builds, reads a card (or the virtual one), prints the verdict
# make test    installs what the tests need, runs every test
# make promise flips every single bit of everything a verdict rests on, and prints what caught each;
#              for the night: some ten minutes on two cores, and the build (`make test` takes a sample)
# make kills   kills writers of audit logs, and the registry's server, at 200 moments each: no record is lost
# make soak    has an agent read 10,000 cards with random faults while pcscd is killed and started again:
#              no leak, no stuck reader, no lost record, no person in a log; some 40 minutes
# make fuzz    feeds every decoder hostile bytes for ten seconds (FUZZ_SECONDS=600 for ten minutes)
# make build   builds the program: target/release/cancuoc
# make deb     builds the package: target/cancuoc_VERSION_ARCH.deb
# make package-test  installs that package in a clean Debian and in one that runs with its systemd, reads
#              with its service, and takes it away
# make cluster starts three PostgreSQL nodes under Patroni with etcd in $(CLUSTER); `scale/cluster stop`
#              with that folder ends them
# make failover kills, cuts and stops nodes of such a cluster under load; some 15 minutes
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
# Ubuntu has Chromium as a snap only, which finds no profile of a test's. Where there is another,
# CANCUOC_CHROMIUM=google-chrome; without one the agent's pages are not tried.
CHROMIUM := $(if $(filter ubuntu,$(shell . /etc/os-release && echo "$$ID")),,chromium)
ifeq ($(CHROMIUM),)
export CANCUOC_CHROMIUM ?= none
endif

# openssl, the library and the program, is the referee of the cryptography; softhsm2 is a key store in
# software; curl and Python are how other people's test frameworks meet the virtual card. PostgreSQL
# is what a large registry runs on, Patroni and etcd what keeps three of them one. Chromium is where
# the agent's pages are tried, TypeScript's compiler checks their types.
TEST_PACKAGES := $(BUILD_PACKAGES) pcscd vsmartcard-vpcd libssl-dev openssl softhsm2 curl $(CHROMIUM) node-typescript \
	binutils dpkg-dev systemd python3-jsonschema python3-cryptography python3-pyscard python3-pytest python3-venv postgresql patroni etcd-server etcd-client python3-etcd

SCHEMATHESIS := target/schemathesis
SCHEMATHESIS_VERSION := 4.32.5

# axe-core, as a wheel carries it for Python.
AXE := target/axe
AXE_WHEEL := axe-playwright-python==0.1.8
AXE_WHEEL_SHA256 := fdd263c998388f1a8e67cad02677e612d946248bd44d163be5e8650ea31f95f8
AXE_SHA256 := 84494fec757e4710dc751c8d7a636e457f4532f08f85c86dc9070133fbff53bc

SOCKETIO := target/socketio
SOCKETIO_VERSION := 5.18.1

# The fuzzer is in C++.
FUZZ_PACKAGES := $(BUILD_PACKAGES) $(if $(shell command -v c++),,g++)
FUZZ_SECONDS ?= 10

DEB_PACKAGES := $(BUILD_PACKAGES) binutils dpkg-dev

# debootstrap makes a system of Debian's, systemd-nspawn runs it, lintian is Debian's judge of packages.
PACKAGE_TEST_PACKAGES := debootstrap systemd-container lintian

CLUSTER ?= /var/tmp/cancuoc-cluster

.PHONY: run test promise kills soak fuzz build deb package-test cluster failover packages-run packages-test packages-fuzz \
	packages-deb
.NOTPARALLEL:

run: packages-run build
	@if $(PROGRAM) --format json readers 2>/dev/null | grep -q '"card": *"present"'; then \
		$(PROGRAM) read; \
	else \
		echo 'No reader holds a card: reading the virtual card.'; \
		$(PROGRAM) read --virtual an; \
	fi

test: packages-test
	tests/run

# One test at a time: each uses every core by itself.
promise: packages-test
	CANCUOC_EVERY_BIT=1 cargo test --locked --release --all-features --test it \
		promise:: -- --nocapture --test-threads 1

cluster: packages-test
	scale/cluster start $(CLUSTER)

failover: packages-test
	CANCUOC_FAILOVER=full cargo test --locked --release --all-features --test it \
		cluster:: -- --nocapture --test-threads 1

kills: packages-test
	CANCUOC_EVERY_KILL=1 cargo test --locked --all-features --test it audit:: -- --nocapture --test-threads 1

soak: packages-test
	CANCUOC_SOAK=full cargo test --locked --all-features --test it agent_soak:: -- --nocapture --test-threads 1

fuzz: packages-fuzz
	fuzz/run $(FUZZ_SECONDS)

build:
	@command -v cargo >/dev/null || { echo 'Rust 1.92 or newer is needed: https://rustup.rs' >&2; exit 1; }
	cargo build --locked --release

deb: packages-deb build
	packaging/deb $(PROGRAM) target

# Needs root and a mirror of Debian, once: the roots are kept under target/package. One test at a time, since
# the second root is made from the first.
package-test: packages-test deb
	@$(call install,$(PACKAGE_TEST_PACKAGES))
	CANCUOC_PACKAGE=$(CURDIR)/target cargo test --locked --all-features --test it package:: -- --nocapture --test-threads 1

packages-run:
	@$(call install,$(RUN_PACKAGES))

# Schemathesis holds docs/registry-api.json against the running server, axe looks for what keeps people
# from using the agent's pages, python-socketio is a client of the facade for older pages that others
# wrote. None is in Debian's archive in such a version, so each goes into a folder of its own; without it
# the test that uses it says that it did not run.
packages-test:
	@$(call install,$(TEST_PACKAGES))
	@$(SCHEMATHESIS)/bin/schemathesis --version 2>/dev/null | grep -qw '$(SCHEMATHESIS_VERSION)' || { \
		echo 'Fetching schemathesis $(SCHEMATHESIS_VERSION)'; \
		python3 -m venv $(SCHEMATHESIS) && \
		$(SCHEMATHESIS)/bin/pip install -q --disable-pip-version-check \
			schemathesis==$(SCHEMATHESIS_VERSION); \
	} || echo 'NOT FETCHED: schemathesis; the test of docs/registry-api.json will not run.' >&2
	@echo '$(AXE_SHA256)  $(AXE)/axe.min.js' | sha256sum -c --status 2>/dev/null || { \
		echo 'Fetching axe-core'; \
		rm -rf $(AXE) && python3 -m venv $(AXE)/venv && \
		echo '$(AXE_WHEEL) --hash=sha256:$(AXE_WHEEL_SHA256)' > $(AXE)/wheel.txt && \
		$(AXE)/venv/bin/pip download -q --disable-pip-version-check --no-deps --require-hashes \
			-d $(AXE) -r $(AXE)/wheel.txt && \
		python3 -m zipfile -e $(AXE)/*.whl $(AXE)/wheel && \
		echo '$(AXE_SHA256)  $(AXE)/wheel/axe_playwright_python/axe.min.js' | sha256sum -c --status && \
		mv $(AXE)/wheel/axe_playwright_python/axe.min.js $(AXE)/axe.min.js && \
		rm -rf $(AXE)/venv $(AXE)/wheel; \
	} || echo 'NOT FETCHED: axe-core; the pages will not be tested for accessibility.' >&2
	@$(SOCKETIO)/bin/python3 -c 'from importlib.metadata import version; print(version("python-socketio"))' 2>/dev/null | \
		grep -qw '$(SOCKETIO_VERSION)' || { \
		echo 'Fetching python-socketio $(SOCKETIO_VERSION)'; \
		python3 -m venv $(SOCKETIO) && \
		$(SOCKETIO)/bin/pip install -q --disable-pip-version-check \
			'python-socketio[client]==$(SOCKETIO_VERSION)'; \
	} || echo 'NOT FETCHED: python-socketio; the facade will not be tested with a foreign client.' >&2

packages-fuzz:
	@$(call install,$(FUZZ_PACKAGES))

packages-deb:
	@$(call install,$(DEB_PACKAGES))

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
