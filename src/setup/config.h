#ifndef SETUP_CONFIG_H
#define SETUP_CONFIG_H

#include <stdio.h>

#include "setup/answers.h"

/* The files beside the configuration. */
#define CONFIG_FILE "slotd.conf"
#define CONFIG_KEY "slotd.key"
#define CONFIG_BUCKET_SECRET "s3.secret"

/* The name of the file with the secret that the XMPP server shares. */
const char *config_secret(enum answers_server server);

/* The id of the caller; NULL: slotd is a component. */
const char *config_caller(enum answers_server server);

/* Writes the configuration for these answers, with files in this folder. */
void config_print(FILE *to, const struct answers *answers, const char *folder);

#endif
