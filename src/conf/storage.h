#ifndef CONF_STORAGE_H
#define CONF_STORAGE_H

#include "conf/settings.h"

/* Settings of type "s3", into a struct conf_storage, and what they ask of
 * each other and of the rest. */
extern const struct settings storage_s3_settings;
void storage_s3_check(const struct node *group, struct conf_storage *storage);

/* Warns of what cannot work at AWS, by the host's name alone. */
void storage_aws_check(const struct node *group, const struct s3_config *s3);

/* The secret and the session token that stand here or in a file. */
void storage_creds_secrets(
    const struct node *group, struct creds_settings *creds);
/* Where credentials come from: what stands here, or the environment. */
void storage_creds_read(const struct node *group, struct conf_storage *storage);

/* The same of type "fs". */
extern const struct settings storage_fs_settings;
void storage_fs_check(const struct node *group, struct fs_config *fs);

#endif
