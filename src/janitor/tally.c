#include "janitor/tally.h"

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

void tally_line(FILE *out, const struct tally *tally)
{
	fprintf(out,
	    "storage %.*s: listed %" PRIu64 ", %s %" PRIu64 " (%" PRIu64
	    " bytes), kept %" PRIu64,
	    (int)tally->storage.len, tally->storage.at, tally->listed,
	    tally->dry_run ? "would remove" : "removed", tally->removed,
	    tally->bytes, tally->listed - tally->removed - tally->failed);
	if (tally->failed)
		fprintf(out, ", failed %" PRIu64, tally->failed);
	if (tally->erased)
		fprintf(out, ", %s %" PRIu64,
		    tally->dry_run ? "would erase" : "erased", tally->erased);
	if (tally->pending)
		fprintf(out, ", pending erasures %" PRIu64, tally->pending);
	fprintf(out, ", %" PRId64 ".%" PRId64 " seconds\n",
	    tally->micros / 1000000, tally->micros / 100000 % 10);
}

void tally_progress(FILE *out, const struct tally *tally)
{
	fprintf(out,
	    "\r\033[Kstorage %.*s: listed %" PRIu64 ", removed %" PRIu64,
	    (int)tally->storage.len, tally->storage.at, tally->listed,
	    tally->removed);
	fflush(out);
}

void tally_progress_end(FILE *out)
{
	fputs("\r\033[K", out);
	fflush(out);
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
	case TALLY_TEXT:
		for (size_t i = 0; i < count; i++)
			tally_line(out, &tallies[i]);
		break;
	case TALLY_JSON:
		write_json(out, tallies, count);
		break;
	case TALLY_PROMETHEUS:
		write_prometheus(out, tallies, count, now);
		break;
	}
}
