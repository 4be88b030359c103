#ifndef CONF_STORAGE_H
#define CONF_STORAGE_H

#include "conf/store_kind.h"

/* What the settings of type "s3" fill. */
struct storage_s3 {
	struct s3_config s3;
	struct creds_settings creds;
};

/* Warns of what cannot work at AWS, by the host's name alone. */
void storage_aws_check(const struct node *group, const struct s3_config *s3);

/* Reads the secret and the session token, from settings or files. */
void storage_creds_secrets(
    const struct node *group, struct creds_settings *creds);
/* Decides whether credentials come from settings or the environment, and reads
 * the latter. */
void storage_creds_read(const struct node *group, struct conf_storage *storage);

#endif
