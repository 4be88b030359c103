#ifndef CREDS_SETTINGS_H
#define CREDS_SETTINGS_H

#include "core/hash.h"

/* storage.credentials, in the order of CREDS_WORDS. */
enum creds_kind {
	CREDS_STATIC,
	CREDS_ENVIRONMENT,
	CREDS_FILE,
	CREDS_WEB_IDENTITY,
	CREDS_CONTAINER,
	CREDS_INSTANCE,
	CREDS_AUTO, /* the first of these that is there, without static */
};

#define CREDS_WORDS                                                            \
	"static|environment|file|web-identity|container|instance|auto"
const char *creds_kind_name(enum creds_kind kind); /* its word */

enum creds_text {
	/* From the configuration or the environment. */
	CREDS_KEY_ID,
	CREDS_SECRET,
	CREDS_TOKEN,
	/* The configuration's files, which the above two were read from. */
	CREDS_SECRET_FILE,
	CREDS_TOKEN_FILE,

	CREDS_SHARED_FILE, /* the shared credentials file */
	CREDS_PROFILE,     /* the name of a section of that */

	CREDS_ROLE_ARN,
	CREDS_IDENTITY_FILE,
	CREDS_SESSION_NAME,
	CREDS_STS_URL,

	CREDS_CONTAINER_URL, /* empty: the environment names none */
	CREDS_CONTAINER_TOKEN,
	CREDS_CONTAINER_TOKEN_FILE,

	CREDS_INSTANCE_URL, /* without a slash at its end; empty: disabled */
	CREDS_TEXT_COUNT
};

/* Where credentials come from. A text that is not set is empty; a NUL follows
 * each. */
struct creds_settings {
	enum creds_kind kind;
	struct span text[CREDS_TEXT_COUNT];
};

/* A digest of the settings, by which sources are compared. What is read again
 * from files does not count. */
void creds_settings_print(
    const struct creds_settings *settings, uint8_t ret_print[HASH_SIZE]);

/*
 * Whether a URL of AWS_CONTAINER_CREDENTIALS_FULL_URI may be asked, by the
 * rule of AWS's SDKs: https, or http to the machine itself or to the link
 * addresses of ECS (169.254.170.2) and EKS (169.254.170.23, fd00:ec2::23).
 */
bool creds_container_allowed(struct span url);

/* A copy with memory of its own, to be dropped; NULL: no memory. */
struct creds_settings *creds_settings_copy(
    const struct creds_settings *settings);
void creds_settings_drop(struct creds_settings *settings);

#endif
