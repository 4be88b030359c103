#include "conf/environment.h"
#include "conf/paths.h"
#include "conf/secret.h"
#include "conf/storage.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

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

void storage_creds_read_own(const struct node *group,
    struct creds_settings *creds, struct span region, bool environment)
{
	const struct node *node = node_member(group, "credentials");

	if (node_is_wrong(node))
		return;
	if (creds->kind == CREDS_STATIC)
		check_static(group);
	else if (node)
		refuse_static(group, node->string);
	if (creds->kind != CREDS_STATIC && environment)
		environment_read(node ? node : group, creds, region);
}

void storage_creds_read(
    const struct node *group, struct creds_settings *creds, struct span region)
{
	if (!node_member(group, "credentials") && !has_static(group) &&
	    environment_shows())
		creds->kind = CREDS_AUTO;
	storage_creds_read_own(group, creds, region, true);
}

/* --- janitor --------------------------------------------------------------*/

static const struct setting rows[] = {
	{ "access_key_id",
	    TEXT(struct creds_settings, text[CREDS_KEY_ID], value_key_id) },
	{ "access_key_secret", ELSEWHERE },
	{ "access_key_secret_file", ELSEWHERE },
	{ "session_token", ELSEWHERE },
	{ "session_token_file", ELSEWHERE },
	{ "credentials", WORD(struct creds_settings, kind, CREDS_WORDS) },
};

static const struct settings settings = { SETTINGS(rows) };

/* Unless the file of a setting can be opened: warns, and notes its path. */
static bool can_open(const struct node *node, struct span *ret_path)
{
	const char *path;
	int fd;

	if (!value_path(node, &path))
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd >= 0) {
		close(fd);
		return true;
	}
	node_warn(node,
	    "cannot read %s: %s; sweep, erase, delete and files need it", path,
	    strerror(errno));
	*ret_path = span_of(path);
	return false;
}

/* Whether the secrets are to be read. */
static bool wants_secrets(
    const struct node *group, struct creds_settings *creds)
{
	static const struct {
		const char *name;
		enum creds_text text;
	} files[] = { { "access_key_secret_file", CREDS_SECRET_FILE },
		{ "session_token_file", CREDS_TOKEN_FILE } };
	bool wanted = group->reading->janitor != JANITOR_UNREAD;
	const char *path;

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		const struct node *node = node_member(group, files[i].name);

		if (!node || group->reading->janitor == JANITOR_READ)
			continue;
		if (group->reading->janitor == JANITOR_TRIED)
			wanted &= can_open(node, &creds->text[files[i].text]);
		else if (value_path(node, &path))
			paths_use(node, CONF_LEAVES);
	}
	return wanted;
}

void storage_janitor_read(const struct node *node, void *into)
{
	struct storage_s3 *own = into;

	if (!value_group(node))
		return;
	own->has_janitor = true;
	settings_read(node, &settings, &own->janitor);
	if (wants_secrets(node, &own->janitor))
		storage_creds_secrets(node, &own->janitor);
}

void storage_janitor_check(const struct node *group, struct storage_s3 *own)
{
	if (own->has_janitor)
		storage_creds_read_own(group, &own->janitor, own->s3.region,
		    group->reading->janitor == JANITOR_READ);
}
