#include "conf/storage.h"

#include "conf/sections.h"
#include "slot/key_size.h"

#include <string.h>

#define PUT_TTL 600
#define PUT_TTL_MAX 604800
#define MIN_FREE_PERCENT 5
/* Bytes between two slashes, in the embedded store. */
#define SEGMENT_MAX 255

static void read_put_ttl(const struct node *node, void *into)
{
	struct conf_storage *storage = into;
	int64_t seconds;

	if (!value_integer(node, 1, PUT_TTL_MAX, &seconds))
		return;
	storage->s3.put_ttl = (uint32_t)seconds;
	storage->fs.put_ttl = (uint32_t)seconds;
}

static void read_key(const struct node *node, void *into)
{
	struct conf_storage *storage = into;
	const char *wrong;
	struct span text;

	if (!value_text(node, &text))
		return;
	text = arena_copy(node_keep(node), text);
	if (key_template_parse(text, &storage->template, &wrong))
		storage->has_template = true;
	else
		node_wrong(node, "%s", wrong);
}

static const struct setting rows[] = {
	{ "type", ELSEWHERE },
	{ "name", ELSEWHERE },
	{ "put_ttl", WHOLE(read_put_ttl) },
	{ "key", WHOLE(read_key) },
};

static const struct settings settings = {
	SETTINGS(rows),
	.parts = { &storage_s3_settings, &storage_fs_settings },
};

static bool has_name(const struct conf *conf, struct span name)
{
	for (size_t i = 0; i < conf->storage_count; i++)
		if (span_equal(conf->storages[i].name, name))
			return true;
	return false;
}

/* Of an entry of `storages`. */
static void read_name(const struct node *group, struct conf_storage *storage)
{
	const struct node *node = node_member(group, "name");
	struct span name;

	if (!node)
		node_missing(group, "name",
		    "each store needs a name, such as \"archive\"");
	if (!node || !value_checked(node, value_id, &name))
		return;
	if (!has_name(node->reading->conf, name))
		storage->name = name;
	else
		node_wrong(node, "%s",
		    span_is(name, CONF_DEFAULT_STORE)
			? "`storage` already has this name"
			: "another store already has this name");
}

/* NULL when it is not known. */
static const char *read_type(
    const struct node *group, struct conf_storage *storage)
{
	static const char *const types[] = { "s3", "fs" };
	const struct node *node = node_member(group, "type");
	unsigned number;

	if (!node)
		node_missing(group, "type", "\"s3\" or \"fs\"");
	if (!node || !value_word(node, "s3|fs", &number))
		return NULL;
	storage->type = (enum conf_store)number;
	if (storage->type == CONF_STORE_FS &&
	    conf_has_store(node->reading->conf, CONF_STORE_FS))
		node_wrong(node, "another store already has this type: there "
				 "can be only one embedded store");
	return types[number];
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
static void check_key(
    const struct node *group, const struct conf_storage *storage)
{
	const struct node *node = node_member(group, "key");
	const bool fs = storage->type == CONF_STORE_FS;
	const size_t prefix = fs ? 0 : prefix_of(storage);
	struct key_size size = key_size_of(&storage->template);

	if (size.key.least + prefix > OBJECT_KEY_MAX)
		node_wrong(node,
		    "even the shortest object key has %zu bytes%s; a store "
		    "takes at most %d",
		    size.key.least + prefix,
		    prefix ? " (with bucket_url's prefix)" : "",
		    OBJECT_KEY_MAX);
	else if (fs && size.segment.least > SEGMENT_MAX)
		node_wrong(node,
		    "a part between slashes has at least %zu bytes; the "
		    "embedded store takes at most %d",
		    size.segment.least, SEGMENT_MAX);
	else if (size.key.most + prefix > OBJECT_KEY_MAX)
		node_warn(node,
		    "object keys can have %zu bytes%s, and a store takes at "
		    "most %d: long domains or file names get no slot",
		    size.key.most + prefix,
		    prefix ? " (with bucket_url's prefix)" : "",
		    OBJECT_KEY_MAX);
	else if (fs && size.segment.most > SEGMENT_MAX)
		node_warn(node,
		    "a part between slashes can have %zu bytes, and the "
		    "embedded store takes at most %d: long domains or file "
		    "names get no slot",
		    size.segment.most, SEGMENT_MAX);
}

static void read_storage(const struct node *group, bool in_list)
{
	struct reading *reading = group->reading;
	struct conf *conf = reading->conf;
	struct conf_storage *storage = &conf->storages[conf->storage_count];
	const char *type;

	*storage = (struct conf_storage){
		.name = span_of(in_list ? "" : CONF_DEFAULT_STORE),
		.s3 = { .put_ttl = PUT_TTL },
		.fs = { .put_ttl = PUT_TTL,
		    .min_free_percent = MIN_FREE_PERCENT },
	};
	if (!value_group(group)) {
		reading->has_store = false;
		return;
	}
	if (in_list)
		read_name(group, storage);
	else if (node_member(group, "name"))
		node_wrong(node_member(group, "name"),
		    "is only for entries of storages; here the name is always "
		    "\"" CONF_DEFAULT_STORE "\"");
	type = read_type(group, storage);
	settings_read_typed(group, &settings, "storage", type, storage);
	if (storage->type == CONF_STORE_S3)
		storage_creds_secrets(group, &storage->creds);
	if (type) {
		if (storage->type == CONF_STORE_S3)
			storage_s3_check(group, storage);
		else
			storage_fs_check(group, &storage->fs);
		if (storage->has_template)
			check_key(group, storage);
	} else {
		reading->has_store = false;
	}
	conf->storage_count++;
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

void storage_read(const struct node *root)
{
	const struct node *one = node_member(root, "storage");
	const struct node *list = node_member(root, "storages");
	struct conf *conf = root->reading->conf;
	size_t count = 0;

	if (!one && !list)
		node_missing(root, "storage",
		    "a group that says where files go is required");
	if (list && value_list(list, "groups")) {
		count = list->count;
		if (count == 0)
			node_wrong(list, "must have at least one store");
	}
	root->reading->has_store = one || count;
	conf->storages =
	    arena_get(node_keep(root), (count + 1) * sizeof *conf->storages);
	if (one)
		read_storage(one, false);
	for (size_t i = 0; i < count; i++)
		read_storage(node_at(list, i), true);
	put_default_first(conf);
}

/* Why a store needs public_url; NULL: it does not. */
static const char *serves(const struct conf_storage *storage)
{
	if (storage->type == CONF_STORE_FS)
		return "storage type \"fs\"";
	if (storage->s3.get == S3_GET_REDIRECT)
		return "get = \"redirect\"";
	return storage->s3.relay ? "relay = true" : NULL;
}

static void check_public_url(
    const struct node *root, const struct conf_storage *storage)
{
	const char *why = serves(storage);

	if (why && !node_member(root, "public_url"))
		node_missing(root, "public_url",
		    arena_print(node_scratch(root),
			"with %s clients must know how to reach this service, "
			"such as \"https://upload.example.org\"",
			why));
}

/* An embedded store makes a key_file for all, if there is none. */
static void check_keys(
    const struct node *root, const struct conf_storage *storage)
{
	const char *why = NULL;

	if (node_member(root, "key_file") ||
	    conf_has_store(root->reading->conf, CONF_STORE_FS))
		return;
	if (storage->s3.relay)
		why = "relay = true needs a key for upload tokens; make one "
		      "with `openssl rand -hex 32`";
	else if (storage->has_template &&
		 key_template_needs_key(&storage->template))
		why = "{owner} and {user} in storage.key need a key; make one "
		      "with `openssl rand -hex 32`";
	else if (storage->s3.get == S3_GET_REDIRECT)
		why = "get = \"redirect\" needs a key for its links; make one "
		      "with `openssl rand -hex 32`";
	if (why)
		node_missing(root, "key_file", why);
}

void storage_check(const struct node *root)
{
	struct conf *conf = root->reading->conf;

	for (size_t i = 0; i < conf->storage_count; i++) {
		struct conf_storage *storage = &conf->storages[i];

		check_public_url(root, storage);
		if (root->reading->has_store)
			check_keys(root, storage);
		storage->s3.name = storage->name;
		storage->s3.public_url = conf->public_url;
		storage->fs.public_url = conf->public_url;
		if (conf->has_key_file) {
			storage->s3.keyring = &conf->keyring;
			storage->fs.keyring = &conf->keyring;
		}
	}
}
