#include "cmd/creds.h"
#include "cmd/janitor.h"
#include "janitor/adopt.h"
#include "term/term.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How many folders ejabberd puts a file into: its user's and a random one. */
#define EJABBERD_LEVELS 2

static const char *from, *caller_id;
static bool dry_run;

/* --- what is shown --------------------------------------------------------*/

/* What progress needs. */
struct screen {
	struct term term;
	int64_t last; /* unix seconds */
};

static void refuse(void *of, const char *path, const char *why)
{
	const struct screen *screen = of;

	term_progress_end(&screen->term);
	command_about(&command_adopt, path, why);
}

static void would(void *of, const char *path, const char *target)
{
	(void)of;
	printf("would copy %s from ", target);
	command_line(path);
}

/* A line a second. */
static void progress(void *of, const struct adopt *adopt)
{
	struct screen *screen = of;
	const int64_t now = adopt->janitor->now();
	char size[TERM_SIZE];

	if (now == screen->last)
		return;
	screen->last = now;
	term_size(adopt->tally.bytes + adopt->under_way, size);
	term_progress(&screen->term,
	    "...      copied %" PRIu64 " (%s), already there %" PRIu64
	    ", refused %" PRIu64,
	    adopt->tally.copied, size, adopt->tally.there,
	    adopt->tally.refused);
}

static void sum_up(const struct adopt_tally *tally, bool well)
{
	const struct term term = term_of(stdout);
	char memory[256], size[TERM_SIZE];

	if (term.width)
		term_size(tally->bytes, size);
	else
		snprintf(size, sizeof size, "%" PRIu64 " bytes", tally->bytes);
	snprintf(memory, sizeof memory,
	    "%s %" PRIu64 " (%s), already there %" PRIu64
	    ", past their end %" PRIu64 ", refused %" PRIu64,
	    dry_run ? "would copy" : "copied", tally->copied, size,
	    tally->there, tally->ended, tally->refused);
	if (term.width)
		term_row(&term, well ? TERM_GREEN : TERM_RED,
		    well ? "ok" : "FAILURE", 0, SPAN_EMPTY, span_of(memory));
	else
		puts(memory);
}

/* --- what is to be done ---------------------------------------------------*/

/* The one that is named, or the only one that has a base. */
static const struct caller *find_caller(const struct conf *conf)
{
	const struct caller *found = NULL;

	for (size_t i = 0; i < conf->caller_count; i++) {
		const struct caller *caller = &conf->callers[i];

		if (caller_id ? !span_is(caller->id, caller_id)
			      : !caller->base.len)
			continue;
		if (found) {
			command_fault(&command_adopt,
			    "several callers have a base: name one with "
			    "--caller");
			return NULL;
		}
		found = caller;
	}
	if (!found && caller_id)
		command_about(
		    &command_adopt, caller_id, "there is no caller of this id");
	else if (!found)
		command_fault(&command_adopt,
		    "no caller has a base, below which slotd answers unsigned "
		    "links: add one, whose base is the path of the old links");
	return found;
}

/* Copies into the store itself would never end. */
static bool is_apart(const struct store *store, const char *folder)
{
	char old[PATH_MAX], own[PATH_MAX];
	size_t len;

	if (!store->place || !realpath(folder, old) ||
	    !realpath(store->place, own))
		return true;
	len = strlen(old) < strlen(own) ? strlen(old) : strlen(own);
	/* All but / is without a slash at the end. */
	len -= len == 1;
	if (strncmp(old, own, len) != 0 || (old[len] && old[len] != '/') ||
	    (own[len] && own[len] != '/'))
		return true;
	command_about(&command_adopt, folder,
	    "it is in slotd's own store, or the store is in it");
	return false;
}

static int open_folder(const struct store *store, const char *path)
{
	const int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (folder < 0)
		command_about(&command_adopt, path, strerror(errno));
	else if (!is_apart(store, path)) {
		close(folder);
		return -1;
	}
	return folder;
}

/* False: something stands in its way as a whole. */
static bool adopt_all(struct adopt *adopt, int folder, const char *path)
{
	char memory[STORE_WHY];
	struct buf wrong = buf_of(memory, sizeof memory);
	uint64_t strange = 0;

	if (strcmp(from, "prosody") != 0) {
		adopt_tree(adopt, folder,
		    strcmp(from, "ejabberd") == 0 ? EJABBERD_LEVELS : 0);
		return true;
	}
	adopt_prosody(adopt, folder, &wrong, &strange);
	if (strange)
		fprintf(stderr,
		    "slotd adopt: %" PRIu64 " files are not in uploads.list: "
		    "their links are dead, and they are left\n",
		    strange);
	if (wrong.len)
		command_about(&command_adopt, path, memory);
	return wrong.len == 0;
}

static int adopt_from(struct adopt *adopt, int folder, const char *path)
{
	const struct screen *screen = adopt->of;
	const bool began = adopt_all(adopt, folder, path);
	bool well;

	term_progress_end(&screen->term);
	if (!began)
		return EXIT_FAULT;
	well = !adopt->tally.refused && !janitor_stopped(adopt->janitor);
	sum_up(&adopt->tally, well);
	if (janitor_stopped(adopt->janitor))
		return command_fault(
		    &command_adopt, "interrupted: run it again, it goes on");
	if (adopt->given_up)
		return command_fault(&command_adopt,
		    "the store fails: run it again once that is mended, it "
		    "goes on");
	return well ? EXIT_OK : EXIT_FAULT;
}

static int run(const struct service *service, char **operands)
{
	const struct caller *caller = find_caller(service->conf);
	const char *lack = service_store_lack(service);
	struct janitor janitor;
	struct screen screen = { term_of(stderr), 0 };
	int folder, code;

	if (!caller)
		return EXIT_FAULT;
	if (lack)
		return command_fault(&command_adopt, "%s", lack);
	struct adopt adopt = {
		.janitor = &janitor,
		.caller = caller,
		.store = service_base_issuer(service, caller)->store,
		.dry_run = dry_run,
		.refuse = refuse,
		.would = would,
		.progress = screen.term.width ? progress : NULL,
		.of = &screen,
	};
	lack = adopt_impossible(caller, adopt.store);
	if (lack)
		return command_fault(&command_adopt, "caller %.*s %s",
		    (int)caller->id.len, caller->id.at, lack);
	if (!command_janitor_start(&command_adopt, service, NULL, &janitor))
		return EXIT_FAULT;
	service_wait(service, CREDS_WAIT_MS);
	folder = open_folder(adopt.store, operands[0]);
	if (folder < 0)
		return EXIT_FAULT;
	code = adopt_from(&adopt, folder, operands[0]);
	fetch_line_close(adopt.line);
	close(folder);
	return code;
}

static bool check(char **operands)
{
	(void)operands;
	return strcmp(from, "prosody") == 0 || strcmp(from, "ejabberd") == 0 ||
	       strcmp(from, "filer") == 0 ||
	       command_wrong(
		   &command_adopt, "--from must be prosody, ejabberd or filer");
}

static const struct command_option options[] = {
	{ "from", .value = &from, .needed = true },
	{ "caller", .value = &caller_id },
	{ "dry-run", .flag = &dry_run },
	{ 0 },
};

const struct command command_adopt = {
	"adopt",
	"copy what another server kept into the store",
	"usage: slotd adopt [-c FILE] --from prosody|ejabberd|filer\n"
	"                   [--caller ID] [--dry-run] DIR\n"
	"\n"
	"Copies the files that another server has kept on disk into the\n"
	"store, so that their old links go on below the base of a caller.\n"
	"Nothing is overwritten, and DIR stays as it is. It may be\n"
	"interrupted and run again at any time: what is there with the same\n"
	"size is skipped. Each file that cannot be copied is named, and then\n"
	"it exits with 1.\n"
	"\n"
	"  --from prosody   DIR is the host's folder in Prosody's data_path,\n"
	"                   with uploads.list and http_file_share\n"
	"  --from ejabberd  DIR is the docroot of mod_http_upload\n"
	"  --from filer     DIR is the storeDir of prosody-filer\n"
	"  --caller ID      the caller whose base the links have, if several\n"
	"                   callers have one\n"
	"  --dry-run        writes nothing, and prints what would be copied\n",
	.options = options,
	.operands_max = 1,
	.operand = "the folder",
	.check = check,
	.janitor = true,
	.with_service = run,
};
