#include "conf/storage.h"

#include "conf/paths.h"
#include "store/unit.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whoever checks may be another than who serves. */
static void warn_not_writable(const struct node *node, const char *folder)
{
	char hint[UNIT_HINT];

	if (access(folder, R_OK | W_OK | X_OK) == 0)
		return;
	unit_path_hint(errno, folder, hint);
	node_warn(node, "the user who runs this check cannot write to %s: %s%s",
	    folder, strerror(errno), hint);
}

/* False when there is nothing of this name. */
static bool judge(const struct node *node, const char *path)
{
	struct stat status;

	if (stat(path, &status) != 0)
		return false;
	if (!S_ISDIR(status.st_mode))
		node_wrong(node, "%s is no folder", path);
	else if (status.st_mode & S_IWOTH)
		node_warn(node,
		    "others may write to %s, and so plant files and keys: "
		    "chmod 700 it",
		    path);
	else
		warn_not_writable(node, path);
	return true;
}

/* Where uploads are, as `serve` opens it. */
static void judge_files(const struct node *node, const char *path)
{
	const char *files =
	    arena_print(node_scratch(node), "%s/" FS_FILES, path);
	struct stat status;

	if (lstat(files, &status) == 0 && S_ISLNK(status.st_mode))
		node_wrong(node,
		    "%s is a symbolic link: make path one instead, or mount "
		    "a disk there",
		    files);
	else
		judge(node, files);
}

void storage_fs_path(const struct node *node, void *into)
{
	struct fs_config *fs = into;
	const char *path, *parent;
	struct stat status;
	struct span text;

	if (!value_path(node, &path))
		return;
	text = span_of(path);
	while (text.len > 1 && text.at[text.len - 1] == '/')
		text.len--;
	path = arena_copy(node_keep(node), text).at;
	parent = paths_folder(node_scratch(node), path);
	if (stat(parent, &status) < 0)
		node_wrong(node, "the folder %s: %s", parent, strerror(errno));
	else if (!S_ISDIR(status.st_mode))
		node_wrong(node, "%s is no folder", parent);
	else if (judge(node, path))
		judge_files(node, path);
	else
		warn_not_writable(node, parent);
	fs->path = path;
	node->reading->fs_node = node;
	node->reading->fs_path = path;
}

/* "5 %" of the disk, or a size. */
void storage_fs_min_free(const struct node *node, void *into)
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
