#include "cmd/options.h"

#include "conf/shown.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OPTIONS_MAX 12
#define LONG_FIRST 256 /* behind all letters */
#define SLURP_MAX (1 << 20)

/* The words around what was typed. */
static int say(const struct command *command, const char *before,
    const char *typed, const char *after)
{
	fprintf(stderr, "slotd %s: %s", command->name, before);
	shown_put(stderr, typed);
	fprintf(stderr, "%s; see slotd %s --help\n", after, command->name);
	return EXIT_USAGE;
}

int options_wrong(const struct command *command, const char *sentence)
{
	return say(command, sentence, "", "");
}

bool options_operands(const struct command *command, int argc, char **argv,
    int first, int max, const char *missing)
{
	if (argc - first > max) {
		say(command, "unexpected argument ", argv[first + max], "");
		return false;
	}
	if (missing && argc == first) {
		say(command, missing, " is missing", "");
		return false;
	}
	return true;
}

bool options_needed(
    const struct command *command, const char *name, const char *value)
{
	if (!value)
		say(command, name, " is missing", "");
	return value != NULL;
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

/* What getopt_long has found wrong: ':' or '?'. */
static void say_found(const struct command *command, char **argv, int found)
{
	const char *typed = argv[optind - 1];
	char letter[] = { '-', (char)optopt, '\0' };

	/* Letters may stand together, and optind still points to them. */
	if (optopt > 0 && optopt < LONG_FIRST)
		typed = letter;
	if (found == ':')
		say(command, "", typed, " needs a value");
	else
		say(command, "unknown option ", typed, "");
}

static void fill_in(const struct option_value *options)
{
	for (; options->name; options++)
		if (strcmp(options->name, "config") == 0 && !*options->value)
			*options->value = OPTIONS_CONF;
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
			NULL, LONG_FIRST + (int)i };
		if (options[i].letter) {
			shorts[used++] = options[i].letter;
			shorts[used++] = ':';
		}
	}
	while ((found = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (found == ':' || found == '?') {
			say_found(command, argv, found);
			return false;
		}
		for (size_t i = 0; options[i].name; i++)
			if (found == LONG_FIRST + (int)i ||
			    found == options[i].letter)
				*options[i].value = optarg;
	}
	fill_in(options);
	*ret_first = optind;
	return true;
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
	return options_operands(command, argc, argv, first, 0, NULL) ? path
								     : NULL;
}

int options_run(const struct command *command, int argc, char **argv,
    int (*work)(const struct conf *conf))
{
	const char *path = options_only_path(command, argc, argv);
	struct conf *conf;
	int code;

	if (!path)
		return EXIT_USAGE;
	conf = conf_read(path, stderr, NULL);
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
