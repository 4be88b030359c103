"""Law 1: includes point down or stay on their floor. Law 3: libraries have
doors. Law 2: time and chance are arguments below service/. Law 5: nobody asks
which kind of store it is."""

import re

import house

FLOORS = {
    "main": 9, "cmd": 8, "endpoint": 7, "doctor": 7, "janitor": 7, "xmpp": 7,
    "setup": 7,
    "http": 6, "service": 5, "conf": 4, "store": 3, "creds": 3, "quota": 3, "slot": 2,
    "net": 2, "fence": 2, "term": 2, "core": 1,
}
# Where each third-party library may be named: files, or a folder.
DOORS = {
    r"nettle/.*": "src/core/hash.c",
    r"idn2\.h": "src/core/idn.c",
    r"libconfig\.h": "src/conf/",
    r"microhttpd\.h": "src/http/",
    r"jansson\.h": ("src/endpoint/json", "src/creds/json.c"),
    r"hiredis/.*": "src/quota/redis",
    r"expat\.h": "src/net/xml.c",
    r"gnutls/.*": "src/quota/redis_tls.c",
    r"curl/.*": ("src/net/", "src/store/relay"),
}
ONE_FILE = (r"libconfig\.h",)
# What src/core and src/slot may have of the system: nothing that waits,
# tells the time or touches a file.
PURE = {
    "arpa/inet.h", "assert.h", "ctype.h", "errno.h", "inttypes.h",
    "limits.h", "pthread.h", "stdatomic.h", "stdbool.h", "stddef.h",
    "stdint.h", "stdlib.h", "string.h", "time.h",
}
CLOCKS = ["time", "clock", "clock_gettime", "gettimeofday", "timespec_get"]
CHANCE = ["rand", "random", "srand", "drand48", "getrandom", "getentropy",
          "arc4random", "arc4random_buf"]
HEAP = ["malloc", "calloc", "realloc", "reallocarray", "free", "strdup",
        "strndup", "asprintf"]
# What gives memory of the library's own, for domains that are not ASCII.
IDN = ["idn2_lookup_u8", "idn2_free"]

# The kinds of stores, by what names one: a header of its own, its class, its
# row in the table, its functions.
KINDS = [path.stem for path in house.files("src/store", endings=(".h",))
         if re.search(r"struct store_class \w+_class;", path.read_text())]
A_KIND = [r"\b(storage_)?(%s)_(class|kind|open\w*|look)\b" % "|".join(KINDS),
          r"\bCONF_STORE_\w+", r"\bclass->type\b", r"\bkinds?\[\d"]
# What writes the type into the log.
TELLS_THE_TYPE = "src/cmd/serve.c"

SOURCES = house.files("src", "include", endings=(".c", ".h"))


def includes(path):
    return re.findall(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]',
                      path.read_text(), re.M)


def all_includes(mark):
    """(path, its folder, what it includes), for all of ours."""
    for path in SOURCES:
        for found, included in includes(path):
            if found == mark:
                yield path, folder(path), included


def folder(path):
    if path.parent.name == "slotd":
        return "slotd"
    return "main" if path.parent.name == "src" else path.parent.name


def may_include(here, there):
    if here == "slotd":
        return there in ("slotd", "core")
    if there == "slotd":
        return FLOORS[here] > FLOORS["core"]
    if {here, there} in (
            {"store", "creds"}, {"store", "quota"}, {"creds", "quota"},
            {"http", "doctor"}, {"endpoint", "doctor"}, {"slot", "net"},
            {"http", "janitor"}, {"endpoint", "janitor"},
            {"doctor", "janitor"}, {"http", "xmpp"}, {"endpoint", "xmpp"},
            {"janitor", "xmpp"}, {"http", "setup"}, {"endpoint", "setup"},
            {"doctor", "setup"}, {"janitor", "setup"}, {"xmpp", "setup"}):
        return False
    return FLOORS[there] <= FLOORS[here]


def test_includes_point_down():
    faults = [(house.name(path), included)
              for path, here, included in all_includes('"')
              if not may_include(here, included.split("/")[0])]
    assert not faults


def test_includes_are_from_the_top():
    faults = [(house.name(path), included)
              for path, _, included in all_includes('"')
              if not any((house.ROOT / top / included).exists()
                         for top in ("src", "include"))]
    assert not faults


def test_libraries_stay_behind_their_doors():
    found = {library: set() for library in DOORS}
    for path, _, included in all_includes("<"):
        for library in DOORS:
            if re.fullmatch(library, included):
                found[library].add(house.name(path))
    faults = [(library, name, "instead of", door)
              for library, door in DOORS.items()
              for name in found[library] if not name.startswith(door)]
    assert not faults
    assert all(found.values()), found
    assert all(len(found[library]) == 1 for library in ONE_FILE), found


def test_below_the_edge_all_is_pure():
    faults = [(house.name(path), included)
              for path, here, included in all_includes("<")
              if here in ("core", "slot", "slotd") and included not in PURE
              and not re.match(r"nettle/|idn2\.h", included)]
    assert not faults


def callers(functions, allowed):
    return [(house.name(path), called)
            for path in SOURCES if not allowed(path)
            for called in house.calls(house.bare_c(path), functions)]


def test_the_clock_is_read_in_one_file():
    assert not callers(
        CLOCKS, lambda path: house.name(path) == "src/service/clock.c")


def test_chance_comes_from_one_file():
    # The embedded store makes its own key at its first start.
    assert not callers(CHANCE, lambda path: house.name(path) in (
        "src/service/random.c", "src/store/fs_key.c"))


def test_no_heap_on_the_path_of_a_request():
    assert not callers(HEAP, lambda path: (
        folder(path) not in ("core", "slot", "slotd")
        or path.name == "replay.c"))
    assert not callers(IDN, lambda path: path.name == "idn.c")


def asks_for_a_kind(text):
    return [found[0] for pattern in A_KIND
            for found in re.finditer(pattern, text)]


def test_nobody_asks_which_kind_of_store_it_is():
    others = [path for path in SOURCES
              if folder(path) not in ("store", "conf")]
    faults = [(house.name(path), included)
              for path in others for _, included in includes(path)
              if re.match(r"store/(%s)\b|store/(%s)_" % (
                  "|".join(KINDS), "|".join(KINDS)), included)]
    faults += [(house.name(path), found)
               for path in others
               for found in asks_for_a_kind(house.bare_c(path))
               if (house.name(path), found) != (TELLS_THE_TYPE, "class->type")]
    assert not faults


def test_it_can_tell():
    assert {"fs", "s3"} <= set(KINDS)
    assert asks_for_a_kind("if (store->class == &fs_class && s3_open(x))") == [
        "fs_class", "s3_open"]
    assert not asks_for_a_kind("storage->kind == kind; reopen(s3);")
    assert may_include("http", "slot") and may_include("store", "slotd")
    assert not may_include("slot", "store") and not may_include("core", "slot")
    assert may_include("janitor", "service")
    assert may_include("cmd", "janitor")
    assert not may_include("janitor", "http")
    assert not may_include("janitor", "doctor")
    assert may_include("setup", "service") and may_include("cmd", "setup")
    assert not may_include("setup", "http")
    assert may_include("xmpp", "service") and may_include("doctor", "xmpp")
    assert not may_include("xmpp", "http") and not may_include("http", "xmpp")
    assert not may_include("slotd", "slot") and not may_include("core", "slotd")
    assert house.calls("x = time(NULL); run_time(1); a.time(); t->time(2);",
                       CLOCKS) == ["time"]
