#ifndef CONF_STORAGE_H
#define CONF_STORAGE_H

#include "conf/store_kind.h"

/* What the settings of type "s3" fill. */
struct storage_s3 {
	struct s3_config s3;
	struct creds_settings creds;
	bool has_janitor;
	struct creds_settings janitor;
	struct span bucket; /* empty: not set */
};

/* Warns of what cannot work at AWS, by the host's name alone. */
void storage_aws_check(const struct node *group, const struct s3_config *s3);

/* Reads the secret and the session token, from settings or files. */
void storage_creds_secrets(
    const struct node *group, struct creds_settings *creds);
/* Decides whether credentials come from settings or the environment, and reads
 * the latter. */
void storage_creds_read(
    const struct node *group, struct creds_settings *creds, struct span region);
/* The same for a group of their own, which says itself which it is. */
void storage_creds_read_own(const struct node *group,
    struct creds_settings *creds, struct span region, bool environment);

/* `janitor`, into a struct storage_s3; and checks it when the region is
 * known. */
setting_reader storage_janitor_read;
void storage_janitor_check(const struct node *group, struct storage_s3 *own);

#endif
