#include "cmd/command.h"
#include "cmd/fenced.h"
#include "conf/fault.h"
#include "http/listener.h"
#include "term/term.h"

#include <stdio.h>

/* Certificate and key must suit the TLS library, too. */
static bool check_tls(const char *setting, const struct conf_listener *listener)
{
	struct origin origin = { .name = listener->tls_file };
	const struct fault fault = { .path = setting,
		.text = LISTENER_TLS_WRONG };

	if (listener_check_tls(listener))
		return true;
	fault_print(
	    (struct place){ &origin, listener->tls_line }, &fault, stderr);
	return false;
}

static void tell_well(const char *path)
{
	const struct term term = term_of(stdout);

	if (!term.width) {
		printf("%s: ok\n", path);
		return;
	}
	term_colour(&term, TERM_GREEN, "ok");
	printf("%*s", TERM_NAME_AT - 2, "");
	command_line(path);
}

static int check(const char *path)
{
	struct conf *conf;
	bool well;

	fenced_command(NULL, false);
	conf = conf_read(path, stderr, stderr);
	if (!conf)
		return EXIT_FAULT;
	well = check_tls("listen", &conf->listen);
	well &= !conf->has_public || check_tls("public", &conf->public);
	conf_free(conf);
	if (!well)
		return EXIT_FAULT;
	tell_well(path);
	return EXIT_OK;
}

const struct command command_check = {
	"check",
	"check a configuration",
	"usage: slotd check [-c FILE]\n"
	"\n"
	"Checks the configuration and all files that it names. Prints\n"
	"\"FILE: ok\" and exits with 0, or prints a line for each mistake,\n"
	"\"FILE:LINE: setting: what is wrong\", and exits with 1. Warnings do\n"
	"not change the exit status.\n",
	.with_path = check,
};
