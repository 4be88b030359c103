#include "janitor/adopt.h"

#include "janitor/adopt_list.h"
#include "slot/media_type.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/*
 * A host's folder in Prosody's data_path has uploads.list, the slots, and
 * http_file_share/ID.bin, their files, named as util.datamanager escapes ids:
 * what is no letter or digit is %xx in lower case. Its links are
 * …/ID/FILENAME; only the list knows the names, and links of files that it
 * does not have are dead already.
 */
#define LIST "uploads.list"
#define FILES "http_file_share"
#define ENDING ".bin"
/* Each byte may be escaped. */
#define NAME_MAX_BYTES (3 * ADOPT_LIST_ID + sizeof ENDING)

static void write_name(struct buf *out, struct span id)
{
	char escaped[4];

	for (size_t i = 0; i < id.len; i++) {
		if (ascii_alnum(id.at[i])) {
			buf_char(out, id.at[i]);
			continue;
		}
		snprintf(escaped, sizeof escaped, "%%%02x",
		    (unsigned)(unsigned char)id.at[i]);
		buf_text(out, escaped);
	}
	buf_text(out, ENDING);
}

static struct span type_of(const struct adopt_entry *entry)
{
	const struct span type = media_type_hint(span_of(entry->type));

	return type.len ? type : span_of(MEDIA_TYPE_UNKNOWN);
}

static bool take(struct adopt *adopt, const struct adopt_entry *entry,
    struct adopt_file *file)
{
	char memory[ADOPT_LIST_ID + ADOPT_LIST_NAME + 1];
	struct buf url = buf_of(memory, sizeof memory);

	/* Prosody gives a file its name when it is whole. */
	if (entry->has_size && entry->size != file->size) {
		adopt_refuse(
		    adopt, file->path, "its size is not the one in " LIST);
		return true;
	}
	buf_text(&url, entry->id);
	buf_char(&url, '/');
	buf_text(&url, entry->name);
	file->url = buf_span(&url);
	file->type = type_of(entry);
	if (entry->stored >= 0)
		file->stored = entry->stored;
	return adopt_file(adopt, file);
}

/* *ret_met: how many of the files are in the list. */
static bool take_entry(struct adopt *adopt, int files,
    const struct adopt_entry *entry, uint64_t *ret_met)
{
	char memory[NAME_MAX_BYTES], shown[sizeof FILES + NAME_MAX_BYTES];
	struct buf name = buf_of(memory, sizeof memory);
	struct adopt_file file;
	bool goes_on;

	if (!*entry->id || strchr(entry->id, '/') || !*entry->name) {
		adopt_refuse(adopt, *entry->id ? entry->id : LIST,
		    "its entry in " LIST " has no usable id or filename");
		return true;
	}
	write_name(&name, span_of(entry->id));
	snprintf(shown, sizeof shown, FILES "/%s", memory);
	/* A slot that was never used, or one that has expired. */
	if (adopt_open(adopt, files, memory, shown, &file) < 0) {
		*ret_met += errno != ENOENT;
		return true;
	}
	(*ret_met)++;
	goes_on = take(adopt, entry, &file);
	close(file.fd);
	return goes_on;
}

static bool take_all(
    struct adopt *adopt, int files, FILE *lines, uint64_t *ret_met)
{
	struct adopt_entry entry;
	struct adopt_list list;
	enum adopt_listed found;
	char why[128];

	adopt_list_open(&list, lines);
	while ((found = adopt_list_next(&list, &entry)) == ADOPT_LISTED)
		if (!take_entry(adopt, files, &entry, ret_met) ||
		    janitor_stopped(adopt->janitor))
			return false;
	if (found == ADOPT_LIST_END)
		return true;
	snprintf(why, sizeof why,
	    "line %u is not as Prosody writes it: what follows is left",
	    list.line);
	adopt_refuse(adopt, LIST, why);
	return true;
}

/* Takes the descriptor. */
static uint64_t count(int files)
{
	DIR *list = fdopendir(files);
	const struct dirent *entry;
	uint64_t found = 0;

	if (!list) {
		close(files);
		return 0;
	}
	while ((entry = readdir(list))) {
		const size_t len = strlen(entry->d_name);

		found +=
		    len > strlen(ENDING) &&
		    strcmp(entry->d_name + len - strlen(ENDING), ENDING) == 0;
	}
	closedir(list);
	return found;
}

static bool fail(struct buf *wrong, const char *name)
{
	buf_text(wrong, name);
	buf_text(wrong, ": ");
	buf_text(wrong, strerror(errno));
	if (errno == ENOENT)
		buf_text(wrong,
		    "; it must be the folder of the host with "
		    "mod_http_file_share, such as "
		    "/var/lib/prosody/upload%2eexample%2eorg, and Prosody "
		    "must keep its data in files (storage = \"internal\")");
	return false;
}

static FILE *open_list(int folder)
{
	const int fd = openat(
	    folder, LIST, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	FILE *lines = fd < 0 ? NULL : fdopen(fd, "r");

	if (!lines && fd >= 0)
		close(fd);
	return lines;
}

bool adopt_prosody(
    struct adopt *adopt, int folder, struct buf *wrong, uint64_t *ret_strange)
{
	FILE *lines = open_list(folder);
	uint64_t met = 0, found;
	bool goes_on;
	int files;

	if (!lines)
		return fail(wrong, LIST);
	files = openat(
	    folder, FILES, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (files < 0) {
		fail(wrong, FILES);
		fclose(lines);
		return false;
	}
	goes_on = take_all(adopt, files, lines, &met);
	fclose(lines);
	found = count(files);
	*ret_strange = goes_on && found > met ? found - met : 0;
	return goes_on;
}
