#include "conf/secret.h"

#include "core/chars.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REGION_MAX 64
#define PUT_TTL_MAX 604800

/* Says that bucket_url or download_url is wrong, or keeps its normal form. */
static bool read_base(
    struct reader *reader, const struct node *node, struct uri_base *ret_base)
{
	const char *wrong;
	struct span text;
	struct buf out;

	if (!read_text(reader, node, &text))
		return false;
	buf_init(&out, memory_get(reader->keep, text.len + 16), text.len + 16);
	if (!uri_base_parse(text, &out, ret_base, &wrong)) {
		node_wrong(reader, node, "%s", wrong);
		return false;
	}
	return true;
}

static bool host_is_local(struct span host)
{
	char address[64];
	struct buf out;
	size_t colon;

	buf_init(&out, address, sizeof address);
	if (span_starts(host, "[")) {
		host = span_from(host, 1);
		buf_add(&out, span_first(host, span_find(host, ']')));
	} else {
		colon = span_find(host, ':');
		host = span_first(host, colon);
		if (span_is(host, "localhost"))
			return true;
		buf_add(&out, host);
	}
	return is_loopback(address);
}

static void read_bucket(
    struct reader *reader, const struct node *node, void *into)
{
	struct uri_base *bucket = &reader->conf->s3.bucket;

	(void)into;
	if (read_base(reader, node, bucket) &&
	    span_is(bucket->scheme, "http") && !host_is_local(bucket->host))
		node_warn(
		    reader, node, "uploads travel unencrypted: use https");
}

static void read_download(
    struct reader *reader, const struct node *node, void *into)
{
	(void)into;
	read_base(reader, node, &reader->conf->s3.download);
}

static void read_region(
    struct reader *reader, const struct node *node, void *into)
{
	struct span text;

	(void)into;
	if (!read_text(reader, node, &text))
		return;
	if (text.len > REGION_MAX || !span_only(text, CHARS_ID))
		node_wrong(reader, node,
		    "must be at most %d letters, digits, dots, underscores or "
		    "hyphens",
		    REGION_MAX);
	else
		reader->conf->s3.region = memory_copy(reader->keep, text);
}

static void read_key_id(
    struct reader *reader, const struct node *node, void *into)
{
	struct span text;

	(void)into;
	if (!read_text(reader, node, &text))
		return;
	if (text.len > 256 || span_find(text, ' ') < text.len ||
	    span_find(text, '/') < text.len)
		node_wrong(reader, node,
		    "must be at most 256 characters, without blanks and /");
	else
		reader->conf->s3_creds.access_key_id =
		    memory_copy(reader->keep, text);
}

static void read_key_secret(
    struct reader *reader, const struct node *node, void *into)
{
	bool file = strcmp(node_name(node), "access_key_secret_file") == 0;
	struct creds_value *creds = &reader->conf->s3_creds;
	const struct node **before = into;
	struct span secret;

	if (*before) {
		node_wrong(
		    reader, node, "cannot stand beside %s", node_name(*before));
		return;
	}
	*before = node;
	if (file ? secret_read_one(reader, node, CREDS_MAX - 1, &secret)
		 : secret_read_inline(reader, node, CREDS_MAX - 1, &secret))
		creds->access_key_secret = memory_copy(reader->keep, secret);
}

static void read_get(struct reader *reader, const struct node *node, void *into)
{
	unsigned number;

	(void)into;
	if (read_word(reader, node, "public|redirect|presigned", &number) &&
	    number > 0)
		node_wrong(reader, node,
		    "\"%s\" is not supported yet, only \"public\"",
		    node_string(node));
}

static void read_set_public(
    struct reader *reader, const struct node *node, void *into)
{
	(void)into;
	read_boolean(reader, node, &reader->conf->s3.set_public);
}

static void read_put_ttl(
    struct reader *reader, const struct node *node, void *into)
{
	int64_t seconds;

	(void)into;
	if (!read_integer(reader, node, 1, PUT_TTL_MAX, &seconds))
		return;
	reader->conf->s3.put_ttl = (uint32_t)seconds;
	reader->conf->fs.put_ttl = (uint32_t)seconds;
}

static void read_key(struct reader *reader, const struct node *node, void *into)
{
	struct conf *conf = reader->conf;
	const char *wrong;
	struct span text;

	(void)into;
	if (!read_text(reader, node, &text))
		return;
	text = memory_copy(reader->keep, text);
	if (key_template_parse(text, &conf->template, &wrong))
		conf->has_template = true;
	else
		node_wrong(reader, node, "%s", wrong);
}

/* Whoever checks may be another than who serves. */
static void warn_not_writable(
    struct reader *reader, const struct node *node, const char *folder)
{
	if (access(folder, R_OK | W_OK | X_OK) != 0)
		node_warn(reader, node,
		    "the user who runs this check cannot write to %s: %s",
		    folder, strerror(errno));
}

static void read_store_path(
    struct reader *reader, const struct node *node, void *into)
{
	const char *path, *parent;
	struct stat status;
	struct span text;

	(void)into;
	if (!read_path(reader, node, &path))
		return;
	text = span_of(path);
	while (text.len > 1 && text.at[text.len - 1] == '/')
		text.len--;
	path = memory_copy(reader->keep, text).at;
	parent = parent_folder(reader, path);
	if (stat(parent, &status) < 0)
		node_wrong(
		    reader, node, "the folder %s: %s", parent, strerror(errno));
	else if (!S_ISDIR(status.st_mode))
		node_wrong(reader, node, "%s is no folder", parent);
	else if (stat(path, &status) != 0)
		warn_not_writable(reader, node, parent);
	else if (!S_ISDIR(status.st_mode))
		node_wrong(reader, node, "%s is no folder", path);
	else if (status.st_mode & S_IWOTH)
		node_warn(reader, node,
		    "others may write to %s, and so plant files and keys: "
		    "chmod 700 it",
		    path);
	else
		warn_not_writable(reader, node, path);
	reader->conf->fs.path = path;
}

static void read_expire(
    struct reader *reader, const struct node *node, void *into)
{
	int64_t seconds;

	(void)into;
	if (read_integer(reader, node, 0, INT32_MAX, &seconds))
		reader->conf->fs.expire_after = (uint32_t)seconds;
}

/* "5 %" of the disk, or a size. */
static void read_min_free(
    struct reader *reader, const struct node *node, void *into)
{
	struct fs_config *fs = &reader->conf->fs;
	struct span text;
	uint64_t number;

	(void)into;
	if (node_type(node) == NODE_STRING) {
		text = span_trim(span_of(node_string(node)), " \t");
		if (text.len && text.at[text.len - 1] == '%') {
			text = span_trim(span_first(text, text.len - 1), " \t");
			if (!span_u64(text, &number) || number > 99) {
				node_wrong(reader, node,
				    "must be from \"0 %%\" to \"99 %%\"");
				return;
			}
			fs->min_free_percent = (unsigned)number;
			fs->min_free_bytes = 0;
			return;
		}
	}
	if (read_size(reader, node, &number)) {
		fs->min_free_percent = 0;
		fs->min_free_bytes = number;
	}
}

static void read_type(
    struct reader *reader, const struct node *node, void *into)
{
	/* Read before all others. */
	(void)reader;
	(void)node;
	(void)into;
}

#define ONLY(type, name, read)                                                 \
	{                                                                      \
		name, SETTING_CUSTOM, 0, 0, 0, read, type                      \
	}
#define ONLY_LATER(type, name)                                                 \
	{                                                                      \
		name, SETTING_LATER, 0, 0, 0, NULL, type                       \
	}

static const struct setting rows[] = {
	CUSTOM("type", read_type),
	CUSTOM("put_ttl", read_put_ttl),
	CUSTOM("key", read_key),
	ONLY("s3", "bucket_url", read_bucket),
	ONLY("s3", "region", read_region),
	ONLY("s3", "access_key_id", read_key_id),
	ONLY("s3", "access_key_secret", read_key_secret),
	ONLY("s3", "access_key_secret_file", read_key_secret),
	ONLY("s3", "download_url", read_download),
	ONLY("s3", "get", read_get),
	ONLY("s3", "set_public", read_set_public),
	ONLY_LATER("s3", "session_token"),
	ONLY_LATER("s3", "session_token_file"),
	ONLY_LATER("s3", "sign_content_type"),
	ONLY_LATER("s3", "relay"),
	ONLY_LATER("s3", "get_ttl"),
	ONLY_LATER("s3", "credentials"),
	ONLY("fs", "path", read_store_path),
	ONLY("fs", "expire_after", read_expire),
	ONLY("fs", "min_free", read_min_free),
};

static const struct {
	const char *type;
	const char *name;
	const char *what;
} required[] = {
	{ "s3", "bucket_url",
	    "the bucket's URL, such as "
	    "\"https://my-bucket.s3.us-east-2.amazonaws.com\"" },
	{ "s3", "region", "the store's region, such as \"us-east-2\"" },
	{ "s3", "access_key_id", "the id of the key that signs" },
	{ "fs", "path", "the folder for the files" },
};

static void check_required(struct reader *reader, const struct node *group,
    const char *type, bool has_secret)
{
	for (size_t i = 0; i < sizeof required / sizeof *required; i++)
		if (strcmp(required[i].type, type) == 0 &&
		    !node_member(group, required[i].name))
			node_missing(reader, group, required[i].name, "%s",
			    required[i].what);
	if (strcmp(type, "s3") == 0 && !has_secret)
		node_missing(reader, group, "access_key_secret",
		    "it, or access_key_secret_file");
}

void read_storage(struct reader *reader, const struct node *node, void *into)
{
	static const char *const types[] = { "s3", "fs" };
	struct settings settings = { .rows = rows,
		.count = sizeof rows / sizeof *rows,
		.kind = "storage type" };
	const struct node *secret = NULL, *type;
	unsigned number;

	(void)into;
	if (!read_group(reader, node))
		return;
	type = node_member(node, "type");
	if (!type)
		node_missing(reader, node, "type", "\"s3\" or \"fs\"");
	else if (read_word(reader, type, "s3|fs", &number)) {
		reader->conf->store = number ? CONF_STORE_FS : CONF_STORE_S3;
		reader->has_store = true;
		settings.variant = types[number];
	}
	settings_read(reader, node, &settings, &secret);
	if (settings.variant)
		check_required(reader, node, settings.variant, secret != NULL);
}

void check_storage(struct reader *reader, const struct node *root)
{
	struct conf *conf = reader->conf;

	if (!reader->has_store)
		return;
	/* No slot outlives its file: it could be used again. */
	if (conf->fs.expire_after && conf->fs.expire_after < conf->fs.put_ttl)
		conf->fs.put_ttl = conf->fs.expire_after;
	if (conf->store == CONF_STORE_FS && !node_member(root, "public_url"))
		node_missing(reader, root, "public_url",
		    "with storage type \"fs\" clients must know how to reach "
		    "this service, such as \"https://upload.example.org\"");
	if (conf->store == CONF_STORE_S3 && conf->has_template &&
	    key_template_needs_key(&conf->template) &&
	    !node_member(root, "key_file"))
		node_missing(reader, root, "key_file",
		    "storage.key has {owner} or {user}; make one with "
		    "`openssl rand -hex 32`");
}
