#include "cmd/options.h"

#include "conf/shown.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OPTIONS_MAX 12
#define SLURP_MAX (1 << 20)

int options_wrong(const struct command *command, const char *sentence)
{
	fprintf(stderr, "slotd %s: %s; see slotd %s --help\n", command->name,
	    sentence, command->name);
	return EXIT_USAGE;
}

void options_about(
    const struct command *command, const char *text, const char *wrong)
{
	fprintf(stderr, "slotd %s: ", command->name);
	shown_put(stderr, text);
	fputs(": ", stderr);
	shown_put(stderr, wrong);
	fputc('\n', stderr);
}

void options_line(const char *text)
{
	if (isatty(STDOUT_FILENO) == 1)
		shown_put(stdout, text);
	else
		fputs(text, stdout);
	putchar('\n');
}

bool options_flag(const char *name, int *argc, char **argv)
{
	for (int i = 1; i < *argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], name) != 0)
			continue;
		for (int j = i; j < *argc; j++)
			argv[j] = argv[j + 1];
		(*argc)--;
		return true;
	}
	return false;
}

bool options_read(const struct command *command, int argc, char **argv,
    const struct option_value *options, int *ret_first)
{
	struct option longs[OPTIONS_MAX + 1] = { { 0 } };
	char shorts[2 * OPTIONS_MAX + 2] = ":";
	size_t used = 1;
	int found;

	for (size_t i = 0; i < OPTIONS_MAX && options[i].name; i++) {
		longs[i] = (struct option){ options[i].name, required_argument,
			NULL, 256 + (int)i };
		if (options[i].letter) {
			shorts[used++] = options[i].letter;
			shorts[used++] = ':';
		}
	}
	while ((found = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		size_t i = 0;

		if (found == ':') {
			options_wrong(command, "an option needs a value");
			return false;
		}
		if (found >= 256)
			i = (size_t)found - 256;
		else
			while (options[i].name && options[i].letter != found)
				i++;
		if (found == '?' || !options[i].name) {
			options_wrong(command, "unknown option");
			return false;
		}
		*options[i].value = optarg;
	}
	*ret_first = optind;
	return true;
}

struct conf *options_conf(const struct command *command, const char *path)
{
	if (!path) {
		options_wrong(command, "-c FILE is missing");
		return NULL;
	}
	return conf_read(path, stderr, NULL);
}

const char *options_only_path(
    const struct command *command, int argc, char **argv)
{
	const char *path = NULL;
	const struct option_value options[] = { { "config", 'c', &path },
		{ 0 } };
	int first;

	if (!options_read(command, argc, argv, options, &first))
		return NULL;
	if (path && first == argc)
		return path;
	options_wrong(command, "it takes -c FILE and nothing else");
	return NULL;
}

int options_run(const struct command *command, int argc, char **argv,
    int (*work)(const struct conf *conf))
{
	const char *path = options_only_path(command, argc, argv);
	struct conf *conf;
	int code;

	if (!path)
		return EXIT_USAGE;
	conf = options_conf(command, path);
	if (!conf)
		return EXIT_FAULT;
	code = work(conf);
	conf_free(conf);
	return code;
}

static char *read_all(FILE *file, size_t *ret_len)
{
	char *text = malloc(SLURP_MAX + 1);
	size_t len;

	if (!text)
		return NULL;
	len = fread(text, 1, SLURP_MAX, file);
	if (ferror(file) || len == SLURP_MAX) {
		if (len == SLURP_MAX)
			errno = EFBIG;
		free(text);
		return NULL;
	}
	text[len] = '\0';
	*ret_len = len;
	return text;
}

char *options_slurp(
    const struct command *command, const char *path, size_t *ret_len)
{
	bool input = strcmp(path, "-") == 0;
	FILE *file = input ? stdin : fopen(path, "rb");
	char *text = file ? read_all(file, ret_len) : NULL;

	if (!text)
		options_about(command, path, strerror(errno));
	if (file && !input)
		fclose(file);
	return text;
}
