#include "cmd/creds.h"
#include "cmd/command.h"
#include "doctor/explain.h"
#include "service/clock.h"
#include "term/term.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *now_text;
static uint64_t now;

static int tell(const struct conf *conf, struct span text)
{
	static char memory[16384];
	const struct term term = term_of(stdout);
	struct buf out;
	bool found;

	buf_init(&out, memory, sizeof memory);
	found =
	    explain(conf, text, now_text ? (int64_t)now : clock_unix(), &out);
	term_lines(&term, buf_span(&out), 0);
	return found ? EXIT_FAULT : EXIT_OK;
}

/* The text of a file, or the operand itself if it is a URL. malloc'ed; NULL
 * after stderr says why. */
static char *read_text(const char *operand, size_t *ret_len)
{
	char *text;

	if (!strstr(operand, "://"))
		return command_slurp(&command_explain, operand, ret_len);
	text = strdup(operand);
	if (!text)
		command_fault(&command_explain, "out of memory");
	else
		*ret_len = strlen(text);
	return text;
}

static bool check(char **operands)
{
	(void)operands;
	return command_number(&command_explain, now_text, INT32_MAX,
	    "--now must be a number of seconds", &now);
}

static int run(const struct conf *conf, char **operands)
{
	struct command_creds creds;
	int code = EXIT_FAULT;
	size_t len;
	char *text = read_text(operands[0] ? operands[0] : "-", &len);

	if (!text)
		return EXIT_FAULT;
	if (command_creds_get(&creds, "explain", conf, NULL))
		code = tell(conf, (struct span){ text, len });
	command_creds_done(&creds);
	free(text);
	return code;
}

static const struct command_option options[] = {
	{ "now", .value = &now_text },
	{ 0 },
};

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
	.options = options,
	.operands_max = 1,
	.check = check,
	.with_conf = run,
};
