#include "cmd/janitor.h"
#include "janitor/place.h"
#include "slot/note.h"

#include <limits.h>
#include <stdio.h>

static bool dry_run;

/* Why this file is not removed; NULL: it is one that slotd stored. */
static const char *refusal_of(const struct place *place)
{
	const bool below =
	    place->caller && place_is_below(place->caller, place->key);

	if (span_starts(place->key, NOTE_FOLDER) || (!place->made && !below))
		return "slotd did not make this object key: not removed";
	return NULL;
}

static bool remove_place(
    const struct janitor *janitor, const char *link, const struct place *place)
{
	struct store *store = janitor->service->stores[place->number];
	char memory[STORE_WHY];
	struct buf why = buf_of(memory, sizeof memory);

	if (dry_run) {
		fputs("would remove ", stdout);
		command_line(link);
		return true;
	}
	if (janitor_remove(janitor, store, place->key, &why) != FAILURE_NONE) {
		command_about(&command_delete, link, memory);
		return false;
	}
	fputs("removed ", stdout);
	command_line(link);
	return true;
}

static bool delete_one(const struct janitor *janitor, const char *link)
{
	static struct place place;
	const char *refusal;

	if (!place_find(janitor->service, span_of(link), &place)) {
		command_about(&command_delete, link,
		    "this URL does not lead to a file of this configuration");
		return false;
	}
	refusal = refusal_of(&place);
	if (!refusal)
		return remove_place(janitor, link, &place);
	command_about(&command_delete, link, refusal);
	return false;
}

/* What is said to be removed must not come back. */
static bool settle(const struct janitor *janitor)
{
	char memory[STORE_WHY];
	struct buf why = buf_of(memory, sizeof memory);

	if (dry_run || janitor_settle(janitor, &why))
		return true;
	command_fault(&command_delete,
	    "what was removed may come back after a power cut: storage %s",
	    memory);
	return false;
}

static int run(const struct service *service, char **operands)
{
	struct janitor janitor;
	bool well = true;

	if (!command_janitor_start(&command_delete, service, NULL, &janitor))
		return EXIT_FAULT;
	for (; *operands && !janitor_stopped(&janitor); operands++)
		well &= delete_one(&janitor, *operands);
	well &= settle(&janitor);
	if (janitor_stopped(&janitor))
		return command_fault(&command_delete, "interrupted");
	return well ? EXIT_OK : EXIT_FAULT;
}

static const struct command_option options[] = {
	{ "dry-run", .flag = &dry_run },
	{ 0 },
};

const struct command command_delete = {
	"delete",
	"remove files now",
	"usage: slotd delete [-c FILE] [--dry-run] LINK...\n"
	"\n"
	"Removes the files of these links now, with the credentials of\n"
	"storage.janitor, and prints a line for each. A link is any URL at\n"
	"which the file is shared or fetched, as for slotd user --of. A file\n"
	"that is gone already is fine; an object that slotd cannot have\n"
	"stored is refused, and so is a link whose token is forged.\n"
	"With --dry-run nothing is removed.\n",
	.options = options,
	.operands_max = INT_MAX,
	.operand = "a link",
	.janitor = true,
	.with_service = run,
};
