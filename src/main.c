#include "cmd/cmd.h"
#include "core/hash.h"
#include "slotd/version.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

static const struct command *const commands[] = {
	&command_serve,
	&command_check,
	&command_doctor,
	&command_explain,
	&command_slot,
	&command_sign,
	&command_user,
	&command_quota,
	&command_health,
};

#define COMMANDS (sizeof commands / sizeof *commands)

static int help(void)
{
	puts("slotd issues signed upload slots for XMPP servers "
	     "(XEP-0363 on S3).\n");
	puts("usage: slotd COMMAND -c FILE ...\n");
	for (size_t i = 0; i < COMMANDS; i++)
		printf("  %-8s %s\n", commands[i]->name, commands[i]->summary);
	puts("\nslotd COMMAND --help tells more; slotd --version the version.");
	return EXIT_OK;
}

/* Secrets must not end up in a core dump. */
static void forbid_dumps(void)
{
	const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* Else the next file or connection would take the place of one that is
 * closed, and get what is written to stderr. Writing there still fails. */
static void keep_standard(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

static int run(const struct command *command, int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--help") == 0 ||
		    strcmp(argv[i], "-h") == 0) {
			fputs(command->help, stdout);
			return EXIT_OK;
		}
	}
	keep_standard();
	forbid_dumps();
	hash_start();
	return command->run(argc, argv);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 ||
	    strcmp(name, "help") == 0)
		return help();
	if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
		puts("slotd " SLOTD_VERSION);
		return EXIT_OK;
	}
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(name, commands[i]->name) == 0)
			return run(commands[i], argc - 1, argv + 1);
	if (argc > 1)
		fprintf(stderr, "slotd: unknown command %s", name);
	else
		fputs("slotd: a command is missing", stderr);
	fputs("; see slotd --help\n", stderr);
	return EXIT_USAGE;
}
