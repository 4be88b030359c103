#include "conf/paths.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* One that was named. */
struct named_path {
	struct named_path *next;
	const struct node *node;
	const char *path;
};

void paths_add(struct reader *reader, const struct node *node, const char *path)
{
	struct named_path *named = memory_get(reader->scratch, sizeof *named);

	named->node = node;
	named->path = path;
	named->next = reader->paths;
	reader->paths = named;
}

/* The folder's real path with a name behind it. */
static const char *join(
    struct reader *reader, const char *folder, struct span name)
{
	size_t size = strlen(folder) + name.len + 2;
	struct buf out;

	buf_init(&out, memory_get(reader->scratch, size), size);
	buf_text(&out, strcmp(folder, "/") == 0 ? "" : folder);
	buf_char(&out, '/');
	buf_add(&out, name);
	return out.at;
}

/* Without links and dots; NULL: it is not there. */
static const char *real_path(struct reader *reader, const char *path)
{
	char *real = realpath(path, NULL);
	const char *kept = NULL;

	if (real)
		kept = memory_copy(reader->scratch, span_of(real)).at;
	free(real);
	return kept;
}

/* Where a name stands, whether or not something is there: its folder without
 * links and dots, and its last segment as it is. */
static const char *real_name(struct reader *reader, const char *path)
{
	struct span text = span_of(path), name;
	const char *folder;
	size_t slash;

	while (text.len > 1 && text.at[text.len - 1] == '/')
		text.len--;
	slash = span_find_last(text, '/');
	name = slash < text.len ? span_from(text, slash + 1) : text;
	if (!name.len || span_is(name, ".") || span_is(name, ".."))
		return real_path(reader, path);
	path = memory_copy(reader->scratch, text).at;
	folder = parent_folder(reader, path);
	if (real_path(reader, folder))
		folder = real_path(reader, folder);
	else if (strcmp(folder, "/") != 0 && strcmp(folder, ".") != 0)
		folder = real_name(reader, folder);
	return folder ? join(reader, folder, name) : NULL;
}

/* By its name, and by what is mounted elsewhere, too. */
static bool is_below(struct reader *reader, const char *path, const char *files)
{
	struct span text = span_of(path);
	struct stat wanted, found;
	bool known = stat(files, &wanted) == 0;

	if (span_starts(text, files) &&
	    (!path[strlen(files)] || path[strlen(files)] == '/'))
		return true;
	while (known && text.len) {
		const char *part = memory_copy(reader->scratch, text).at;

		if (stat(part, &found) == 0 && found.st_ino == wanted.st_ino &&
		    found.st_dev == wanted.st_dev)
			return true;
		text = span_first(text, span_find_last(text, '/'));
		if (span_find(text, '/') == text.len)
			break;
	}
	return false;
}

static bool leads_below(
    struct reader *reader, const char *path, const char *files)
{
	const char *there = real_path(reader, path);
	const char *name = real_name(reader, path);

	return (there && is_below(reader, there, files)) ||
	       (name && is_below(reader, name, files));
}

/* The file that was read, and what it includes. */
static void check_sources(struct reader *reader, const char *files)
{
	const struct faults *faults = reader->faults;
	const struct source *source = NULL;

	for (size_t i = 0; i < faults->place_count; i++) {
		if (faults->places[i].source == source)
			continue;
		source = faults->places[i].source;
		if (leads_below(reader, source->name, files))
			node_wrong(reader, reader->fs_node,
			    "%s lies below %s, where uploads are: move it",
			    source->name, files);
	}
}

void paths_check(struct reader *reader)
{
	const char *home, *files;

	if (!reader->fs_node)
		return;
	home = real_path(reader, reader->fs_path);
	if (!home)
		home = real_name(reader, reader->fs_path);
	if (!home)
		return;
	files = join(reader, home, span_of(FS_FILES));
	for (const struct named_path *named = reader->paths; named;
	     named = named->next)
		if (leads_below(reader, named->path, files))
			node_wrong(reader, named->node,
			    "%s lies below %s, where uploads are served and "
			    "removed: move it",
			    named->path, files);
	check_sources(reader, files);
}
