#include "conf/environment.h"

#include "conf/paths.h"
#include "conf/secret.h"
#include "core/chars.h"
#include "creds/read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX 65536
#define ECS "http://169.254.170.2"
#define IMDS "http://169.254.169.254"
#define IMDS_IPV6 "http://[fd00:ec2::254]"

bool environment_shows(void)
{
	static const char *const names[] = { "AWS_ACCESS_KEY_ID",
		"AWS_SHARED_CREDENTIALS_FILE", "AWS_PROFILE",
		"AWS_WEB_IDENTITY_TOKEN_FILE",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
		"AWS_CONTAINER_CREDENTIALS_FULL_URI",
		"AWS_EC2_METADATA_SERVICE_ENDPOINT" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return true;
	}
	return false;
}

/* A copy, because the environment may change; empty: not set. */
static struct span get(const struct node *node, const char *name)
{
	return arena_copy(node_keep(node), span_of(getenv(name)));
}

static struct span join(const struct node *node, const char *a, const char *b)
{
	return span_of(arena_print(node_keep(node), "%s%s", a, b));
}

/* Warns when a file that the environment names cannot be used as it is now. */
static void warn_of_token_file(
    const struct node *node, const char *name, struct span path)
{
	struct arena *scratch = node_scratch(node);
	struct creds_draft *draft = arena_get(scratch, sizeof *draft);
	char *memory = arena_get(scratch, FILE_MAX);
	struct span token;

	if (!path.len)
		return;
	paths_add(node, path.at);
	creds_draft_init(draft);
	if (creds_read_one(path.at, memory, FILE_MAX, draft, &token))
		/* The sources trim the token, too. */
		secret_warn_of_litter(node,
		    arena_print(scratch, "%s: the file", name),
		    span_trim(token, " \t\r\n"));
	else
		node_warn(node, "%s: %s", name, buf_span(&draft->why).at);
}

static void warn_of_shared_file(
    const struct node *node, struct creds_settings *creds)
{
	const struct creds_round round = { .settings = creds };
	struct creds_draft *draft =
	    arena_get(node_scratch(node), sizeof *draft);

	paths_add(node, creds->text[CREDS_SHARED_FILE].at);
	creds_draft_init(draft);
	if (creds_try_shared(&round, draft))
		secret_warn_of_litter(
		    node, "aws_secret_access_key", buf_span(&draft->secret));
	else
		node_warn(node, "the shared credentials file: %s",
		    buf_span(&draft->why).at);
}

static void read_keys(
    const struct node *node, struct creds_settings *creds, bool must)
{
	const struct span id = get(node, "AWS_ACCESS_KEY_ID");
	const struct span secret = get(node, "AWS_SECRET_ACCESS_KEY");
	const struct span token = get(node, "AWS_SESSION_TOKEN");
	const char *wrong = value_key_id(node->reading->conf, id);

	if (!id.len && !must)
		return;
	if (!id.len)
		node_wrong(
		    node, "AWS_ACCESS_KEY_ID is not set in the environment");
	else if (!secret.len)
		node_wrong(node,
		    "AWS_ACCESS_KEY_ID is set in the environment, but "
		    "AWS_SECRET_ACCESS_KEY is not");
	else if (wrong)
		node_wrong(node, "AWS_ACCESS_KEY_ID %s", wrong);
	else if (secret.len > CREDS_MAX)
		node_wrong(node,
		    "AWS_SECRET_ACCESS_KEY is longer than %d bytes", CREDS_MAX);
	else if (token.len > CREDS_TOKEN_MAX)
		node_wrong(node, "AWS_SESSION_TOKEN is longer than %d bytes",
		    CREDS_TOKEN_MAX);
	else if (!span_visible(token))
		node_wrong(node,
		    "AWS_SESSION_TOKEN has characters that a session token "
		    "cannot have");
	secret_warn_of_litter(node, "AWS_SECRET_ACCESS_KEY", secret);
	creds->text[CREDS_KEY_ID] = id;
	creds->text[CREDS_SECRET] = secret;
	creds->text[CREDS_TOKEN] = token;
}

static void read_shared(
    const struct node *node, struct creds_settings *creds, bool must)
{
	struct span *text = creds->text;
	struct span path = get(node, "AWS_SHARED_CREDENTIALS_FILE");
	struct span profile = get(node, "AWS_PROFILE");
	const char *home = getenv("HOME");
	bool named = path.len > 0;

	if (!named && home && *home)
		path = join(node, home, "/.aws/credentials");
	else if (home && *home && span_starts(path, "~/"))
		path = join(node, home, path.at + 1);
	text[CREDS_SHARED_FILE] = path;
	text[CREDS_PROFILE] = profile.len ? profile : span_of("default");
	if (must && !path.len)
		node_wrong(node, "neither AWS_SHARED_CREDENTIALS_FILE nor HOME "
				 "is set in the environment");
	else if (must || named || profile.len)
		warn_of_shared_file(node, creds);
	else if (path.len)
		paths_add(node, path.at);
}

static bool has_scheme(struct span url)
{
	return span_visible(url) &&
	       (span_starts(url, "https://") || span_starts(url, "http://"));
}

static void read_sts(
    const struct node *node, struct creds_settings *creds, struct span region)
{
	struct span *url = &creds->text[CREDS_STS_URL];
	const struct chars label = chars_of(CHARS_LOWER CHARS_DIGIT "-");
	struct span from = get(node, "AWS_REGION");
	const char *end = ".amazonaws.com/";

	*url = get(node, "AWS_ENDPOINT_URL_STS");
	if (url->len) {
		if (!has_scheme(*url))
			node_wrong(node,
			    "AWS_ENDPOINT_URL_STS is not an http or https URL");
		return;
	}
	if (!from.len)
		from = get(node, "AWS_DEFAULT_REGION");
	if (!from.len)
		from = arena_copy(node_keep(node), region);
	if (!from.len)
		return;
	if (!span_only(from, &label))
		node_wrong(node,
		    "there is no STS for the region %s: set AWS_REGION or "
		    "AWS_ENDPOINT_URL_STS in the environment",
		    from.at);
	if (span_starts(from, "cn-"))
		end = ".amazonaws.com.cn/";
	*url = join(node, join(node, "https://sts.", from.at).at, end);
}

static void read_identity(const struct node *node, struct creds_settings *creds,
    struct span region, bool must)
{
	static const char role_name[] = "AWS_ROLE_ARN";
	static const char file_name[] = "AWS_WEB_IDENTITY_TOKEN_FILE";
	struct span *text = creds->text;
	struct span role = get(node, role_name);
	struct span file = get(node, file_name);
	struct span session = get(node, "AWS_ROLE_SESSION_NAME");
	const char *set = role.len ? role_name : file_name;
	const char *unset = role.len ? file_name : role_name;

	if (must && !role.len && !file.len)
		node_wrong(node, "neither %s nor %s is set in the environment",
		    role_name, file_name);
	else if (must && (!role.len || !file.len))
		node_wrong(node, "%s is set in the environment, but %s is not",
		    set, unset);
	else if (!role.len != !file.len)
		node_warn(node,
		    "%s is set in the environment, but %s is not: %s "
		    "is ignored",
		    set, unset, set);
	if (!role.len || !file.len)
		return;
	text[CREDS_ROLE_ARN] = role;
	text[CREDS_IDENTITY_FILE] = file;
	text[CREDS_SESSION_NAME] = session.len ? session : span_of("slotd");
	warn_of_token_file(node, file_name, file);
	read_sts(node, creds, region);
}

static void read_container(
    const struct node *node, struct creds_settings *creds, bool must)
{
	struct span *text = creds->text;
	struct span path = get(node, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
	struct span url = get(node, "AWS_CONTAINER_CREDENTIALS_FULL_URI");

	if (must && !path.len && !url.len)
		node_wrong(node,
		    "neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor "
		    "AWS_CONTAINER_CREDENTIALS_FULL_URI is set in the "
		    "environment");
	if (path.len && (!span_starts(path, "/") || !span_visible(path)))
		node_wrong(node,
		    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI must start with /");
	else if (path.len)
		url = join(node, ECS, path.at);
	else if (url.len && (!has_scheme(url) || !creds_container_allowed(url)))
		node_wrong(node,
		    "AWS_CONTAINER_CREDENTIALS_FULL_URI must be https, "
		    "or http to the machine itself, 169.254.170.2, "
		    "169.254.170.23 or [fd00:ec2::23]");
	if (!url.len)
		return;
	text[CREDS_CONTAINER_URL] = url;
	text[CREDS_CONTAINER_TOKEN] =
	    get(node, "AWS_CONTAINER_AUTHORIZATION_TOKEN");
	text[CREDS_CONTAINER_TOKEN_FILE] =
	    get(node, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
	warn_of_token_file(node, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
	    text[CREDS_CONTAINER_TOKEN_FILE]);
}

static void read_instance(
    const struct node *node, struct creds_settings *creds, bool must)
{
	struct span *url = &creds->text[CREDS_INSTANCE_URL];
	struct span mode = get(node, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");

	if (span_equal_nocase(
		get(node, "AWS_EC2_METADATA_DISABLED"), span_of("true"))) {
		if (must)
			node_wrong(node,
			    "AWS_EC2_METADATA_DISABLED in the environment "
			    "forbids the use of the instance's credentials");
		return;
	}
	*url = get(node, "AWS_EC2_METADATA_SERVICE_ENDPOINT");
	if (!url->len)
		*url =
		    span_of(span_equal_nocase(mode, span_of("IPv6")) ? IMDS_IPV6
								     : IMDS);
	if (!has_scheme(*url))
		node_wrong(node,
		    "AWS_EC2_METADATA_SERVICE_ENDPOINT is not an http URL");
	while (url->len && url->at[url->len - 1] == '/')
		url->len--;
}

static void check_auto(
    const struct node *node, const struct creds_settings *creds)
{
	const struct span *text = creds->text;

	if (!text[CREDS_KEY_ID].len && !text[CREDS_ROLE_ARN].len &&
	    !text[CREDS_CONTAINER_URL].len && !text[CREDS_INSTANCE_URL].len &&
	    (!text[CREDS_SHARED_FILE].len ||
		access(text[CREDS_SHARED_FILE].at, F_OK) != 0))
		node_warn(node,
		    "the environment names no source of credentials, and "
		    "AWS_EC2_METADATA_DISABLED forbids the last one");
}

void environment_read(
    const struct node *node, struct creds_settings *creds, struct span region)
{
	const enum creds_kind kind = creds->kind;
	const bool all = kind == CREDS_AUTO;

	if (all || kind == CREDS_ENVIRONMENT)
		read_keys(node, creds, !all);
	if (all || kind == CREDS_FILE)
		read_shared(node, creds, !all);
	if (all || kind == CREDS_WEB_IDENTITY)
		read_identity(node, creds, region, !all);
	if (all || kind == CREDS_CONTAINER)
		read_container(node, creds, !all);
	if (all || kind == CREDS_INSTANCE)
		read_instance(node, creds, !all);
	if (all)
		check_auto(node, creds);
}
