#include "cmd/creds.h"
#include "cmd/janitor.h"
#include "janitor/sweep.h"
#include "service/erasure.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

static bool dry_run;

static bool read_jid(const char *text, struct jid *jid)
{
	const char *wrong;

	if (jid_parse(span_of(text), jid, &wrong))
		return true;
	command_about(&command_erase, text, wrong);
	return false;
}

static bool check(char **operands)
{
	struct jid jid;
	bool well = true;

	for (; *operands; operands++)
		well &= read_jid(*operands, &jid);
	return well;
}

static bool is_possible(const struct service *service, char **jids)
{
	struct jid jid;
	bool well = true;

	for (; *jids; jids++) {
		if (read_jid(*jids, &jid) &&
		    erasure_possible_for(service, &jid))
			continue;
		command_about(&command_erase, *jids,
		    "object keys do not tell whose file it is: storage.key has "
		    "neither {owner} nor {user}; its default has {owner} once "
		    "key_file is set");
		well = false;
	}
	return well;
}

static enum failure note_one(const struct janitor *janitor,
    const struct jid *jid, size_t *ret_store, struct refusal *why)
{
	enum failure failure;
	unsigned tries = 0;

	*ret_store = 0;
	do {
		failure = erasure_note(
		    janitor->service, jid, janitor->now(), ret_store, why);
	} while (
	    failure == FAILURE_UNAVAILABLE && janitor_again(janitor, ++tries));
	return failure;
}

/* What slots issued before bring later goes by these. */
static bool note(const struct janitor *janitor, char **jids)
{
	struct jid jid;

	for (; *jids; jids++) {
		struct refusal why = { 0 };
		struct span name;
		size_t store;

		if (!read_jid(*jids, &jid))
			return false;
		if (note_one(janitor, &jid, &store, &why) == FAILURE_NONE)
			continue;
		name = janitor->service->conf->storages[store].name;
		command_fault(&command_erase, "storage %.*s: %s", (int)name.len,
		    name.at, why.reason ? why.reason : "has failed");
		return false;
	}
	return true;
}

static size_t count_of(char **jids)
{
	size_t count = 0;

	while (jids[count])
		count++;
	return count;
}

/* One store; true when all went well. met: of whom there was a file. */
static bool erase_in(
    const struct janitor *janitor, size_t number, char **jids, bool *met)
{
	const size_t count = count_of(jids);
	struct erasures erasures;
	const struct sweep_options options = {
		.dry_run = dry_run,
		.older = -1,
		.erasures = &erasures,
	};
	struct tally tally;
	struct jid jid;
	char label[128];
	bool well = true;

	erasures_init(&erasures, janitor->service, number);
	for (; *jids && well; jids++)
		well = read_jid(*jids, &jid) && erasures_add(&erasures, &jid);
	if (!well) {
		erasures_close(&erasures);
		command_fault(&command_erase, "out of memory");
		return false;
	}
	sweep_store(janitor, number, &options, &tally);
	for (size_t i = 0; i < count; i++)
		met[i] |= erasures_met(&erasures, i);
	erasures_close(&erasures);
	tally_line(stdout, &tally);
	fflush(stdout);
	snprintf(label, sizeof label, "storage %.*s", (int)tally.storage.len,
	    tally.storage.at);
	if (*tally.why)
		command_about(&command_erase, label, tally.why);
	return tally.ok;
}

static void tell_unmet(char **jids, const bool *met)
{
	for (size_t i = 0; jids[i]; i++)
		if (!met[i])
			command_none_of(&command_erase, jids[i]);
}

static int erase(const struct service *service, const struct janitor *janitor,
    char **jids, bool *met)
{
	bool well = true;

	for (size_t i = 0;
	     i < service->store_count && !janitor_stopped(janitor); i++)
		well &= erase_in(janitor, i, jids, met);
	if (well && !janitor_stopped(janitor))
		tell_unmet(jids, met);
	if (janitor_stopped(janitor))
		return command_fault(&command_erase,
		    dry_run ? "interrupted"
			    : "interrupted: the next sweep goes on");
	return well ? EXIT_OK : EXIT_FAULT;
}

static int run(const struct service *service, char **operands)
{
	const char *lack = service_store_lack(service);
	struct janitor janitor;
	bool *met;
	int code;

	if (lack)
		return command_fault(&command_erase, "%s", lack);
	if (!is_possible(service, operands))
		return EXIT_FAULT;
	if (!command_janitor_start(&command_erase, service, NULL, &janitor))
		return EXIT_FAULT;
	service_wait(service, CREDS_WAIT_MS);
	if (!dry_run && !note(&janitor, operands))
		return EXIT_FAULT;
	/* NOLINTNEXTLINE: there is an operand, see command_erase */
	met = calloc(count_of(operands), sizeof *met);
	code = met ? erase(service, &janitor, operands, met)
		   : command_fault(&command_erase, "out of memory");
	free(met);
	return code;
}

static const struct command_option options[] = {
	{ "dry-run", .flag = &dry_run },
	{ 0 },
};

const struct command command_erase = {
	"erase",
	"remove all files of users",
	"usage: slotd erase [-c FILE] [--dry-run] JID...\n"
	"\n"
	"Removes all files of these users from each configured storage, with\n"
	"the credentials of storage.janitor. First writes notes of it into "
	"the\n"
	"storages, with the service's own credentials, so that files that\n"
	"arrive later by slots issued before are removed, too: in the "
	"embedded\n"
	"store by the service, elsewhere by the next `slotd sweep`. Files "
	"below\n"
	"a caller's base do not tell whose they are, and stay. Prints a line\n"
	"for each storage, and exits with 1 if something could not be "
	"removed;\n"
	"then the next sweep goes on.\n"
	"\n"
	"  --dry-run  removes and writes nothing, and counts what would be\n"
	"             removed\n",
	.options = options,
	.operands_max = INT_MAX,
	.operand = "the JID",
	.check = check,
	.janitor = true,
	.with_service = run,
};
