# slotd. `make help` lists the targets.
CC ?= cc
PKG_CONFIG ?= pkg-config
BUILD ?= build
PREFIX ?= /usr/local
SYSTEMDDIR ?= $(PREFIX)/lib/systemd/system
RESULTS ?= $(BUILD)/results

LIBS = libmicrohttpd jansson libconfig libcurl hiredis gnutls libidn2 \
	expat nettle
CFLAGS ?= -O2 -g
WARNINGS = -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla -Wformat=2 -Wwrite-strings
# An option where this compiler has it for this processor.
COMMA = ,
TRY = $(shell $(CC) -Werror $(1) -S -o /dev/null -xc /dev/null 2>/dev/null && \
	echo '$(1)')
CET := $(call TRY,-fcf-protection=full)
HARDEN := -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 \
	-fPIE -fstack-clash-protection $(CET) \
	$(call TRY,-mbranch-protection=standard) \
	$(call TRY,-ftrivial-auto-var-init=zero)
WIPE_REGISTERS := $(call TRY,-fzero-call-used-regs=used-gpr)
# The same source makes the same bytes, wherever it lies.
ANYWHERE = '-fdebug-prefix-map=$(CURDIR)=.'
ALL_CFLAGS = -std=c17 -D_GNU_SOURCE -Iinclude -Isrc -pthread $(WARNINGS) \
	$(HARDEN) $(ANYWHERE) $(shell $(PKG_CONFIG) --cflags-only-I $(LIBS)) $(CFLAGS) \
	$(EXTRA)
# Debian's files that start a program lack the mark of shadow stacks, and break
# none.
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now -Wl,-z,noexecstack -pthread \
	$(if $(CET),-Wl$(COMMA)-z$(COMMA)shstk) $(LDFLAGS) $(EXTRA)
LDLIBS = $(shell $(PKG_CONFIG) --libs $(LIBS))

ifeq ($(shell $(PKG_CONFIG) --exists $(LIBS) 2>/dev/null && echo yes),)
ifeq ($(filter demo demo-xmpp demo-stop check lint bench bench-sweep soak fuzz \
	fuzz-keep help clean dist deb,$(MAKECMDGOALS)),)
$(warning Libraries are missing, see `$(PKG_CONFIG) --print-errors --exists \
	$(LIBS)`; on Debian `tests/packages.sh demo` installs them)
endif
endif

SOURCES := $(sort $(wildcard src/*/*.c))
OBJECTS := $(SOURCES:src/%.c=$(BUILD)/%.o)
UNIT := $(sort $(wildcard tests/*/test_*.c))
REDIS_DRIVER := $(BUILD)/tests/quota/redis_driver
MEMORY_STORE := $(BUILD)/tests/memory_store/memory.o
UNIT_BIN := $(UNIT:tests/%.c=$(BUILD)/tests/%)
FUZZ_MAIN := tests/fuzz/replay.c tests/fuzz/libfuzzer.c
FUZZ_C := $(filter-out $(FUZZ_MAIN),$(sort $(wildcard tests/fuzz/*.c)))
FUZZ_REPLAY := $(BUILD)/tests/fuzz/replay
BENCH_BIN := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/bench/*.c))
C_FILES = $(wildcard include/*/*.h src/*.c src/*/*.[ch] tests/*/*.[ch])

# V=1 shows the commands.
Q = $(if $(V),,@)

# --- the program ----------------------------------------------------------

all: $(BUILD)/slotd ## build slotd (the default)

$(BUILD)/slotd: $(BUILD)/main.o $(OBJECTS)
	@echo "LD $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

# With the flags that stand here now.
$(BUILD)/%.o: src/%.c Makefile
	@mkdir -p $(@D)
	@echo "CC $<"
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# What it computes with is secret.
$(BUILD)/core/hash.o: HARDEN += $(WIPE_REGISTERS)

$(BUILD)/endpoint/openapi.o: api/openapi.yaml
$(BUILD)/quota/redis_call.o: src/quota/redis.lua

DOC = $(abspath $(DESTDIR)/$(PREFIX)/share/doc/slotd)
UNITS = $(addprefix deploy/systemd/,slotd.service slotd.socket \
	slotd-sweep.service slotd-sweep.timer)

install: all ## install below PREFIX (/usr/local); also DESTDIR, SYSTEMDDIR
	install -D -m 755 $(BUILD)/slotd $(DESTDIR)$(PREFIX)/bin/slotd
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man8 doc/slotd.8
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man5 doc/slotd.conf.5
	install -D -m 644 doc/completion/slotd.bash \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/slotd
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/zsh/site-functions \
		doc/completion/_slotd
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d \
		doc/completion/slotd.fish
	install -D -m 644 -t $(DOC) README.md LICENSE CHANGELOG.md \
		SECURITY.md api/openapi.yaml deploy/slotd.conf.example
	cd deploy && find . -path ./compose/secrets -prune -o \
		-type f ! -path './systemd/slotd[.-]*' \
		! -name slotd.conf.example ! -name '.*' \
		-exec install -D -m 644 '{}' '$(DOC)/examples/{}' ';'
	script=$$(sed 's,@DOC@,$(PREFIX)/share/doc/slotd,' \
		doc/installed.sed) && \
		find '$(DOC)' -name '*.md' -exec sed -i "$$script" '{}' +
	install -D -m 644 -t $(DESTDIR)$(SYSTEMDDIR) $(UNITS)
	sed -i 's,/usr/bin/slotd,$(PREFIX)/bin/slotd,' \
		$(UNITS:deploy/systemd/%=$(DESTDIR)$(SYSTEMDDIR)/%)
	install -D -m 644 deploy/systemd/slotd.sysusers \
		$(DESTDIR)$(PREFIX)/lib/sysusers.d/slotd.conf
	install -D -m 644 deploy/systemd/slotd.tmpfiles \
		$(DESTDIR)$(PREFIX)/lib/tmpfiles.d/slotd.conf

dist: ## pack the source as a tarball in build/
	@tests/dist.sh $(BUILD)

deb: ## build a Debian package in build/deb/; ARCH=arm64: for arm64
	@tests/packages.sh deb $(ARCH)
	@tests/deb/build.sh $(BUILD) $(ARCH)

sbom: ## write what the program is made of to build/slotd.cdx.json
	@tests/packages.sh sbom
	+@$(MAKE) --no-print-directory -j2 all
	@tests/sbom.py $(BUILD)/slotd >$(BUILD)/slotd.cdx.json
	@echo "$(BUILD)/slotd.cdx.json"

# --- trying it ------------------------------------------------------------

demo: ## install what is missing, build, start, upload and download
	@tests/packages.sh demo
	+@$(MAKE) --no-print-directory -j2 all
	@SLOTD=$(BUILD)/slotd DEMO=$(BUILD)/demo tests/demo.sh

demo-xmpp: ## the same with Prosody and two accounts, for your own client
	@tests/packages.sh demo-xmpp
	+@$(MAKE) --no-print-directory -j2 all
	@SLOTD=$(BUILD)/slotd DEMO=$(BUILD)/demo tests/demo.sh xmpp

demo-stop: ## stop what `make demo` and `make demo-xmpp` left running
	@SLOTD=$(BUILD)/slotd DEMO=$(BUILD)/demo tests/demo.sh stop

# --- tests ----------------------------------------------------------------

SUITES = lint unit house openapi e2e soak quota s3 xmpp deploy watch \
	image kubernetes deb asan-unit asan-e2e tsan-unit tsan-e2e \
	debian13 arm64
COUNT = tests/count.sh $(RESULTS)
# The one that Debian's python3-* packages are for.
PYTHON ?= /usr/bin/python3
E2E = tests/e2e
PYTEST = $(PYTHON) -m pytest -q -p no:cacheprovider
SAN = -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
IN_ASAN = BUILD=build-asan RESULTS=$(RESULTS) SUITE=asan- CFLAGS="-O1 -g" \
	EXTRA="$(SAN)"
IN_TSAN = BUILD=build-tsan RESULTS=$(RESULTS) SUITE=tsan- CFLAGS="-O1 -g" \
	EXTRA=-fsanitize=thread
# All of both take too long for check.
MEETING_UNIT = $(shell grep -lE 'pthread|"(service/(pool|log)|creds/source)' \
	tests/*/test_*.c)
MEETING_E2E = $(patsubst %,tests/e2e/test_%.py,batches component components \
	end erase_along log metrics quota relay_churn reload upload)

# All suites run, the longest first, whatever one of them says; sum.sh judges
# at the end.
check: ## install what is missing, then run all the tests
	@tests/packages.sh check
	@rm -rf $(RESULTS)
	+@$(MAKE) --no-print-directory -j2 EXTRA=-Werror all unit-programs \
		memory-store || \
		{ echo "0 passed, 1 failed"; exit 1; }
	+@$(MAKE) --no-print-directory -j3 -k -Otarget \
		check-debian13 check-asan check-e2e check-xmpp check-deb \
		check-arm64 check-lint check-image check-s3 check-threads \
		check-house check-unit check-openapi check-soak check-quota \
		check-deploy check-watch check-kubernetes; \
		tests/sum.sh $(RESULTS) $(SUITES)

check-unit: unit-programs ## run the unit tests
	@$(COUNT) $(SUITE)unit tests/unit.sh $(UNIT_BIN) $(FUZZ_REPLAY)

check-e2e: all memory-store ## test the built program as users run it
	@SLOTD=$(BUILD)/slotd $(COUNT) $(SUITE)e2e $(PYTEST) $(E2E)

check-soak: all ## each bad weather of `make soak` once
	@SLOTD=$(BUILD)/slotd $(COUNT) soak $(PYTHON) tests/soak/soak.py --short

check-s3: all ## test it with real S3 stores, Ceph and Swift
	@SLOTD=$(BUILD)/slotd $(COUNT) s3 $(PYTEST) tests/s3

check-xmpp: all ## test it with real XMPP servers and clients
	@SLOTD=$(BUILD)/slotd $(COUNT) xmpp $(PYTEST) tests/xmpp

check-deploy: all ## test the files below deploy/: web servers, systemd
	@SLOTD=$(BUILD)/slotd $(COUNT) deploy $(PYTEST) tests/deploy

check-watch: all ## test metrics and logs with Prometheus and fail2ban
	@SLOTD=$(BUILD)/slotd $(COUNT) watch $(PYTEST) tests/watch

check-image: ## build the Dockerfile, run it and deploy/compose with podman
	@SLOTD_IMAGE=$(abspath $(BUILD))/image \
		$(COUNT) image $(PYTEST) tests/image

check-kubernetes: all ## check the manifests with kubectl and schemas
	@SLOTD=$(BUILD)/slotd SLOTD_SCHEMAS=$(abspath $(BUILD))/kubernetes \
		$(COUNT) kubernetes $(PYTEST) tests/kubernetes

check-quota: all $(REDIS_DRIVER) ## test quotas with a Redis that dies, stalls, fails over
	@SLOTD=$(BUILD)/slotd $(COUNT) $(SUITE)quota $(PYTEST) tests/quota

check-lint: ## check the formatting, and run linters, as `make lint` does
	@CC_FLAGS="$(filter-out $(HARDEN) $(ANYWHERE),$(ALL_CFLAGS))" \
		$(COUNT) lint tests/lint.sh quick $(C_FILES)

check-house: all ## check the rules of CONTRIBUTING.md, and the hardening
	@SLOTD=$(BUILD)/slotd $(COUNT) house $(PYTEST) tests/house

check-openapi: all ## check api/openapi.yaml with a linter and generated clients
	@SLOTD=$(BUILD)/slotd SLOTD_CLIENTS=$(abspath $(BUILD))/openapi-clients \
		$(COUNT) openapi tests/openapi/check.sh $(BUILD)/openapi \
		$(PYTEST) tests/openapi

check-asan: ## run unit and end-to-end tests under sanitizers
	+@SLOTD_SAN=1 $(MAKE) --no-print-directory -k $(IN_ASAN) \
		check-unit check-e2e

check-tsan: ## run them under ThreadSanitizer; not part of check
	+@SLOTD_SAN=1 $(MAKE) --no-print-directory -k $(IN_TSAN) \
		check-unit check-e2e

check-threads: ## run those where threads meet under ThreadSanitizer
	+@if tests/tsan.sh "$(CC)" build-tsan; then \
		SLOTD_SAN=1 $(MAKE) --no-print-directory -k $(IN_TSAN) \
			UNIT="$(MEETING_UNIT)" FUZZ_REPLAY= \
			E2E="$(MEETING_E2E)" check-unit check-e2e; \
	else \
		for suite in tsan-unit tsan-e2e; do $(COUNT) $$suite echo \
			"ok 1 - threads # SKIP ThreadSanitizer fails here"; \
		done; \
	fi
.PHONY: check-threads

check-debian13: ## build and test on Debian 13, in a folder
	@PYTEST="$(PYTEST)" $(COUNT) debian13 tests/debian13.sh \
		$(abspath $(BUILD))/debian13

check-testing: ## build and run unit tests on Debian testing; not part of check
	@tests/testing.sh $(abspath $(BUILD))/testing

check-arm64: ## build for arm64 and test that in emulators
	@SLOTD=$(BUILD)/slotd $(COUNT) arm64 $(PYTEST) tests/arm64

check-deb: ## test the Debian package on Debian 12 and 13, in folders
	@SLOTD=$(BUILD)/slotd $(COUNT) deb $(PYTEST) tests/deb

unit-programs: $(UNIT_BIN) $(REDIS_DRIVER) $(FUZZ_REPLAY)

# slotd with one more store, by a table of its own: see CONTRIBUTING.md.
memory-store: $(BUILD)/slotd-memory

$(BUILD)/slotd-memory: $(BUILD)/main.o $(MEMORY_STORE) \
	$(filter-out $(BUILD)/conf/store_kinds.o,$(OBJECTS))
	@echo "LD $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/tests/%.o: tests/%.c Makefile
	@mkdir -p $(@D)
	@echo "CC $<"
	$(Q)$(CC) $(ALL_CFLAGS) -Itests -MMD -MP -c -o $@ $<

$(BUILD)/libslotd.a: $(OBJECTS)
	@echo "AR $@"
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(BUILD)/tests/%: tests/%.c $(BUILD)/libslotd.a
	@mkdir -p $(@D)
	@echo "CC $<"
	$(Q)$(CC) $(ALL_CFLAGS) -Itests $(shell $(PKG_CONFIG) --cflags cmocka) \
		-MMD -MP $(ALL_LDFLAGS) -o $@ $< $(BUILD)/libslotd.a $(LDLIBS) \
		$(shell $(PKG_CONFIG) --libs cmocka)

# The inputs that are kept, through the fuzz targets, without clang.
$(FUZZ_REPLAY): $(BUILD)/tests/fuzz/replay.o $(FUZZ_C:%.c=$(BUILD)/%.o) \
	$(BUILD)/libslotd.a
	@echo "LD $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

# What they find is written to build-fuzz/NAME-crash-…, new inputs to
# build-fuzz/corpus/NAME/.
T ?= 60
IN_FUZZ = BUILD=build-fuzz CC=clang CFLAGS="-O1 -g" \
	EXTRA="-fsanitize=fuzzer-no-link $(SAN)"

fuzz: ## fuzz with clang, T seconds (60) a target; FUZZ=NAME: that one
	@tests/packages.sh fuzz
	+@$(MAKE) --no-print-directory -j2 $(IN_FUZZ) fuzz-program
	@tests/fuzz/run.sh build-fuzz $(T) $(FUZZ)

fuzz-keep: ## keep the new inputs of `make fuzz` that reach more; FUZZ=NAME
	+@$(MAKE) --no-print-directory -j2 $(IN_FUZZ) fuzz-program
	@tests/fuzz/keep.sh build-fuzz $(FUZZ)

fuzz-program: $(BUILD)/fuzz

$(BUILD)/fuzz: $(BUILD)/tests/fuzz/libfuzzer.o $(FUZZ_C:%.c=$(BUILD)/%.o) \
	$(BUILD)/libslotd.a
	@echo "LD $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LDLIBS)

# BENCH=--json, BENCH="--rounds 1 slots": see doc/performance.md.
bench: ## measure speeds, as ratios in one run; not part of check
	@tests/packages.sh bench
	+@$(MAKE) --no-print-directory -j2 all $(BENCH_BIN)
	@SLOTD=$(BUILD)/slotd $(PYTHON) tests/bench/bench.py $(BENCH)

# SOAK="--only clock,crowd --seed 1": see CONTRIBUTING.md.
soak: T = 3600
soak: ## load slotd for T seconds (3600) in bad weather; not part of check
	@tests/packages.sh soak
	+@$(MAKE) --no-print-directory -j2 all
	@SLOTD=$(BUILD)/slotd $(PYTHON) tests/soak/soak.py --seconds $(T) $(SOAK)

bench-sweep: ## measure a sweep of a real Ceph beside s3cmd and awscli
	@tests/packages.sh bench-sweep
	+@$(MAKE) --no-print-directory -j2 all
	@SLOTD=$(BUILD)/slotd $(PYTHON) tests/bench/bench.py $(BENCH) sweep

# --- the house ------------------------------------------------------------

lint: ## check the formatting, run linters and clang's analyzer, or gcc's
	@tests/packages.sh lint
	@CC_FLAGS="$(filter-out $(HARDEN) $(ANYWHERE),$(ALL_CFLAGS))" \
		tests/lint.sh $(C_FILES)
	+@$(MAKE) --no-print-directory analyze

analyze: ## run the analyzer of gcc 14 or newer: check-debian13 does
	@CC="$(CC)" CC_FLAGS="$(filter-out $(ANYWHERE),$(ALL_CFLAGS))" \
		tests/analyze.sh src/main.c $(SOURCES)

fmt: ## run clang-format, in place
	clang-format -i $(C_FILES)

# The suites whose programs are those of the build, and end here.
COVERING = check-unit check-e2e check-quota check-s3 check-xmpp
IN_COVER = BUILD=build-cover RESULTS=build-cover/results CFLAGS="-O0 -g" \
	EXTRA="--coverage -fprofile-update=atomic -U_FORTIFY_SOURCE"
WRITTEN = build-cover/tests/cover/written.o

cover: ## show the lines and branches of src/ that all tests reach
	@tests/packages.sh check
	+@$(MAKE) --no-print-directory $(IN_COVER) $(WRITTEN)
	-+@$(MAKE) --no-print-directory -k $(IN_COVER) LDFLAGS="$(WRITTEN) \
		-Wl,--wrap=_Exit -Wl,--wrap=fence_files" $(COVERING)
	@tests/cover/cover.py build-cover

clean: ## remove everything that was built
	rm -rf build build-*

help: ## show this list
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' Makefile | expand -t 18

.PHONY: all sbom install demo demo-xmpp demo-stop check check-unit check-e2e \
	check-house check-openapi check-soak check-quota check-s3 check-xmpp check-deploy \
	check-watch check-image check-kubernetes check-asan check-tsan check-debian13 \
	check-arm64 check-testing check-deb dist deb unit-programs memory-store bench bench-sweep soak \
	fuzz fuzz-keep fuzz-program lint fmt cover clean help
.PHONY: check-lint analyze
-include $(BUILD)/main.d $(OBJECTS:.o=.d) $(UNIT_BIN:=.d) $(REDIS_DRIVER).d \
	$(MEMORY_STORE:.o=.d) $(BENCH_BIN:=.d) \
	$(FUZZ_MAIN:%.c=$(BUILD)/%.d) $(FUZZ_C:%.c=$(BUILD)/%.d)
