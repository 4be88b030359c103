#include "cmd/janitor.h"
#include "janitor/sweep.h"

#include <stdio.h>
#include <stdlib.h>

static const char *name, *older_text;
static bool dry_run, verify, json, prometheus;
static int64_t older = -1;

static void progress(void *of, const struct tally *tally)
{
	tally_progress(of, tally);
}

/* One store; true when all went well. */
static bool sweep(
    const struct janitor *janitor, size_t number, struct tally *tally)
{
	struct term term = term_of(stderr);
	const struct sweep_options options = {
		.dry_run = dry_run,
		.verify = verify,
		.older = older,
		.progress = term.width ? progress : NULL,
		.of = &term,
	};
	char label[128];

	sweep_store(janitor, number, &options, tally);
	term_progress_end(&term);
	if (!json && !prometheus)
		tally_line(stdout, tally);
	fflush(stdout);
	snprintf(label, sizeof label, "storage %.*s", (int)tally->storage.len,
	    tally->storage.at);
	if (*tally->why)
		command_about(&command_sweep, label, tally->why);
	/* Who can write into the bucket must not be able to fail the sweep. */
	if (tally->strange)
		command_about(&command_sweep, label,
		    "notes in slotd-erase/ that were not made with key_file "
		    "are left");
	return tally->ok;
}

static int sweep_all(const struct janitor *janitor, struct tally *tallies)
{
	const struct service *service = janitor->service;
	size_t count = 0;
	bool well = true;

	for (size_t i = 0;
	     i < service->store_count && !janitor_stopped(janitor); i++)
		if (!name || span_is(service->conf->storages[i].name, name))
			well &= sweep(janitor, i, &tallies[count++]);
	if (json || prometheus)
		tally_write(stdout, json ? TALLY_JSON : TALLY_PROMETHEUS,
		    tallies, count, janitor->now());
	if (janitor_stopped(janitor))
		return command_fault(&command_sweep, "interrupted");
	return well ? EXIT_OK : EXIT_FAULT;
}

static int run(const struct service *service, char **operands)
{
	struct tally *tallies = calloc(service->store_count, sizeof *tallies);
	struct janitor janitor;
	int code = EXIT_FAULT;
	bool known = !name;

	(void)operands;
	for (size_t i = 0; i < service->store_count; i++)
		known |=
		    span_is(service->conf->storages[i].name, name ? name : "");
	if (!known)
		command_fault(
		    &command_sweep, "there is no storage of this name");
	else if (!tallies)
		command_fault(&command_sweep, "out of memory");
	else if (command_janitor_start(&command_sweep, service, name, &janitor))
		code = sweep_all(&janitor, tallies);
	free(tallies);
	return code;
}

static bool check(char **operands)
{
	(void)operands;
	if (json && prometheus)
		return command_wrong(&command_sweep,
		    "--json and --prometheus exclude each other");
	return command_duration(&command_sweep, "older", older_text, &older);
}

static const struct command_option options[] = {
	{ "dry-run", .flag = &dry_run },
	{ "storage", .value = &name },
	{ "older", .value = &older_text },
	{ "verify", .flag = &verify },
	{ "json", .flag = &json },
	{ "prometheus", .flag = &prometheus },
	{ 0 },
};

const struct command command_sweep = {
	"sweep",
	"remove files that are past their end",
	"usage: slotd sweep [-c FILE] [--dry-run] [--storage NAME]\n"
	"                   [--older DURATION] [--verify]\n"
	"                   [--json|--prometheus]\n"
	"\n"
	"Removes from each configured storage the files that are past their\n"
	"end (policy.keep, callers[].keep), with the credentials of\n"
	"storage.janitor. Objects whose key slotd cannot have made are never\n"
	"touched. Also removes the files of users that DELETE /files or "
	"`slotd\n"
	"erase` has noted in the storage. Prints a line for each storage, and\n"
	"exits with 1 if something could not be removed; the next run goes "
	"on.\n"
	"It may be interrupted at any time.\n"
	"\n"
	"  --dry-run         removes nothing, and counts what would be "
	"removed\n"
	"  --storage NAME    only this storage\n"
	"  --older DURATION  removes files by their age instead, such as\n"
	"                    \"30 days\", whatever end they have: for what "
	"was\n"
	"                    stored before keep was set\n"
	"  --verify          lists again, and fails if a file is still there\n"
	"  --json            prints JSON\n"
	"  --prometheus      prints metrics for the textfile collector of\n"
	"                    Prometheus' node exporter\n",
	.options = options,
	.check = check,
	.janitor = true,
	.with_service = run,
};
