#include "janitor/adopt.h"

#include "slot/media_type.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 32
#define SAME_FOLDER                                                            \
	(O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)

struct tree {
	struct adopt *adopt;
	unsigned levels;
	struct buf path; /* of what is looked at, below the first folder */
};

int adopt_open(struct adopt *adopt, int folder, const char *name,
    const char *path, struct adopt_file *ret_file)
{
	struct stat status;
	int fd = openat(folder, name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return -1;
	if (fd < 0) {
		adopt_refuse(adopt, path,
		    errno == ELOOP ? "it is a symbolic link, which is not "
				     "followed"
				   : strerror(errno));
		errno = 0;
		return -1;
	}
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
		*ret_file = (struct adopt_file){
			.fd = fd,
			.path = path,
			.size = (uint64_t)status.st_size,
			.stored = status.st_mtime,
		};
		return fd;
	}
	close(fd);
	adopt_refuse(adopt, path, "it is no regular file");
	errno = 0;
	return -1;
}

static bool take_file(
    struct tree *tree, int folder, const char *name, unsigned depth)
{
	struct adopt_file file;
	bool goes_on;

	if (tree->levels && depth != tree->levels) {
		adopt_refuse(tree->adopt, tree->path.at,
		    "it does not lie where this server keeps uploads");
		return true;
	}
	/* It may have gone meanwhile. */
	if (adopt_open(tree->adopt, folder, name, tree->path.at, &file) < 0)
		return true;
	file.url = buf_span(&tree->path);
	file.type = media_type_of_name(file.url);
	goes_on = adopt_file(tree->adopt, &file);
	close(file.fd);
	return goes_on;
}

static bool walk(struct tree *tree, int folder, unsigned depth);

static bool enter(
    struct tree *tree, int folder, const char *name, unsigned depth)
{
	int child;

	if (depth == DEPTH_MAX) {
		adopt_refuse(
		    tree->adopt, tree->path.at, "it lies in too many folders");
		return true;
	}
	child = openat(folder, name, SAME_FOLDER);
	if (child >= 0)
		return walk(tree, child, depth + 1);
	if (errno != ENOENT)
		adopt_refuse(tree->adopt, tree->path.at, strerror(errno));
	return true;
}

static bool is_folder(int folder, const struct dirent *entry)
{
	struct stat status;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_DIR;
	return fstatat(folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) ==
		   0 &&
	       S_ISDIR(status.st_mode);
}

static bool take(
    struct tree *tree, int folder, const struct dirent *entry, unsigned depth)
{
	const struct buf before = tree->path;
	bool goes_on = true;

	if (depth)
		buf_char(&tree->path, '/');
	buf_text(&tree->path, entry->d_name);
	if (!buf_ok(&tree->path))
		adopt_refuse(tree->adopt, entry->d_name,
		    "its path is longer than a link can be");
	else if (is_folder(folder, entry))
		goes_on = enter(tree, folder, entry->d_name, depth);
	else
		goes_on = take_file(tree, folder, entry->d_name, depth);
	tree->path = before;
	tree->path.at[tree->path.len] = '\0';
	return goes_on;
}

/* Takes the descriptor. */
static bool walk(struct tree *tree, int folder, unsigned depth)
{
	DIR *list = fdopendir(folder);
	const struct dirent *entry;
	bool goes_on = true;

	if (!list) {
		close(folder);
		adopt_refuse(tree->adopt, tree->path.at, strerror(errno));
		return true;
	}
	for (errno = 0; goes_on && (entry = readdir(list)); errno = 0)
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			goes_on = take(tree, dirfd(list), entry, depth) &&
				  !janitor_stopped(tree->adopt->janitor);
	if (goes_on && errno)
		adopt_refuse(tree->adopt, tree->path.at, strerror(errno));
	closedir(list);
	return goes_on;
}

bool adopt_tree(struct adopt *adopt, int folder, unsigned levels)
{
	char memory[OBJECT_KEY_MAX + 1];
	struct tree tree = { .adopt = adopt,
		.levels = levels,
		.path = buf_of(memory, sizeof memory) };
	int again = openat(folder, ".", SAME_FOLDER);

	if (again >= 0)
		return walk(&tree, again, 0);
	adopt_refuse(adopt, ".", strerror(errno));
	return true;
}
