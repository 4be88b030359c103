#include "cmd/options.h"

#include <stdio.h>

static int run(int argc, char **argv)
{
	const char *path = options_only_path(&command_check, argc, argv);
	struct conf *conf;

	if (!path)
		return EXIT_USAGE;
	conf = conf_read(path, stderr, stderr);
	if (!conf)
		return EXIT_FAULT;
	conf_free(conf);
	printf("%s: ok\n", path);
	return EXIT_OK;
}

const struct command command_check = {
	"check",
	"check a configuration",
	"usage: slotd check -c FILE\n"
	"\n"
	"Checks a configuration and all that it names. Prints \"FILE: ok\" "
	"and\n"
	"exits with 0, or prints a line for each fault, \"FILE:LINE: setting:\n"
	"what is wrong\", and exits with 1. Warnings do not change that.\n",
	run,
};
