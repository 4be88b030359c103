#include "cmd/janitor.h"
#include "core/stamp.h"
#include "slot/jid.h"
#include "slot/note.h"
#include "slot/owners.h"
#include "term/term.h"

#include <inttypes.h>
#include <stdio.h>

/* A presigned URL with a session token. */
#define LINK_SIZE 20480

/* A size has 10 columns, a time 20. */
#define HEAD "      SIZE  STORED                UNTIL                 LINK"

static bool json;
static char jid_memory[JID_BARE_SIZE];

/* A walk through one store. */
struct walk {
	const struct janitor *janitor;
	struct store *store;
	const struct owner *owner;
	const struct term *term;
	bool *first; /* of all */
	bool failed;
};

/* none: what stands for a time that is not known. */
static void write_time(struct buf *out, int64_t seconds, const char *none)
{
	if (seconds < 0 || seconds == INT64_MAX)
		buf_text(out, none);
	else
		stamp_rfc3339(out, seconds);
}

static void print_json(const struct walk *walk,
    const struct store_object *object, int64_t until, const char *link)
{
	char memory[2][32];
	struct buf stored = buf_of(memory[0], sizeof memory[0]);
	struct buf end = buf_of(memory[1], sizeof memory[1]);
	const bool has_stored = object->modified >= 0;
	const bool ends = until != INT64_MAX;

	write_time(&stored, object->modified, "null");
	write_time(&end, until, "null");
	/* Links are ASCII without quotes. */
	printf("%s\n {\"link\": \"%s\", \"size\": %" PRIu64
	       ", \"stored\": %s%s%s, \"until\": %s%s%s}",
	    *walk->first ? "" : ",", link, object->size, has_stored ? "\"" : "",
	    stored.at, has_stored ? "\"" : "", ends ? "\"" : "", end.at,
	    ends ? "\"" : "");
}

/* For a terminal: columns that stand below each other. */
static void print_row(const struct walk *walk,
    const struct store_object *object, int64_t until, const char *link)
{
	const struct term *term = walk->term;
	const bool ended = until < walk->janitor->now();
	char memory[2][32], size[TERM_SIZE];
	struct buf stored = buf_of(memory[0], sizeof memory[0]);
	struct buf end = buf_of(memory[1], sizeof memory[1]);

	if (*walk->first) {
		term_colour(term, TERM_DIM, HEAD);
		putchar('\n');
	}
	term_size(object->size, size);
	write_time(&stored, object->modified, "-");
	write_time(&end, until, "never");
	printf("%10s  %-20s  ", size, stored.at);
	term_colour(term, ended ? TERM_YELLOW : TERM_GREEN, end.at);
	printf("%*s", end.len < 20 ? (int)(20 - end.len) : 0, "");
	/* A link is whole, so that it can be copied. */
	printf("  %s\n", link);
}

static void print_text(
    const struct store_object *object, int64_t until, const char *link)
{
	char memory[2][32];
	struct buf stored = buf_of(memory[0], sizeof memory[0]);
	struct buf end = buf_of(memory[1], sizeof memory[1]);

	write_time(&stored, object->modified, "-");
	write_time(&end, until, "never");
	printf("%" PRIu64 " %s %s %s\n", object->size, stored.at, end.at, link);
}

static bool print(void *of, const struct store_object *object)
{
	static char memory[LINK_SIZE];
	struct buf link = buf_of(memory, sizeof memory);
	struct walk *walk = of;
	struct refusal why = { 0 };
	int64_t until;

	if (span_starts(object->key, NOTE_FOLDER) ||
	    owners_find(walk->owner, 1, walk->janitor->service->keyring,
		walk->store->template, object->key) != 0)
		return true;
	if (walk->store->class->share(walk->store, object->key,
		walk->janitor->now(), &link, &why) != FAILURE_NONE) {
		command_fault(&command_files, "a link cannot be made: %s",
		    why.reason ? why.reason : "it is too long");
		walk->failed = true;
		return true;
	}
	until = key_until(walk->store->template, object->key);
	if (json)
		print_json(walk, object, until, memory);
	else if (walk->term->width)
		print_row(walk, object, until, memory);
	else
		print_text(object, until, memory);
	*walk->first = false;
	return true;
}

static bool list(const struct janitor *janitor, size_t number,
    const struct owner *owner, const struct term *term, bool *first)
{
	const struct span name = janitor->service->conf->storages[number].name;
	struct walk walk = { janitor, janitor->service->stores[number], owner,
		term, first, false };
	char memory[STORE_WHY], label[128];
	struct buf why = buf_of(memory, sizeof memory);

	if (janitor_list(janitor, walk.store, SPAN_EMPTY, print, &walk, &why) ==
	    FAILURE_NONE)
		return !walk.failed;
	snprintf(label, sizeof label, "storage %.*s cannot be listed",
	    (int)name.len, name.at);
	if (!janitor_stopped(janitor))
		command_about(&command_files, label, memory);
	return false;
}

static bool check(char **operands)
{
	struct buf bare = buf_of(jid_memory, sizeof jid_memory);
	const char *wrong;
	struct jid jid;

	if (jid_parse(span_of(operands[0]), &jid, &wrong)) {
		jid_bare(&jid, &bare);
		return true;
	}
	command_about(&command_files, operands[0], wrong);
	return false;
}

static int run(const struct service *service, char **operands)
{
	const struct term term = term_of(stdout);
	struct janitor janitor;
	bool well = true, first = true;
	struct owner owner;

	if (!service->keyring)
		return command_fault(&command_files,
		    "key_file is not set, so that object keys do not say who "
		    "uploaded them");
	if (!command_janitor_start(&command_files, service, NULL, &janitor))
		return EXIT_FAULT;
	owners_add(&owner, service->keyring, span_of(jid_memory));
	if (json)
		putchar('[');
	for (size_t i = 0;
	     i < service->store_count && !janitor_stopped(&janitor); i++)
		well &= list(&janitor, i, &owner, &term, &first);
	if (json)
		puts(first ? "]" : "\n]");
	if (janitor_stopped(&janitor))
		return command_fault(&command_files, "interrupted");
	if (first && well)
		command_none_of(&command_files, operands[0]);
	return well ? EXIT_OK : EXIT_FAULT;
}

static const struct command_option options[] = {
	{ "json", .flag = &json },
	{ 0 },
};

const struct command command_files = {
	"files",
	"list what is stored of a user",
	"usage: slotd files [-c FILE] [--json] JID\n"
	"\n"
	"Lists the files that a user has uploaded: a line for each with its\n"
	"size in bytes, when it was stored, until when it is kept (or "
	"\"never\")\n"
	"and its link. What is past its end and not removed yet is listed,\n"
	"too. All keys are looked at, with the credentials of\n"
	"storage.janitor. Files below a caller's base are not found: their\n"
	"keys do not say who uploaded them.\n"
	"With --json, prints a list of {\"link\", \"size\", \"stored\", "
	"\"until\"}.\n",
	.options = options,
	.operands_max = 1,
	.operand = "a JID",
	.check = check,
	.janitor = true,
	.with_service = run,
};
