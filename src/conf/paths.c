#include "conf/paths.h"

#include "store/unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void paths_add(const struct node *node, const char *path)
{
	struct reading *reading = node->reading;
	struct named_path *named = arena_get(&reading->scratch, sizeof *named);

	named->node = node;
	named->path = path;
	named->use = CONF_READS;
	named->next = reading->paths;
	reading->paths = named;
}

void paths_use(const struct node *node, enum conf_use use)
{
	struct named_path *named = node->reading->paths;

	while (named && named->node != node)
		named = named->next;
	if (named)
		named->use = use;
}

const char *paths_folder(struct arena *arena, const char *path)
{
	struct span text = span_of(path);
	size_t slash = span_find_last(text, '/');

	if (slash == text.len)
		return ".";
	return arena_copy(arena, span_first(text, slash ? slash : 1)).at;
}

void paths_warn_not_writable(const struct node *node, const char *folder)
{
	char hint[UNIT_HINT];

	if (access(folder, R_OK | W_OK | X_OK) == 0)
		return;
	unit_path_hint(errno, folder, hint);
	node_warn(node, "the user running this check cannot write to %s: %s%s",
	    folder, strerror(errno), hint);
}

static const char *join(
    struct arena *arena, const char *folder, const char *name)
{
	return arena_print(
	    arena, "%s/%s", strcmp(folder, "/") == 0 ? "" : folder, name);
}

/* A path without symbolic links and dots; NULL: it does not exist. */
static const char *real_path(struct arena *arena, const char *path)
{
	char *real = realpath(path, NULL);
	const char *kept = NULL;

	if (real)
		kept = arena_copy(arena, span_of(real)).at;
	free(real);
	return kept;
}

/* The same of a name that need not exist: only its folder is resolved. */
static const char *real_name(struct arena *arena, const char *path)
{
	struct span text = span_of(path), name;
	const char *folder;
	size_t slash;

	while (text.len > 1 && text.at[text.len - 1] == '/')
		text.len--;
	text = arena_copy(arena, text);
	slash = span_find_last(text, '/');
	name = slash < text.len ? span_from(text, slash + 1) : text;
	if (!name.len || span_is(name, ".") || span_is(name, ".."))
		return real_path(arena, path);
	path = text.at;
	folder = paths_folder(arena, path);
	if (real_path(arena, folder))
		folder = real_path(arena, folder);
	else if (strcmp(folder, "/") != 0 && strcmp(folder, ".") != 0)
		folder = real_name(arena, folder);
	return folder ? join(arena, folder, name.at) : NULL;
}

/* Compares names, and devices and inodes, since a folder may be mounted in
 * several places. */
static bool is_below(struct arena *arena, const char *path, const char *files)
{
	struct span text = span_of(path);
	struct stat wanted, found;
	bool known = stat(files, &wanted) == 0;

	if (span_starts(text, files) &&
	    (!path[strlen(files)] || path[strlen(files)] == '/'))
		return true;
	while (known && text.len) {
		const char *part = arena_copy(arena, text).at;

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
    struct arena *arena, const char *path, const char *files)
{
	const char *there = real_path(arena, path);
	const char *name = real_name(arena, path);

	return (there && is_below(arena, there, files)) ||
	       (name && is_below(arena, name, files));
}

/* The configuration and the files that it includes. */
static void check_origins(struct reading *reading, const char *files)
{
	const struct faults *faults = &reading->faults;
	const struct origin *origin = NULL;

	for (size_t i = 0; i < faults->place_count; i++) {
		if (faults->places[i].origin == origin)
			continue;
		origin = faults->places[i].origin;
		if (leads_below(&reading->scratch, origin->name, files))
			node_wrong(reading->fs_node,
			    "%s is below %s, where uploads are: move the file "
			    "elsewhere",
			    origin->name, files);
	}
}

void paths_check(struct reading *reading)
{
	struct arena *arena = &reading->scratch;
	const char *home, *files;

	if (!reading->fs_node)
		return;
	home = real_path(arena, reading->fs_path);
	if (!home)
		home = real_name(arena, reading->fs_path);
	if (!home)
		return;
	files = join(arena, home, FS_FILES);
	for (const struct named_path *named = reading->paths; named;
	     named = named->next)
		if (leads_below(arena, named->path, files))
			node_wrong(named->node,
			    "%s is below %s, where uploads are served and "
			    "removed: move the file elsewhere",
			    named->path, files);
	check_origins(reading, files);
}

/* NULL: this is the first line. */
static const struct origin *origin_before(
    const struct faults *faults, size_t line)
{
	return line ? faults->places[line - 1].origin : NULL;
}

/* The paths of settings live as long as the configuration; names of its own
 * files do not. */
void paths_keep(struct reading *reading)
{
	const struct faults *faults = &reading->faults;
	struct arena *arena = &reading->conf->keep;
	struct conf *conf = reading->conf;
	size_t count = 0;

	for (const struct named_path *named = reading->paths; named;
	     named = named->next)
		count++;
	for (size_t i = 0; i < faults->place_count; i++)
		count += faults->places[i].origin != origin_before(faults, i);
	conf->paths = arena_get(arena, count * sizeof *conf->paths);
	for (const struct named_path *named = reading->paths; named;
	     named = named->next)
		conf->paths[conf->path_count++] =
		    (struct conf_path){ named->path, named->use };
	for (size_t i = 0; i < faults->place_count; i++) {
		const struct origin *origin = faults->places[i].origin;

		if (origin != origin_before(faults, i))
			conf->paths[conf->path_count++] = (struct conf_path){
				arena_copy(arena, span_of(origin->name)).at,
				CONF_READS,
			};
	}
}
