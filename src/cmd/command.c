#include "cmd/command.h"

#include "cmd/fenced.h"
#include "conf/fault.h"
#include "net/input.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define OPTIONS_MAX 12
#define LONG_FIRST 256 /* greater than any letter */
#define LONG_CONFIG (LONG_FIRST + OPTIONS_MAX)
#define SLURP_MAX (1 << 20)

/* --- sentences ------------------------------------------------------------*/

int command_fault(const struct command *command, const char *format, ...)
{
	va_list values;

	fprintf(stderr, "slotd %s: ", command->name);
	va_start(values, format);
	vfprintf(stderr, format, values);
	va_end(values);
	fputc('\n', stderr);
	return EXIT_FAULT;
}

void command_about(
    const struct command *command, const char *text, const char *wrong)
{
	fprintf(stderr, "slotd %s: ", command->name);
	fault_show(stderr, text);
	fputs(": ", stderr);
	fault_show(stderr, wrong);
	fputc('\n', stderr);
}

/* typed: what the user wrote. */
static bool wrong_usage(const struct command *command, const char *before,
    const char *typed, const char *after)
{
	fprintf(stderr, "slotd %s: %s", command->name, before);
	fault_show(stderr, typed);
	fprintf(stderr, "%s; see slotd %s --help\n", after, command->name);
	return false;
}

bool command_wrong(const struct command *command, const char *sentence)
{
	return wrong_usage(command, sentence, "", "");
}

void command_line(const char *text)
{
	if (isatty(STDOUT_FILENO) == 1)
		fault_show(stdout, text);
	else
		fputs(text, stdout);
	putchar('\n');
}

/* --- options --------------------------------------------------------------*/

/* found: ':' or '?' from getopt_long. */
static bool wrong_option(const struct command *command, char **argv, int found)
{
	const char *typed = argv[optind - 1];
	char letter[] = { '-', (char)optopt, '\0' };

	/* With letters that stand together, optind is still at their word. */
	if (optopt > 0 && optopt < LONG_FIRST)
		typed = letter;
	return found == ':'
		   ? wrong_usage(command, "", typed, " needs a value")
		   : wrong_usage(command, "unknown option ", typed, "");
}

static void take(const struct command_option *option)
{
	if (option->value)
		*option->value = optarg;
	else
		*option->flag = true;
}

static bool read_options(
    const struct command *command, int argc, char **argv, const char **ret_path)
{
	const struct command_option *options = command->options;
	struct option longs[OPTIONS_MAX + 2] = { { "config", required_argument,
	    NULL, LONG_CONFIG } };
	int found;

	for (int i = 0; options && i < OPTIONS_MAX && options[i].name; i++)
		longs[i + 1] = (struct option){ options[i].name,
			options[i].value ? required_argument : no_argument,
			NULL, LONG_FIRST + i };
	while ((found = getopt_long(argc, argv, ":c:", longs, NULL)) != -1) {
		if (found == ':' || found == '?')
			return wrong_option(command, argv, found);
		if (found == 'c' || found == LONG_CONFIG)
			*ret_path = optarg;
		else if (options)
			take(&options[found - LONG_FIRST]);
	}
	return true;
}

static bool has_needed(
    const struct command *command, int count, char **operands)
{
	const struct command_option *option = command->options;

	for (; option && option->name; option++)
		if (option->needed && !*option->value)
			return wrong_usage(
			    command, "--", option->name, " is missing");
	if (count > command->operands_max)
		return wrong_usage(command, "unexpected argument ",
		    operands[command->operands_max], "");
	if (command->operand && !count)
		return wrong_usage(
		    command, command->operand, " is missing", "");
	return !command->check || command->check(operands);
}

bool command_number(const struct command *command, const char *text,
    uint64_t most, const char *sentence, uint64_t *ret_number)
{
	uint64_t number;

	if (!text)
		return true;
	if (!span_u64(span_of(text), &number) || number > most)
		return command_wrong(command, sentence);
	*ret_number = number;
	return true;
}

/* --- what a command works with --------------------------------------------*/

/* The configuration is the service's from here on. */
static int run_with_service(
    const struct command *command, struct conf *conf, char **operands)
{
	char wrong[512];
	struct service *service = service_look(conf, wrong, sizeof wrong);
	int code = EXIT_FAULT;

	if (!service)
		command_fault(command, "%s", wrong);
	else if (!service->keyring && service_store_lack(service))
		command_fault(command, "%s", service_store_lack(service));
	else
		code = command->with_service(service, operands);
	service_release(service);
	return code;
}

static struct conf *read_conf(const struct command *command, const char *path)
{
	return command->janitor         ? conf_read_janitor(path, stderr)
	       : command->tries_janitor ? conf_read_trying(path, stderr)
					: conf_read(path, stderr, NULL);
}

static int run(const struct command *command, const char *path, char **operands)
{
	struct conf *conf;
	int code;

	if (command->with_path)
		return command->with_path(path);
	conf = read_conf(command, path);
	if (!conf)
		return EXIT_FAULT;
	fenced_command(conf, command->janitor);
	if (command->with_service)
		return run_with_service(command, conf, operands);
	code = command->with_conf(conf, operands);
	conf_free(conf);
	return code;
}

/* Nobody has set slotd up on this machine. */
static bool is_first_day(const char *path)
{
	return strcmp(path, COMMAND_CONF) == 0 && access(path, F_OK) &&
	       errno == ENOENT;
}

int command_run(const struct command *command, int argc, char **argv)
{
	const char *path = COMMAND_CONF;
	char **operands;
	bool first_day;
	int code;

	if (!read_options(command, argc, argv, &path))
		return EXIT_USAGE;
	operands = argv + optind;
	if (!has_needed(command, argc - optind, operands))
		return EXIT_USAGE;
	first_day = command != &command_init && is_first_day(path);
	code = run(command, path, operands);
	if (first_day && code == EXIT_FAULT)
		command_fault(
		    command, "`slotd init` writes a first configuration");
	return code;
}

/* --- files ----------------------------------------------------------------*/

static char *read_all(int fd, size_t *ret_len)
{
	char *text = malloc(SLURP_MAX + 1);
	ssize_t len = text ? input_read(fd, text, SLURP_MAX) : -1;

	if (len == SLURP_MAX)
		errno = EFBIG;
	if (len < 0 || len == SLURP_MAX) {
		free(text);
		return NULL;
	}
	text[len] = '\0';
	*ret_len = (size_t)len;
	return text;
}

static char *read_file(const char *path, size_t *ret_len)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text;
	int error;

	if (fd < 0)
		return NULL;
	text = read_all(fd, ret_len);
	error = errno;
	close(fd);
	errno = error;
	return text;
}

char *command_slurp(
    const struct command *command, const char *path, size_t *ret_len)
{
	char *text = strcmp(path, "-") == 0 ? read_all(STDIN_FILENO, ret_len)
					    : read_file(path, ret_len);

	if (!text)
		command_about(command, path, strerror(errno));
	return text;
}

static volatile sig_atomic_t ended;
static int end_file = -1;

static void note_end(int signal_number)
{
	(void)signal_number;
	ended = 1;
	eventfd_write(end_file, 1);
}

int command_catch_end(void)
{
	const struct sigaction action = { .sa_handler = note_end };

	end_file = eventfd(0, EFD_CLOEXEC);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	/* A file beyond RLIMIT_FSIZE is an error of write. */
	signal(SIGXFSZ, SIG_IGN);
	return end_file;
}

bool command_ended(void)
{
	return ended;
}
