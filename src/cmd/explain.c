#include "cmd/creds.h"
#include "cmd/options.h"
#include "doctor/explain.h"
#include "doctor/report.h"
#include "http/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int tell(const struct conf *conf, struct span text, int64_t now)
{
	static char memory[16384];
	struct buf out;
	bool found;

	buf_init(&out, memory, sizeof memory);
	found = explain(conf, text, now, &out);
	report_lines(stdout, buf_span(&out), 0, report_width(stdout));
	return found ? EXIT_FAULT : EXIT_OK;
}

/* All of the argument's file, or the argument where it is a URL. malloc'ed;
 * NULL after a line on stderr. */
static char *read_text(const char *argument, size_t *ret_len)
{
	char *text;

	if (!strstr(argument, "://"))
		return options_slurp(&command_explain, argument, ret_len);
	text = strdup(argument);
	if (!text)
		fputs("slotd explain: out of memory\n", stderr);
	else
		*ret_len = strlen(text);
	return text;
}

static int run(int argc, char **argv)
{
	const char *path = NULL, *now = NULL;
	const struct option_value options[] = { { "config", 'c', &path },
		{ "now", 0, &now }, { 0 } };
	struct command_creds creds;
	struct conf *conf;
	uint64_t seconds;
	size_t len;
	char *text;
	int first, code;

	if (!options_read(&command_explain, argc, argv, options, &first))
		return EXIT_USAGE;
	if (!options_operands(&command_explain, argc, argv, first, 1, NULL))
		return EXIT_USAGE;
	if (now && (!span_u64(span_of(now), &seconds) || seconds > INT32_MAX))
		return options_wrong(
		    &command_explain, "--now must be a number of seconds");
	conf = conf_read(path, stderr, NULL);
	if (!conf)
		return EXIT_FAULT;
	text = read_text(first < argc ? argv[first] : "-", &len);
	code = EXIT_FAULT;
	if (text && command_creds_get(&creds, "explain", conf, NULL))
		code = tell(conf, (struct span){ text, len },
		    now ? (int64_t)seconds : world_unix());
	if (text)
		command_creds_done(&creds);
	free(text);
	conf_free(conf);
	return code;
}

const struct command command_explain = {
	"explain",
	"say why a store refused a signed URL",
	"usage: slotd explain [-c FILE] [--now SECONDS] [FILE|-|URL]\n"
	"\n"
	"Reads a store's XML error, a presigned URL or a slot's JSON or XML\n"
	"from FILE or standard input, or takes a URL itself. Says where it\n"
	"differs from what slotd signs, and the likely cause. Exits with 1 if\n"
	"something is wrong, with 0 if everything is as slotd signs it.\n"
	"--now uses this time (unix seconds) instead of the clock's.\n",
	run,
};
