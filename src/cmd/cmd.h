#ifndef CMD_CMD_H
#define CMD_CMD_H

#include <stddef.h>

/* Exit codes of every command. */
#define EXIT_OK 0
#define EXIT_FAULT 1
#define EXIT_USAGE 2

/* One command of the program: `slotd NAME …`. */
struct command {
	const char *name;
	const char *summary; /* a line of `slotd --help` */
	const char *help;    /* `slotd NAME --help` */
	/* argv[0] is the command's name. Gives the exit code. */
	int (*run)(int argc, char **argv);
};

extern const struct command command_serve;
extern const struct command command_check;
extern const struct command command_doctor;
extern const struct command command_explain;
extern const struct command command_slot;
extern const struct command command_sign;
extern const struct command command_user;
extern const struct command command_quota;
extern const struct command command_health;

#endif
