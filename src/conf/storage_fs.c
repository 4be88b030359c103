#include "conf/storage.h"

#include "conf/paths.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* Checks a folder; false when it does not exist. */
static bool judge(const struct node *node, const char *path)
{
	struct stat status;

	if (stat(path, &status) != 0)
		return false;
	if (!S_ISDIR(status.st_mode))
		node_wrong(node, "%s is not a folder", path);
	else if (status.st_mode & S_IWOTH)
		node_warn(node,
		    "%s is world-writable, so that others can plant files and "
		    "keys: chmod 700 %s",
		    path, path);
	else
		paths_warn_not_writable(node, path);
	return true;
}

/* Checks the folder of the uploads, which `serve` opens without following a
 * link. */
static void judge_files(const struct node *node, const char *path)
{
	const char *files =
	    arena_print(node_scratch(node), "%s/" FS_FILES, path);
	struct stat status;

	if (lstat(files, &status) == 0 && S_ISLNK(status.st_mode))
		node_wrong(node,
		    "%s is a symbolic link: make path the link instead, or "
		    "mount a disk there",
		    files);
	else
		judge(node, files);
}

static void read_path(const struct node *node, void *into)
{
	struct fs_config *fs = into;
	const char *path, *parent;
	struct stat status;
	struct span text;

	if (!value_path(node, &path))
		return;
	paths_use(node, CONF_FILLS);
	text = span_of(path);
	while (text.len > 1 && text.at[text.len - 1] == '/')
		text.len--;
	path = arena_copy(node_keep(node), text).at;
	parent = paths_folder(node_scratch(node), path);
	if (stat(parent, &status) < 0)
		node_wrong(node, "the folder %s: %s", parent, strerror(errno));
	else if (!S_ISDIR(status.st_mode))
		node_wrong(node, "%s is not a folder", parent);
	else if (judge(node, path))
		judge_files(node, path);
	else
		paths_warn_not_writable(node, parent);
	fs->path = path;
	node->reading->fs_node = node;
	node->reading->fs_path = path;
}

/* "5 %" of the disk, or a size. */
static void read_min_free(const struct node *node, void *into)
{
	struct fs_config *fs = into;
	struct span text;
	uint64_t number;

	if (node->type == NODE_STRING) {
		text = span_trim(span_of(node->string), " \t");
		if (text.len && text.at[text.len - 1] == '%') {
			text = span_trim(span_first(text, text.len - 1), " \t");
			if (!span_u64(text, &number) || number > 99) {
				node_wrong(
				    node, "must be from \"0 %%\" to \"99 %%\"");
				return;
			}
			fs->min_free_percent = (unsigned)number;
			fs->min_free_bytes = 0;
			return;
		}
	}
	if (value_size(node, &number)) {
		fs->min_free_percent = 0;
		fs->min_free_bytes = number;
	}
}

static const struct setting rows[] = {
	{ "path", WHOLE(read_path) },
	{ "expire_after",
	    GONE("it is policy.keep now, and counts for every store") },
	{ "min_free", WHOLE(read_min_free) },
};

/* Some uploads come with the time at which they go. */
static bool has_until(const struct conf *conf)
{
	for (size_t i = 0; i < conf->caller_count; i++)
		if (conf->callers[i].dialect == DIALECT_JWT ||
		    conf->callers[i].keep)
			return true;
	return false;
}

static void check(const struct node *group, struct conf_storage *storage)
{
	const struct conf *conf = group->reading->conf;
	struct fs_config *fs = storage->config;

	storage->folder = fs;
	fs->put_ttl = storage->put_ttl;
	fs->has_until = has_until(conf);
	fs->public_url = conf->public_url;
	fs->keyring = conf->has_key_file ? &conf->keyring : NULL;
	if (!node_member(group, "path"))
		node_missing(group, "path", "the folder for the files");
}

static bool make(
    const struct conf_storage *storage, char *wrong, size_t wrong_size)
{
	return fs_make(storage->folder->path, wrong, wrong_size);
}

static struct store *open(
    const struct store_opening *opening, char *wrong, size_t wrong_size)
{
	struct fs_config config = *opening->storage->folder;

	config.has_until |= opening->storage->ends;
	if (opening->looks)
		return fs_look(&config, wrong, wrong_size);
	if (opening->before)
		return fs_open_again(
		    &config, opening->before, wrong, wrong_size);
	return fs_open(&config, wrong, wrong_size);
}

static const struct fs_config defaults = { .min_free_percent = 5 };

const struct store_kind storage_fs_kind = {
	.class = &fs_class,
	.settings = { SETTINGS(rows), .type = "fs" },
	.size = sizeof defaults,
	.defaults = &defaults,
	.segment_max = FS_SEGMENT_MAX,
	.check = check,
	.make = make,
	.open = open,
};
