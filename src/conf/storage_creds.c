#include "conf/environment.h"
#include "conf/secret.h"
#include "conf/storage.h"

/* The settings of credentials = "static". */
static const char *const names[] = { "access_key_id", "access_key_secret",
	"access_key_secret_file", "session_token", "session_token_file" };
#define COUNT (sizeof names / sizeof *names)

void storage_creds_secrets(
    const struct node *group, struct creds_settings *creds)
{
	struct secret secret =
	    secret_member(group, "access_key_secret", CREDS_MAX);
	struct secret token =
	    secret_member(group, "session_token", CREDS_TOKEN_MAX);

	if (!span_visible(token.text))
		node_wrong(token.node,
		    "has characters that a session token cannot have");
	creds->text[CREDS_SECRET] = secret.text;
	creds->text[CREDS_SECRET_FILE] = span_of(secret.path);
	creds->text[CREDS_TOKEN] = token.text;
	creds->text[CREDS_TOKEN_FILE] = span_of(token.path);
}

static void check_static(const struct node *group)
{
	if (!node_member(group, "access_key_id"))
		node_missing(group, "access_key_id",
		    "the id of the access key, or credentials = \"auto\" to "
		    "find credentials as AWS's tools do");
	if (!node_member(group, "access_key_secret") &&
	    !node_member(group, "access_key_secret_file"))
		node_missing(group, "access_key_secret",
		    "access_key_id needs access_key_secret or "
		    "access_key_secret_file");
}

static bool has_static(const struct node *group)
{
	for (size_t i = 0; i < COUNT; i++)
		if (node_member(group, names[i]))
			return true;
	return false;
}

/* Settings that would have no effect. */
static void refuse_static(const struct node *group, const char *kind)
{
	for (size_t i = 0; i < COUNT; i++) {
		const struct node *node = node_member(group, names[i]);

		if (node)
			node_wrong(node,
			    "belongs to credentials = \"static\", but this is "
			    "\"%s\"",
			    kind);
	}
}

void storage_creds_read(const struct node *group, struct conf_storage *storage)
{
	const struct node *node = node_member(group, "credentials");
	struct creds_settings *creds = storage->creds;

	if (node_is_wrong(node))
		return;
	if (!node && !has_static(group) && environment_shows())
		creds->kind = CREDS_AUTO;
	if (creds->kind == CREDS_STATIC)
		check_static(group);
	else if (node)
		refuse_static(group, node->string);
	if (creds->kind != CREDS_STATIC)
		environment_read(
		    node ? node : group, creds, storage->s3->region);
	if (creds->kind == CREDS_STATIC || creds->kind == CREDS_ENVIRONMENT)
		storage->s3_creds = (struct creds_value){
			.access_key_id = creds->text[CREDS_KEY_ID],
			.access_key_secret = creds->text[CREDS_SECRET],
			.session_token = creds->text[CREDS_TOKEN],
		};
}
