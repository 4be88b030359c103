#ifndef SETUP_STEPS_H
#define SETUP_STEPS_H

#include <stdio.h>

#include "setup/answers.h"
#include "setup/files.h"

/* Writes what is left to do after `slotd init`: the lines to paste into the
 * XMPP server and the web server, and the commands that start and check. */
void steps_print(
    FILE *to, const struct answers *answers, const struct files *files);

#endif
