#ifndef CONF_STORAGE_H
#define CONF_STORAGE_H

#include "conf/reader.h"

/* A secret that may stand in a setting or in its _file. */
struct secret_draft {
	struct span value;       /* kept */
	const struct node *node; /* the one of the two that is there */
	const char *path;        /* when it is the _file; kept */
};

/* A store that is being read. */
struct storage_draft {
	struct conf_storage storage;
	struct secret_draft secret;
	struct secret_draft token;
	const struct node *get_node;
	bool get_wrong;
	const struct node *get_ttl_node;
	const struct node *creds_node; /* credentials */
	bool creds_wrong;
};

/* Settings of type "s3": into a struct uri_base, a struct span, a struct
 * secret_draft, or the whole draft. */
setting_reader s3_bucket, s3_download, s3_region, s3_key_id, s3_secret,
    s3_token, s3_get, s3_get_ttl, s3_credentials;
/* What they ask of each other and of the rest. */
void s3_check(struct reader *reader, const struct node *root,
    const struct node *group, struct storage_draft *draft);

/* Warns of what cannot work at AWS, by the host's name alone. */
void s3_check_aws(struct reader *reader, const struct node *group,
    const struct s3_config *s3);

/* Where credentials come from: what stands here, or the environment. */
void s3_credentials_check(struct reader *reader, const struct node *group,
    struct storage_draft *draft);

/* Settings of type "fs": into a struct fs_config. */
setting_reader fs_path, fs_expire, fs_min_free;

#endif
