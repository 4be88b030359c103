#include "conf/environment.h"

#include "conf/paths.h"
#include "conf/secret.h"
#include "core/chars.h"
#include "creds/read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEY_ID_MAX 256
#define FILE_MAX 65536
#define ECS "http://169.254.170.2"
#define IMDS "http://169.254.169.254"
#define IMDS_IPV6 "http://[fd00:ec2::254]"
#define LOWER "abcdefghijklmnopqrstuvwxyz" CHARS_DIGIT "-"

#define wrong(e, ...) node_wrong((e)->reader, (e)->node, __VA_ARGS__)
#define warn(e, ...) node_warn((e)->reader, (e)->node, __VA_ARGS__)

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

/* Kept, since the environment may be taken away; empty: not set. */
static struct span get(const struct environment *environment, const char *name)
{
	return memory_copy(environment->reader->keep, span_of(getenv(name)));
}

static struct span join(
    const struct environment *environment, const char *a, const char *b)
{
	size_t size = strlen(a) + strlen(b) + 1;
	struct buf out;

	buf_init(&out, memory_get(environment->reader->keep, size), size);
	buf_text(&out, a);
	buf_text(&out, b);
	return buf_span(&out);
}

static void warn_of_litter(
    const struct environment *environment, const char *what, struct span secret)
{
	secret_warn_of_litter(
	    environment->reader, environment->node, what, secret);
}

/* A file of the environment's: whether it can be used as it is now. */
static void warn_of_token_file(
    const struct environment *environment, const char *name, struct span path)
{
	struct memory *scratch = environment->reader->scratch;
	struct creds_draft *draft = memory_get(scratch, sizeof *draft);
	char *memory = memory_get(scratch, FILE_MAX);
	char what[128];
	struct span token;

	if (!path.len)
		return;
	paths_add(environment->reader, environment->node, path.at);
	creds_draft_init(draft);
	snprintf(what, sizeof what, "%s: the file", name);
	if (creds_read_one(path.at, memory, FILE_MAX, draft, &token))
		/* What the sources take off. */
		warn_of_litter(environment, what, span_trim(token, " \t\r\n"));
	else
		warn(environment, "%s: %s", name, buf_span(&draft->why).at);
}

static void warn_of_shared_file(const struct environment *environment)
{
	const struct creds_round round = { .settings = environment->creds };
	struct creds_draft *draft =
	    memory_get(environment->reader->scratch, sizeof *draft);

	paths_add(environment->reader, environment->node,
	    environment->creds->text[CREDS_SHARED_FILE].at);
	creds_draft_init(draft);
	if (creds_try_shared(&round, draft))
		warn_of_litter(environment, "aws_secret_access_key",
		    buf_span(&draft->secret));
	else
		warn(environment, "the shared credentials file: %s",
		    buf_span(&draft->why).at);
}

static void read_keys(struct environment *environment, bool must)
{
	struct span *text = environment->creds->text;

	text[CREDS_KEY_ID] = get(environment, "AWS_ACCESS_KEY_ID");
	text[CREDS_SECRET] = get(environment, "AWS_SECRET_ACCESS_KEY");
	text[CREDS_TOKEN] = get(environment, "AWS_SESSION_TOKEN");
	if (!text[CREDS_KEY_ID].len) {
		if (must)
			wrong(environment,
			    "AWS_ACCESS_KEY_ID is not in the environment");
		/* No use alone. */
		text[CREDS_SECRET] = text[CREDS_TOKEN] = SPAN_EMPTY;
	} else if (!text[CREDS_SECRET].len) {
		wrong(environment,
		    "AWS_ACCESS_KEY_ID is in the environment, and "
		    "AWS_SECRET_ACCESS_KEY is not");
	} else if (text[CREDS_KEY_ID].len > KEY_ID_MAX ||
		   !span_visible(text[CREDS_KEY_ID]) ||
		   span_find(text[CREDS_KEY_ID], '/') <
		       text[CREDS_KEY_ID].len) {
		wrong(environment,
		    "AWS_ACCESS_KEY_ID must be at most %d characters, without "
		    "blanks and /",
		    KEY_ID_MAX);
	} else if (text[CREDS_SECRET].len > CREDS_MAX) {
		wrong(environment,
		    "AWS_SECRET_ACCESS_KEY is longer than %d bytes", CREDS_MAX);
	} else if (text[CREDS_TOKEN].len > CREDS_TOKEN_MAX) {
		wrong(environment, "AWS_SESSION_TOKEN is longer than %d bytes",
		    CREDS_TOKEN_MAX);
	} else if (text[CREDS_TOKEN].len && !span_visible(text[CREDS_TOKEN])) {
		wrong(environment,
		    "AWS_SESSION_TOKEN has characters that no session token "
		    "has");
	}
	warn_of_litter(
	    environment, "AWS_SECRET_ACCESS_KEY", text[CREDS_SECRET]);
}

static void read_shared(struct environment *environment, bool must)
{
	struct span *text = environment->creds->text;
	struct span path = get(environment, "AWS_SHARED_CREDENTIALS_FILE");
	struct span profile = get(environment, "AWS_PROFILE");
	const char *home = getenv("HOME");
	bool named = path.len > 0;

	if (!named && home && *home)
		path = join(environment, home, "/.aws/credentials");
	else if (home && *home && span_starts(path, "~/"))
		path = join(environment, home, path.at + 1);
	text[CREDS_SHARED_FILE] = path;
	text[CREDS_PROFILE] = profile.len ? profile : span_of("default");
	if (must && !path.len)
		wrong(environment,
		    "the environment has neither AWS_SHARED_CREDENTIALS_FILE "
		    "nor HOME");
	else if (must || named || profile.len)
		warn_of_shared_file(environment);
}

static bool has_scheme(struct span url)
{
	return span_visible(url) &&
	       (span_starts(url, "https://") || span_starts(url, "http://"));
}

static void read_sts(struct environment *environment, struct span region)
{
	struct span *url = &environment->creds->text[CREDS_STS_URL];
	struct span from = get(environment, "AWS_REGION");
	const char *end = ".amazonaws.com/";

	*url = get(environment, "AWS_ENDPOINT_URL_STS");
	if (url->len) {
		if (!has_scheme(*url))
			wrong(environment,
			    "AWS_ENDPOINT_URL_STS is no http or https URL");
		return;
	}
	if (!from.len)
		from = get(environment, "AWS_DEFAULT_REGION");
	if (!from.len)
		from = memory_copy(environment->reader->keep, region);
	if (!from.len)
		return;
	if (!span_only(from, LOWER))
		wrong(environment,
		    "there is no STS for the region %s: AWS_REGION or "
		    "AWS_ENDPOINT_URL_STS in the environment says where to ask",
		    from.at);
	if (span_starts(from, "cn-"))
		end = ".amazonaws.com.cn/";
	*url = join(
	    environment, join(environment, "https://sts.", from.at).at, end);
}

static void read_identity(
    struct environment *environment, struct span region, bool must)
{
	struct span *text = environment->creds->text;
	struct span role = get(environment, "AWS_ROLE_ARN");
	struct span file = get(environment, "AWS_WEB_IDENTITY_TOKEN_FILE");
	struct span session = get(environment, "AWS_ROLE_SESSION_NAME");

	if (must && !role.len && !file.len)
		wrong(environment,
		    "neither AWS_ROLE_ARN nor AWS_WEB_IDENTITY_TOKEN_FILE is "
		    "in the environment");
	else if (must && (!role.len || !file.len))
		wrong(environment, "%s is in the environment, and %s is not",
		    role.len ? "AWS_ROLE_ARN" : "AWS_WEB_IDENTITY_TOKEN_FILE",
		    role.len ? "AWS_WEB_IDENTITY_TOKEN_FILE" : "AWS_ROLE_ARN");
	else if (role.len && !file.len)
		warn(environment,
		    "AWS_ROLE_ARN is in the environment, and "
		    "AWS_WEB_IDENTITY_TOKEN_FILE is not: the role is not used");
	else if (file.len && !role.len)
		warn(environment,
		    "AWS_WEB_IDENTITY_TOKEN_FILE is in the environment, and "
		    "AWS_ROLE_ARN is not: the token is not used");
	if (!role.len || !file.len)
		return;
	text[CREDS_ROLE_ARN] = role;
	text[CREDS_IDENTITY_FILE] = file;
	text[CREDS_SESSION_NAME] = session.len ? session : span_of("slotd");
	warn_of_token_file(environment, "AWS_WEB_IDENTITY_TOKEN_FILE", file);
	read_sts(environment, region);
}

static void read_container(struct environment *environment, bool must)
{
	struct span *text = environment->creds->text;
	struct span path =
	    get(environment, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
	struct span url =
	    get(environment, "AWS_CONTAINER_CREDENTIALS_FULL_URI");

	if (must && !path.len && !url.len)
		wrong(environment,
		    "neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor "
		    "AWS_CONTAINER_CREDENTIALS_FULL_URI is in the environment");
	if (path.len && (!span_starts(path, "/") || !span_visible(path)))
		wrong(environment,
		    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI must start with /");
	else if (path.len)
		url = join(environment, ECS, path.at);
	else if (url.len && (!has_scheme(url) || !creds_container_allowed(url)))
		wrong(environment,
		    "AWS_CONTAINER_CREDENTIALS_FULL_URI must be https, or "
		    "http to the machine itself, 169.254.170.2, "
		    "169.254.170.23 or [fd00:ec2::23]");
	if (!url.len)
		return;
	text[CREDS_CONTAINER_URL] = url;
	text[CREDS_CONTAINER_TOKEN] =
	    get(environment, "AWS_CONTAINER_AUTHORIZATION_TOKEN");
	text[CREDS_CONTAINER_TOKEN_FILE] =
	    get(environment, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
	warn_of_token_file(environment,
	    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
	    text[CREDS_CONTAINER_TOKEN_FILE]);
}

static void read_instance(struct environment *environment, bool must)
{
	struct span *url = &environment->creds->text[CREDS_INSTANCE_URL];
	struct span mode =
	    get(environment, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");

	if (span_equal_nocase(get(environment, "AWS_EC2_METADATA_DISABLED"),
		span_of("true"))) {
		if (must)
			wrong(environment,
			    "AWS_EC2_METADATA_DISABLED in the environment "
			    "forbids to ask for the instance's credentials");
		return;
	}
	*url = get(environment, "AWS_EC2_METADATA_SERVICE_ENDPOINT");
	if (!url->len)
		*url =
		    span_of(span_equal_nocase(mode, span_of("IPv6")) ? IMDS_IPV6
								     : IMDS);
	if (!has_scheme(*url))
		wrong(environment,
		    "AWS_EC2_METADATA_SERVICE_ENDPOINT is no http URL");
	while (url->len && url->at[url->len - 1] == '/')
		url->len--;
}

static void check_auto(const struct environment *environment)
{
	const struct span *text = environment->creds->text;

	if (!text[CREDS_KEY_ID].len && !text[CREDS_ROLE_ARN].len &&
	    !text[CREDS_CONTAINER_URL].len && !text[CREDS_INSTANCE_URL].len &&
	    (!text[CREDS_SHARED_FILE].len ||
		access(text[CREDS_SHARED_FILE].at, F_OK) != 0))
		warn(environment,
		    "the environment names no source of credentials, and "
		    "AWS_EC2_METADATA_DISABLED forbids the last one");
}

void environment_read(struct environment *environment, struct span region)
{
	const enum creds_kind kind = environment->creds->kind;
	const bool all = kind == CREDS_AUTO;

	if (all || kind == CREDS_ENVIRONMENT)
		read_keys(environment, !all);
	if (all || kind == CREDS_FILE)
		read_shared(environment, !all);
	if (all || kind == CREDS_WEB_IDENTITY)
		read_identity(environment, region, !all);
	if (all || kind == CREDS_CONTAINER)
		read_container(environment, !all);
	if (all || kind == CREDS_INSTANCE)
		read_instance(environment, !all);
	if (all)
		check_auto(environment);
}
