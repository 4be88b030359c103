#ifndef CMD_COMMAND_H
#define CMD_COMMAND_H

#include <stdbool.h>

#include "service/service.h"

/* Exit codes of every command. */
#define EXIT_OK 0
#define EXIT_FAULT 1
#define EXIT_USAGE 2

/* The configuration, unless -c names another. */
#define COMMAND_CONF "/etc/slotd/slotd.conf"

/* --NAME VALUE or, without a value, --NAME. */
struct command_option {
	const char *name;   /* NULL ends a list */
	const char **value; /* set to VALUE; or NULL, and */
	bool *flag;         /* set to true */
	bool needed;
};

/* One command of the program: `slotd NAME …`. */
struct command {
	const char *name;
	const char *summary; /* a line of `slotd --help` */
	const char *help;    /* `slotd NAME --help` */
	/* Its options besides -c, --config FILE; NULL: none. */
	const struct command_option *options;
	int operands_max;
	const char *operand; /* what must be given at least once; or NULL */
	/* Checks the values that were given; false after stderr says what is
	 * wrong. NULL: there is nothing to check. */
	bool (*check)(char **operands);
	/* It lists and removes: with the credentials of storage.janitor. */
	bool janitor;
	/* It uses them if it may read them. */
	bool tries_janitor;
	/* What the command does; one of them is set. The operands end with
	 * NULL. Gives the exit code. */
	int (*with_path)(const char *path);
	int (*with_conf)(const struct conf *conf, char **operands);
	int (*with_service)(const struct service *service, char **operands);
};

extern const struct command command_init;
extern const struct command command_serve;
extern const struct command command_check;
extern const struct command command_doctor;
extern const struct command command_explain;
extern const struct command command_slot;
extern const struct command command_sign;
extern const struct command command_user;
extern const struct command command_files;
extern const struct command command_delete;
extern const struct command command_sweep;
extern const struct command command_erase;
extern const struct command command_adopt;
extern const struct command command_quota;
extern const struct command command_health;

/*
 * Runs a command: reads its options and operands, opens the configuration or
 * the service that it works with, and gives its exit code. argv[0] is the
 * command's name. stderr says what is wrong.
 */
int command_run(const struct command *command, int argc, char **argv);

/* --- sentences on stderr, behind "slotd NAME: " --- */

/* Something went wrong: gives EXIT_FAULT. Texts from outside that are printed
 * must not be able to steer a terminal; command_about takes such a text. */
int command_fault(const struct command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* "TEXT: what is wrong with it", where TEXT comes from outside. */
void command_about(
    const struct command *command, const char *text, const char *wrong);
/* Wrong usage; names --help. Gives false, as a check does. */
bool command_wrong(const struct command *command, const char *sentence);

/* --- signals --- */

/* Makes SIGINT, SIGTERM and SIGHUP end the command's work instead of its
 * process: gives an eventfd that is readable from then on; -1: there is none.
 * To be called once. */
int command_catch_end(void);
/* Whether one of them has come. */
bool command_ended(void);

/* --- values --- */

/* Reads a number up to most; NULL: *ret_number stays as it is. Else says the
 * sentence as command_wrong does. */
bool command_number(const struct command *command, const char *text,
    uint64_t most, const char *sentence, uint64_t *ret_number);

/* A whole file, or standard input ("-"), malloc'ed, with a NUL behind it. NULL
 * after stderr says why. */
char *command_slurp(
    const struct command *command, const char *path, size_t *ret_len);

/* Prints a line of text from outside on stdout: as it is for another program,
 * and on a terminal so that it cannot steer it. */
void command_line(const char *text);

#endif
