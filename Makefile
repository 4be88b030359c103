# slotd. `make help` lists what there is.
CC ?= cc
PKG_CONFIG ?= pkg-config
BUILD ?= build
PREFIX ?= /usr/local

LIBS = libmicrohttpd jansson libconfig
CFLAGS ?= -O2 -g
WARNINGS = -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla -Wformat=2 -Wwrite-strings
HARDEN = -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE \
	-fstack-clash-protection
ALL_CFLAGS = -std=c17 -D_GNU_SOURCE -Iinclude -Isrc -pthread $(WARNINGS) \
	$(HARDEN) $(shell $(PKG_CONFIG) --cflags $(LIBS)) $(CFLAGS) $(EXTRA)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now -Wl,-z,noexecstack -pthread $(LDFLAGS) $(EXTRA)
LDLIBS = $(shell $(PKG_CONFIG) --libs $(LIBS)) -lmbedcrypto

SOURCES := $(sort $(wildcard src/*/*.c))
OBJECTS := $(SOURCES:src/%.c=$(BUILD)/%.o)
UNIT := $(sort $(wildcard tests/*/test_*.c))
UNIT_BIN := $(UNIT:tests/%.c=$(BUILD)/tests/%)

all: $(BUILD)/slotd

$(BUILD)/slotd: $(BUILD)/main.o $(OBJECTS)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/%.o: src/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/http/openapi.o: api/openapi.yaml

$(BUILD)/libslotd.a: $(OBJECTS)
	rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/tests/%: tests/%.c $(BUILD)/libslotd.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Itests $(shell $(PKG_CONFIG) --cflags cmocka) \
		-MMD -MP $(ALL_LDFLAGS) -o $@ $< $(BUILD)/libslotd.a $(LDLIBS) \
		$(shell $(PKG_CONFIG) --libs cmocka)

.PHONY: all
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
