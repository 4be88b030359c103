#include "conf/storage.h"

#include "conf/sections.h"

#include <string.h>

#define PUT_TTL 600
#define PUT_TTL_MAX 604800

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
	{ "put_ttl", SECONDS(struct conf_storage, put_ttl, 1, PUT_TTL_MAX) },
	{ "key", WHOLE(read_key) },
};

size_t storage_named(const struct conf *conf, struct span name)
{
	size_t i = 0;

	while (i < conf->storage_count &&
	       !span_equal(conf->storages[i].name, name))
		i++;
	return i;
}

/* The name of an entry of `storages`. */
static void read_name(const struct node *group, struct conf_storage *storage)
{
	const struct node *node = node_member(group, "name");
	const struct conf *conf = group->reading->conf;
	struct span name;

	if (!node)
		node_missing(group, "name",
		    "each store needs a name, such as \"archive\"");
	if (!node || !value_checked(node, value_id, &name))
		return;
	if (storage_named(conf, name) == conf->storage_count)
		storage->name = name;
	else
		node_wrong(node, "%s",
		    span_is(name, CONF_DEFAULT_STORE)
			? "`storage` already has this name"
			: "another store already has this name");
}

static size_t count_kinds(void)
{
	size_t count = 0;

	while (store_kinds[count])
		count++;
	return count;
}

/* "s3|fs" */
static const char *type_words(const struct node *group)
{
	const char *words = store_kinds[0]->class->type;

	for (size_t i = 1; store_kinds[i]; i++)
		words = arena_print(node_scratch(group), "%s|%s", words,
		    store_kinds[i]->class->type);
	return words;
}

/* Slotd itself serves the files of one store at most. */
static bool has_files(const struct conf *conf)
{
	for (size_t i = 0; i < conf->storage_count; i++)
		if (conf->storages[i].kind->class->file_open)
			return true;
	return false;
}

/* Gives the number of its kind; false when it is not known. */
static bool read_type(const struct node *group, unsigned *ret_number)
{
	const struct node *node = node_member(group, "type");
	const char *words = type_words(group);

	if (!node)
		node_missing(group, "type", value_words(group, words));
	if (!node || !value_word(node, words, ret_number))
		return false;
	if (store_kinds[*ret_number]->class->file_open &&
	    has_files(node->reading->conf))
		node_wrong(node, "another store already has this type: there "
				 "can be only one embedded store");
	return true;
}

/* The length of bucket_url's key prefix. The first segment of its path does
 * not count, since it may be the bucket's name. */
static size_t prefix_of(const struct conf_storage *storage)
{
	struct span path;
	size_t len;

	if (!storage->s3)
		return 0;
	path = span_from(storage->s3->bucket.path, 1);
	path = span_from(path, span_find(path, '/'));
	len = path.len;
	for (size_t i = 0; i < path.len; i++)
		len -= path.at[i] == '%' ? 2 : 0;
	return len;
}

/* told: one warning is enough. Gives whether the part can be too long. */
static bool check_part(const struct node *node, const char *what,
    struct key_range bytes, size_t max, bool told)
{
	if (bytes.least > max)
		node_wrong(node,
		    "%s has at least %zu bytes; the store takes at most %zu",
		    what, bytes.least, max);
	else if (bytes.most > max && !told)
		node_warn(node,
		    "%s can have %zu bytes; the store takes at most %zu: long "
		    "domains or file names get no slot",
		    what, bytes.most, max);
	return bytes.most > max;
}

/* A key that no store takes, or not with each domain and file name. */
static void check_key(
    const struct node *group, const struct conf_storage *storage)
{
	const struct node *node = node_member(group, "key");
	const size_t prefix = prefix_of(storage);
	const struct key_size size = key_template_size(&storage->template);
	bool told = check_part(node,
	    prefix ? "the object key with bucket_url's prefix"
		   : "the object key",
	    (struct key_range){
		size.key.least + prefix, size.key.most + prefix },
	    OBJECT_KEY_MAX, false);

	if (storage->kind->segment_max)
		check_part(node, "a part between slashes", size.segment,
		    storage->kind->segment_max, told);
}

/* The tables of the group: `rows`, then that of each kind with what it fills,
 * since until the type is known it may be any. */
static struct settings *make_tables(const struct node *group)
{
	const size_t count = count_kinds();
	struct settings *tables =
	    arena_get(node_scratch(group), (count + 1) * sizeof *tables);

	tables[0] = (struct settings){ SETTINGS(rows) };
	for (size_t i = 0; i < count; i++) {
		const struct store_kind *kind = store_kinds[i];
		struct settings *table = &tables[i + 1];

		*table = kind->settings;
		table->into = arena_get(node_keep(group), kind->size);
		if (kind->defaults)
			memcpy(table->into, kind->defaults, kind->size);
		tables[i].more = table;
	}
	return tables;
}

static void read_kind(const struct node *group, struct conf_storage *storage)
{
	const struct settings *tables = make_tables(group);
	const char *type = NULL;
	unsigned number = 0;
	bool known = read_type(group, &number);

	if (known) {
		storage->kind = store_kinds[number];
		storage->config = tables[number + 1].into;
		storage->takes_uploads = storage->kind->class->upload_open;
		storage->gives_files = storage->kind->class->file_open;
		type = storage->kind->class->type;
	}
	settings_read_typed(group, tables, "storage", type, storage);
	for (size_t i = 0; store_kinds[i]; i++)
		if (store_kinds[i]->read && (!known || i == number))
			store_kinds[i]->read(group, tables[i + 1].into);
	if (!known)
		group->reading->has_store = false;
	if (storage->kind->check)
		storage->kind->check(group, storage);
	if (known && storage->has_template)
		check_key(group, storage);
}

/* Of a type that is not known. */
static const struct store_class no_class = { .type = "" };
static const struct store_kind no_kind = { .class = &no_class };

static void read_storage(const struct node *group, bool in_list)
{
	struct conf *conf = group->reading->conf;
	struct conf_storage *storage = &conf->storages[conf->storage_count];

	group->reading->storage_nodes[conf->storage_count] = group;
	storage->name = span_of(in_list ? "" : CONF_DEFAULT_STORE);
	storage->kind = &no_kind;
	storage->put_ttl = PUT_TTL;
	if (value_group(group)) {
		if (in_list)
			read_name(group, storage);
		else if (node_member(group, "name"))
			node_wrong(node_member(group, "name"),
			    "is only for entries of storages; here the name "
			    "is always \"" CONF_DEFAULT_STORE "\"");
		read_kind(group, storage);
	} else {
		group->reading->has_store = false;
	}
	conf->storage_count++;
}

/* The first store is used for JIDs that no domain matches. */
static void put_default_first(struct conf *conf, const struct node **nodes)
{
	struct conf_storage first;
	const struct node *node;

	for (size_t i = 1; i < conf->storage_count; i++) {
		if (!span_is(conf->storages[i].name, CONF_DEFAULT_STORE))
			continue;
		first = conf->storages[i];
		conf->storages[i] = conf->storages[0];
		conf->storages[0] = first;
		node = nodes[i];
		nodes[i] = nodes[0];
		nodes[0] = node;
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
	root->reading->storage_nodes = arena_get(node_scratch(root),
	    (count + 1) * sizeof *root->reading->storage_nodes);
	if (one)
		read_storage(one, false);
	for (size_t i = 0; i < count; i++)
		read_storage(node_at(list, i), true);
	put_default_first(conf, root->reading->storage_nodes);
}

static void check_public_url(
    const struct node *root, const struct conf_storage *storage)
{
	const char *why =
	    storage->gives_files ? "get = \"redirect\"" : "relay = true";

	if (node_member(root, "public_url") ||
	    (!storage->takes_uploads && !storage->gives_files))
		return;
	if (!storage->s3)
		why = arena_print(node_scratch(root), "storage type \"%s\"",
		    storage->kind->class->type);
	node_missing(root, "public_url",
	    arena_print(node_scratch(root),
		"with %s clients must know how to reach this service, "
		"such as \"https://upload.example.org\"",
		why));
}

/* Whether a store makes a key_file for all, if there is none. */
static bool makes_key(const struct conf *conf)
{
	for (size_t i = 0; i < conf->storage_count; i++)
		if (conf->storages[i].kind->class->makes_keys)
			return true;
	return false;
}

static void check_keys(
    const struct node *root, const struct conf_storage *storage)
{
	const char *why = NULL;

	if (node_member(root, "key_file") || makes_key(root->reading->conf))
		return;
	if (storage->takes_uploads)
		why = storage->s3
			  ? "relay = true needs a key for upload tokens"
			  : "this storage type needs a key for upload tokens";
	else if (storage->has_template &&
		 key_template_needs_key(&storage->template))
		why = "{owner} and {user} in storage.key need a key";
	else if (storage->gives_files)
		why = "get = \"redirect\" needs a key for its links";
	if (why)
		node_missing(root, "key_file",
		    arena_print(node_scratch(root),
			"%s; make one with `openssl rand -hex 32`", why));
}

void storage_check(const struct node *root)
{
	const struct conf *conf = root->reading->conf;

	for (size_t i = 0; i < conf->storage_count; i++) {
		check_public_url(root, &conf->storages[i]);
		if (root->reading->has_store)
			check_keys(root, &conf->storages[i]);
	}
}
