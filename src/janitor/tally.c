#include "janitor/tally.h"

#include "core/buf.h"

#include <inttypes.h>

void tally_init(struct tally *tally, struct span storage, bool dry_run)
{
	*tally = (struct tally){ .storage = storage, .dry_run = dry_run };
}

void tally_fault(struct tally *tally, const char *before, const char *what)
{
	if (!*tally->why)
		snprintf(tally->why, sizeof tally->why, "%s%s", before, what);
}

static void add_count(struct buf *out, const char *what, uint64_t count)
{
	buf_text(out, what);
	buf_u64(out, count);
}

/* size: of what was removed. */
static void write_counts(
    struct buf *out, const struct tally *tally, const char *size)
{
	add_count(out, "listed ", tally->listed);
	add_count(out, tally->dry_run ? ", would remove " : ", removed ",
	    tally->removed);
	buf_text(out, " (");
	buf_text(out, size);
	buf_text(out, ")");
	add_count(
	    out, ", kept ", tally->listed - tally->removed - tally->failed);
	if (tally->failed)
		add_count(out, ", failed ", tally->failed);
	if (tally->erased)
		add_count(out, tally->dry_run ? ", would erase " : ", erased ",
		    tally->erased);
	if (tally->pending)
		add_count(out, ", pending erasures ", tally->pending);
	add_count(out, ", ", (uint64_t)(tally->micros / 1000000));
	add_count(out, ".", (uint64_t)(tally->micros / 100000 % 10));
	buf_text(out, " seconds");
}

void tally_line(FILE *out, const struct tally *tally)
{
	const struct term term = term_of(out);
	char memory[512], size[TERM_SIZE];
	struct buf counts = buf_of(memory, sizeof memory);

	if (term.width) {
		term_size(tally->bytes, size);
		write_counts(&counts, tally, size);
		term_row(&term, tally->ok ? TERM_GREEN : TERM_RED,
		    tally->ok ? "ok" : "FAILURE", TERM_NAME, tally->storage,
		    buf_span(&counts));
		return;
	}
	snprintf(size, sizeof size, "%" PRIu64 " bytes", tally->bytes);
	write_counts(&counts, tally, size);
	fprintf(out, "storage %.*s: %s\n", (int)tally->storage.len,
	    tally->storage.at, memory);
}

void tally_progress(const struct term *term, const struct tally *tally)
{
	term_progress(term,
	    "...      %-*.*s  listed %" PRIu64 ", removed %" PRIu64, TERM_NAME,
	    (int)tally->storage.len, tally->storage.at, tally->listed,
	    tally->removed);
}

/* Names of stores need no escapes. */
static void write_json(FILE *out, const struct tally *tallies, size_t count)
{
	fputs("{\"stores\": [", out);
	for (size_t i = 0; i < count; i++) {
		const struct tally *tally = &tallies[i];

		fprintf(out,
		    "%s{\"name\": \"%.*s\", \"listed\": %" PRIu64
		    ", \"removed\": %" PRIu64 ", \"failed\": %" PRIu64
		    ", \"erased\": %" PRIu64 ", \"bytes\": %" PRIu64
		    ", \"seconds\": %" PRId64 ".%03" PRId64 ", \"ok\": %s}",
		    i ? ", " : "", (int)tally->storage.len, tally->storage.at,
		    tally->listed, tally->removed, tally->failed, tally->erased,
		    tally->bytes, tally->micros / 1000000,
		    tally->micros / 1000 % 1000, tally->ok ? "true" : "false");
	}
	fputs("]}\n", out);
}

static void head(FILE *out, const char *name, const char *help)
{
	fprintf(out, "# HELP slotd_sweep_%s %s\n# TYPE slotd_sweep_%s gauge\n",
	    name, help, name);
}

static void sample(
    FILE *out, const char *name, const struct tally *tally, uint64_t value)
{
	fprintf(out, "slotd_sweep_%s{storage=\"%.*s\"} %" PRIu64 "\n", name,
	    (int)tally->storage.len, tally->storage.at, value);
}

/* Only a sweep that succeeded has a time stamp. The alert for a late sweep goes
 * by the age of the last one, or by there being none. */
static void write_prometheus(
    FILE *out, const struct tally *tallies, size_t count, int64_t now)
{
	head(out, "last_success_timestamp_seconds",
	    "When the store was last swept without a fault, unix time");
	for (size_t i = 0; i < count; i++)
		if (tallies[i].ok && !tallies[i].dry_run)
			sample(out, "last_success_timestamp_seconds",
			    &tallies[i], (uint64_t)now);
	head(out, "removed_objects", "Objects that the last sweep removed");
	for (size_t i = 0; i < count; i++)
		sample(out, "removed_objects", &tallies[i], tallies[i].removed);
	head(out, "removed_bytes", "Bytes that the last sweep removed");
	for (size_t i = 0; i < count; i++)
		sample(out, "removed_bytes", &tallies[i], tallies[i].bytes);
	head(out, "pending_erasures",
	    "Erasures whose note stays: for the last of the slots issued "
	    "before, or since files could not be removed");
	for (size_t i = 0; i < count; i++)
		sample(
		    out, "pending_erasures", &tallies[i], tallies[i].pending);
}

void tally_write(FILE *out, enum tally_format format,
    const struct tally *tallies, size_t count, int64_t now)
{
	switch (format) {
	case TALLY_JSON:
		write_json(out, tallies, count);
		break;
	case TALLY_PROMETHEUS:
		write_prometheus(out, tallies, count, now);
		break;
	}
}
