#include "conf/storage.h"

#include "store/unit.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whoever checks may be another than who serves. */
static void warn_not_writable(
    struct reader *reader, const struct node *node, const char *folder)
{
	char hint[UNIT_HINT];

	if (access(folder, R_OK | W_OK | X_OK) == 0)
		return;
	unit_path_hint(errno, folder, hint);
	node_warn(reader, node,
	    "the user who runs this check cannot write to %s: %s%s", folder,
	    strerror(errno), hint);
}

/* False when there is nothing of this name. */
static bool judge(
    struct reader *reader, const struct node *node, const char *path)
{
	struct stat status;

	if (stat(path, &status) != 0)
		return false;
	if (!S_ISDIR(status.st_mode))
		node_wrong(reader, node, "%s is no folder", path);
	else if (status.st_mode & S_IWOTH)
		node_warn(reader, node,
		    "others may write to %s, and so plant files and keys: "
		    "chmod 700 it",
		    path);
	else
		warn_not_writable(reader, node, path);
	return true;
}

/* Where uploads are, as `serve` opens it. */
static void judge_files(
    struct reader *reader, const struct node *node, const char *path)
{
	size_t size = strlen(path) + sizeof "/" FS_FILES;
	struct stat status;
	struct buf files;

	buf_init(&files, memory_get(reader->scratch, size), size);
	buf_text(&files, path);
	buf_text(&files, "/" FS_FILES);
	if (lstat(files.at, &status) == 0 && S_ISLNK(status.st_mode))
		node_wrong(reader, node,
		    "%s is a symbolic link: make path one instead, or mount "
		    "a disk there",
		    files.at);
	else
		judge(reader, node, files.at);
}

void fs_path(struct reader *reader, const struct node *node, void *into)
{
	struct fs_config *fs = into;
	const char *path, *parent;
	struct stat status;
	struct span text;

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
	else if (judge(reader, node, path))
		judge_files(reader, node, path);
	else
		warn_not_writable(reader, node, parent);
	fs->path = path;
	reader->fs_node = node;
	reader->fs_path = path;
}

void fs_expire(struct reader *reader, const struct node *node, void *into)
{
	struct fs_config *fs = into;
	int64_t seconds;

	if (read_integer(reader, node, 0, INT32_MAX, &seconds))
		fs->expire_after = (uint32_t)seconds;
}

/* "5 %" of the disk, or a size. */
void fs_min_free(struct reader *reader, const struct node *node, void *into)
{
	struct fs_config *fs = into;
	struct span text;
	uint64_t number;

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
