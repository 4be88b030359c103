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

/* The secret and the session token that stand here or in a file. */
void storage_creds_secrets(
    const struct node *group, struct creds_settings *creds);
/* Where credentials come from: what stands here, or the environment. */
void storage_creds_read(const struct node *group, struct conf_storage *storage);

#endif
