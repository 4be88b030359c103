#include "conf/storage.h"

#include "conf/paths.h"
#include "core/chars.h"
#include "slot/key_size.h"

#include <string.h>

#define PUT_TTL 600
#define PUT_TTL_MAX 604800
#define MIN_FREE_PERCENT 5
#define NAME_MAX_LEN 64
/* Bytes between two slashes, in the embedded store. */
#define SEGMENT_MAX 255

static void read_put_ttl(
    struct reader *reader, const struct node *node, void *into)
{
	struct conf_storage *storage = into;
	int64_t seconds;

	if (!read_integer(reader, node, 1, PUT_TTL_MAX, &seconds))
		return;
	storage->s3.put_ttl = (uint32_t)seconds;
	storage->fs.put_ttl = (uint32_t)seconds;
}

static void read_key(struct reader *reader, const struct node *node, void *into)
{
	struct conf_storage *storage = into;
	const char *wrong;
	struct span text;

	if (!read_text(reader, node, &text))
		return;
	text = memory_copy(reader->keep, text);
	if (key_template_parse(text, &storage->template, &wrong))
		storage->has_template = true;
	else
		node_wrong(reader, node, "%s", wrong);
}

#define OF(kind, name, member, read)                                           \
	{                                                                      \
		name, SETTING_CUSTOM, offsetof(struct storage_draft, member),  \
		    0, 0, read, kind                                           \
	}
#define FLAG(kind, name, member)                                               \
	{                                                                      \
		name, SETTING_BOOL, offsetof(struct storage_draft, member), 0, \
		    0, NULL, kind                                              \
	}
#define WHOLE(kind, name, read)                                                \
	{                                                                      \
		name, SETTING_CUSTOM, 0, 0, 0, read, kind                      \
	}
static const struct setting rows[] = {
	/* These two are read before all others. */
	AFTER("type"),
	AFTER("name"),
	OF(NULL, "put_ttl", storage, read_put_ttl),
	OF(NULL, "key", storage, read_key),
	OF("s3", "bucket_url", storage.s3.bucket, s3_bucket),
	OF("s3", "region", storage.s3.region, s3_region),
	OF("s3", "access_key_id", storage.s3_creds.access_key_id, s3_key_id),
	OF("s3", "access_key_secret", secret, s3_secret),
	OF("s3", "access_key_secret_file", secret, s3_secret),
	OF("s3", "session_token", token, s3_token),
	OF("s3", "session_token_file", token, s3_token),
	OF("s3", "download_url", storage.s3.download, s3_download),
	WHOLE("s3", "get", s3_get),
	WHOLE("s3", "get_ttl", s3_get_ttl),
	FLAG("s3", "set_public", storage.s3.set_public),
	FLAG("s3", "sign_content_type", storage.s3.sign_content_type),
	FLAG("s3", "relay", storage.s3.relay),
	WHOLE("s3", "credentials", s3_credentials),
	OF("fs", "path", storage.fs, fs_path),
	OF("fs", "expire_after", storage.fs, fs_expire),
	OF("fs", "min_free", storage.fs, fs_min_free),
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
	{ "fs", "path", "the folder for the files" },
};

static void check_required(
    struct reader *reader, const struct node *group, const char *type)
{
	for (size_t i = 0; i < sizeof required / sizeof *required; i++)
		if (strcmp(required[i].type, type) == 0 &&
		    !node_member(group, required[i].name))
			node_missing(reader, group, required[i].name, "%s",
			    required[i].what);
}

static const struct conf_storage *find(
    const struct conf *conf, struct span name)
{
	for (size_t i = 0; i < conf->storage_count; i++)
		if (span_equal(conf->storages[i].name, name))
			return &conf->storages[i];
	return NULL;
}

/* Of an entry of `storages`. */
static void read_name(struct reader *reader, const struct node *group,
    struct conf_storage *storage)
{
	const struct node *node = node_member(group, "name");
	struct span name;

	if (!node)
		node_missing(reader, group, "name",
		    "each store needs one, such as \"archive\"");
	if (!node || !read_text(reader, node, &name))
		return;
	if (name.len > NAME_MAX_LEN || !span_only(name, CHARS_ID))
		node_wrong(reader, node,
		    "must be at most %d letters, digits, dots, underscores or "
		    "hyphens",
		    NAME_MAX_LEN);
	else if (find(reader->conf, name))
		node_wrong(reader, node, "%s",
		    span_is(name, CONF_DEFAULT_STORE)
			? "another store is the default already: `storage` has "
			  "this name"
			: "another store has this name already");
	else
		storage->name = memory_copy(reader->keep, name);
}

/* NULL when it is not known. */
static const char *read_type(struct reader *reader, const struct node *group,
    struct conf_storage *storage)
{
	static const char *const types[] = { "s3", "fs" };
	const struct node *node = node_member(group, "type");
	unsigned number;

	if (!node)
		node_missing(reader, group, "type", "\"s3\" or \"fs\"");
	if (!node || !read_word(reader, node, "s3|fs", &number))
		return NULL;
	storage->type = number ? CONF_STORE_FS : CONF_STORE_S3;
	if (number && conf_has_store(reader->conf, CONF_STORE_FS))
		node_wrong(reader, node,
		    "another store is of this type already: one process keeps "
		    "files in one folder");
	return types[number];
}

static void check_fs(struct reader *reader, const struct node *root,
    struct conf_storage *storage)
{
	/* No slot outlives its file: it could be used again. */
	if (storage->fs.expire_after &&
	    storage->fs.expire_after < storage->fs.put_ttl)
		storage->fs.put_ttl = storage->fs.expire_after;
	if (!node_member(root, "public_url"))
		node_missing(reader, root, "public_url",
		    "with storage type \"fs\" clients must know how to reach "
		    "this service, such as \"https://upload.example.org\"");
}

/* Bytes of bucket_url's path that surely are a prefix of keys: its first
 * segment may be the bucket's name. */
static size_t prefix_of(const struct conf_storage *storage)
{
	struct span path = span_from(storage->s3.bucket.path, 1);
	size_t len;

	path = span_from(path, span_find(path, '/'));
	len = path.len;
	for (size_t i = 0; i < path.len; i++)
		len -= path.at[i] == '%' ? 2 : 0;
	return len;
}

/* Keys that no store takes, or not for everybody. */
static void check_key(struct reader *reader, const struct node *group,
    const struct conf_storage *storage)
{
	const struct node *node = node_member(group, "key");
	const bool fs = storage->type == CONF_STORE_FS;
	const size_t prefix = fs ? 0 : prefix_of(storage);
	struct key_size size = key_size_of(&storage->template);

	if (size.key.least + prefix > OBJECT_KEY_MAX)
		node_wrong(reader, node,
		    "the shortest key that it makes has %zu bytes%s, and a "
		    "store takes %d",
		    size.key.least + prefix,
		    prefix ? " (with bucket_url's prefix)" : "",
		    OBJECT_KEY_MAX);
	else if (fs && size.segment.least > SEGMENT_MAX)
		node_wrong(reader, node,
		    "a part between slashes has at least %zu bytes, and the "
		    "embedded store takes %d",
		    size.segment.least, SEGMENT_MAX);
	else if (size.key.most + prefix > OBJECT_KEY_MAX)
		node_warn(reader, node,
		    "makes keys of up to %zu bytes%s, and a store takes %d: "
		    "long domains or file names get no slot",
		    size.key.most + prefix,
		    prefix ? " (with bucket_url's prefix)" : "",
		    OBJECT_KEY_MAX);
	else if (fs && size.segment.most > SEGMENT_MAX)
		node_warn(reader, node,
		    "a part between slashes has up to %zu bytes, and the "
		    "embedded store takes %d: long domains or file names get "
		    "no slot",
		    size.segment.most, SEGMENT_MAX);
}

static void read_storage(struct reader *reader, const struct node *root,
    const struct node *group, bool in_list)
{
	struct settings settings = { .rows = rows,
		.count = sizeof rows / sizeof *rows,
		.kind = "storage type" };
	struct storage_draft draft = {
		.storage = { .name = span_of(in_list ? "" : CONF_DEFAULT_STORE),
		    .s3 = { .put_ttl = PUT_TTL },
		    .fs = { .put_ttl = PUT_TTL,
			.min_free_percent = MIN_FREE_PERCENT } },
		.secret = { .value = SPAN_EMPTY },
		.token = { .value = SPAN_EMPTY },
	};

	if (!read_group(reader, group)) {
		reader->has_store = false;
		return;
	}
	if (in_list)
		read_name(reader, group, &draft.storage);
	else if (node_member(group, "name"))
		node_wrong(reader, node_member(group, "name"),
		    "is for entries of storages; this one's name is "
		    "\"" CONF_DEFAULT_STORE "\"");
	settings.variant = read_type(reader, group, &draft.storage);
	settings_read(reader, group, &settings, &draft);
	if (!settings.variant)
		reader->has_store = false;
	else {
		check_required(reader, group, settings.variant);
		if (draft.storage.type == CONF_STORE_S3)
			s3_check(reader, root, group, &draft);
		else
			check_fs(reader, root, &draft.storage);
		if (draft.storage.has_template)
			check_key(reader, group, &draft.storage);
	}
	reader->conf->storages[reader->conf->storage_count++] = draft.storage;
}

/* For JIDs that no domain matches. */
static void put_default_first(struct conf *conf)
{
	struct conf_storage first;

	for (size_t i = 1; i < conf->storage_count; i++) {
		if (!span_is(conf->storages[i].name, CONF_DEFAULT_STORE))
			continue;
		first = conf->storages[i];
		conf->storages[i] = conf->storages[0];
		conf->storages[0] = first;
	}
}

void read_storages(struct reader *reader, const struct node *root)
{
	const struct node *one = node_member(root, "storage");
	const struct node *list = node_member(root, "storages");
	size_t count = 0;

	if (!one && !list)
		node_missing(reader, root, "storage",
		    "a group that says where files go is needed");
	if (list && read_list(reader, list, "groups")) {
		count = node_count(list);
		if (count == 0)
			node_wrong(
			    reader, list, "must have at least one store");
	}
	reader->has_store = one || count;
	reader->conf->storages = memory_get(
	    reader->keep, (count + 1) * sizeof *reader->conf->storages);
	if (one)
		read_storage(reader, root, one, false);
	for (size_t i = 0; i < count; i++)
		read_storage(reader, root, node_at(list, i), true);
	put_default_first(reader->conf);
}

/* An embedded store makes a key_file for all, if there is none. */
static void check_keys(struct reader *reader, const struct node *root,
    const struct conf_storage *storage)
{
	if (node_member(root, "key_file") ||
	    conf_has_store(reader->conf, CONF_STORE_FS))
		return;
	if (storage->s3.relay) {
		node_missing(reader, root, "key_file",
		    "relay = true makes its upload tokens with it; make one "
		    "with `openssl rand -hex 32`");
		return;
	}
	if (storage->has_template && key_template_needs_key(&storage->template))
		node_missing(reader, root, "key_file",
		    "storage.key has {owner} or {user}; make one with "
		    "`openssl rand -hex 32`");
	else if (storage->s3.get == S3_GET_REDIRECT)
		node_missing(reader, root, "key_file",
		    "get = \"redirect\" makes its links with it; make one "
		    "with `openssl rand -hex 32`");
}

void check_storages(struct reader *reader, const struct node *root)
{
	struct conf *conf = reader->conf;

	for (size_t i = 0; i < conf->storage_count; i++) {
		struct conf_storage *storage = &conf->storages[i];

		if (reader->has_store)
			check_keys(reader, root, storage);
		storage->s3.name = storage->name;
		storage->s3.public_url = conf->public_url;
		storage->fs.public_url = conf->public_url;
		if (conf->has_key_file) {
			storage->s3.keyring = &conf->keyring;
			storage->fs.keyring = &conf->keyring;
		}
	}
	paths_check(reader);
}
