#ifndef CMD_JANITOR_H
#define CMD_JANITOR_H

#include "cmd/command.h"
#include "janitor/janitor.h"

/* Signals and libcurl, for the commands that list and remove. */

/* Makes SIGTERM, SIGINT and SIGHUP end the command's work, and opens the
 * stores (name: only this one; NULL: all) with the janitor's credentials.
 * False after stderr says why. libcurl stays open: stores keep connections. */
bool command_janitor_start(const struct command *command,
    const struct service *service, const char *name,
    struct janitor *ret_janitor);

/* Says that no file is stored of a JID, which may be mistyped. */
void command_none_of(const struct command *command, const char *jid);

/* Reads a duration as in the configuration, or a number of seconds; NULL:
 * *ret_seconds stays as it is. Else says what is wrong with --option. */
bool command_duration(const struct command *command, const char *option,
    const char *text, int64_t *ret_seconds);

#endif
