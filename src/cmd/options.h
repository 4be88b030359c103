#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H

#include <stdbool.h>

#include "cmd/cmd.h"
#include "conf/conf.h"

/* An option with a value: --name VALUE, and -letter VALUE if it has one. */
struct option_value {
	const char *name;
	char letter;
	const char **value;
};

/* The configuration where -c does not name one. */
#define OPTIONS_CONF "/etc/slotd/slotd.conf"

/*
 * Reads the options of a command; the list ends with a NULL name. Operands
 * are left in argv from *ret_first on. An option "config" that is not there
 * gets OPTIONS_CONF. False when it has said on stderr what is wrong (the
 * command then exits with EXIT_USAGE).
 */
bool options_read(const struct command *command, int argc, char **argv,
    const struct option_value *options, int *ret_first);

/* Takes an option without a value ("--reset") out of argv, if it is there
 * before "--". */
bool options_flag(const char *name, int *argc, char **argv);

/* Says on stderr what is wrong with the command's use: gives EXIT_USAGE. */
int options_wrong(const struct command *command, const char *sentence);

/* Whether there are at most max operands, and at least one where `missing`
 * says what that is (NULL: none is needed). False when it has said on stderr
 * what is wrong. */
bool options_operands(const struct command *command, int argc, char **argv,
    int first, int max, const char *missing);

/* Whether an option that is needed was there. Likewise. */
bool options_needed(
    const struct command *command, const char *name, const char *value);

/* For commands that take -c FILE and nothing else: FILE; NULL after what is
 * wrong was said on stderr (the command then exits with EXIT_USAGE). */
const char *options_only_path(
    const struct command *command, int argc, char **argv);

/* The same, its configuration read: gives the exit code, of work if all is
 * well. */
int options_run(const struct command *command, int argc, char **argv,
    int (*work)(const struct conf *conf));

/* All of a file, or of standard input ("-"), malloc'ed, NUL behind it. NULL
 * after errno was said on stderr. */
char *options_slurp(
    const struct command *command, const char *path, size_t *ret_len);

/* Says on stderr what is wrong with something whose text is not ours. */
void options_about(
    const struct command *command, const char *text, const char *wrong);

/* A line of such a text on stdout: as it is for another program, and on a
 * terminal so that it cannot steer it. */
void options_line(const char *text);

#endif
