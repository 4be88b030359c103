#include "conf/raw.h"

#include "net/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void raw_put(struct raw *raw, struct span text)
{
	if (text.len >= raw->size - raw->len) {
		size_t size = 2 * (raw->size + text.len);
		char *bigger = memory_get(raw->memory, size);

		memcpy(bigger, raw->text, raw->len);
		raw->text = bigger;
		raw->size = size;
	}
	for (size_t i = 0; i < text.len; i++) {
		raw->text[raw->len++] = text.at[i];
		if (text.at[i] == '\n')
			faults_add_place(raw->faults, raw->source, ++raw->line);
	}
}

/* A whole file, and what source says of it; or errno. EFBIG: together with
 * the rest it is too large. ESPIPE: an include that is a FIFO. Nobody waits
 * for whoever writes into that; the file itself may come from another program,
 * as the shell's <( ) gives it. */
static bool read_file(struct raw *raw, const char *path, struct span *ret_text,
    struct source *source)
{
	size_t room = RAW_SIZE_MAX - raw->len;
	int fd = open(path,
	    O_RDONLY | O_CLOEXEC | O_NOCTTY | (raw->includes ? O_NONBLOCK : 0));
	ssize_t len;
	struct stat status;
	char *text;

	if (fd < 0)
		return false;
	if (fstat(fd, &status) < 0)
		status = (struct stat){ 0 };
	if (raw->includes && S_ISFIFO(status.st_mode)) {
		close(fd);
		errno = ESPIPE;
		return false;
	}
	if (S_ISREG(status.st_mode) && status.st_size > 0 &&
	    (size_t)status.st_size < room)
		room = (size_t)status.st_size;
	text = memory_try(raw->memory, room + 1);
	if (!text) {
		close(fd);
		memory_none();
	}
	len = input_read(fd, text, room + 1);
	int error = len > (ssize_t)room ? EFBIG : errno;
	close(fd);
	errno = error;
	if (len < 0 || len > (ssize_t)room)
		return false;
	*ret_text = (struct span){ text, (size_t)len };
	source->mode = status.st_mode;
	source->owner = (struct owner){ status.st_uid, status.st_gid };
	return true;
}

static const char *file_error(void)
{
	if (errno == EFBIG)
		return "it is larger than 1 MiB";
	return errno == ESPIPE ? "it is a FIFO" : strerror(errno);
}

/* The name to open: relative ones are looked for in the main file's folder. */
static const char *join(struct raw *raw, struct span name)
{
	struct span folder = span_of(span_starts(name, "/") ? "" : raw->folder);
	char *path = memory_get(raw->memory, folder.len + name.len + 1);

	memcpy(path, folder.at, folder.len);
	memcpy(path + folder.len, name.at, name.len);
	return path;
}

void raw_include(struct raw *raw, struct span name)
{
	const char *path = join(raw, name);
	struct source *source = memory_get(raw->memory, sizeof *source);
	struct source *before = raw->source;
	unsigned line = raw->line;
	unsigned at = (unsigned)raw->faults->place_count;
	struct span text;

	if (raw->includes == RAW_INCLUDES) {
		fault_add(raw->faults, at, "",
		    "@include: more than %d files in each other", RAW_INCLUDES);
		raw->stop = true;
		return;
	}
	raw->includes++;
	if (!read_file(raw, path, &text, source)) {
		raw->includes--;
		fault_add(raw->faults, at, "", "@include: cannot read %s: %s",
		    path, file_error());
		raw->incomplete = true;
		return;
	}
	source->name = path;
	raw->source = source;
	raw->line = 0;
	raw_put(raw, span_of("\n"));
	raw_scan(raw, text);
	raw->includes--;
	/* A line of its own, so that its last comment ends there. */
	raw->source = before;
	raw->line = line - 1;
	raw_put(raw, span_of("\n"));
}

bool raw_read(struct raw *raw, const char *path)
{
	struct span name = span_of(path);
	size_t slash = span_find_last(name, '/');
	struct span folder = span_first(name, slash < name.len ? slash + 1 : 0);
	struct source *source = memory_get(raw->memory, sizeof *source);
	struct span text;

	raw->folder = memory_copy(raw->memory, folder).at;
	raw->size = 4096;
	raw->text = memory_get(raw->memory, raw->size);
	raw->level_count = 1;
	raw->line = 1;
	raw->last = ';';
	raw->source = source;
	source->name = memory_copy(raw->memory, name).at;
	faults_add_place(raw->faults, source, 1);
	if (!read_file(raw, path, &text, source)) {
		fault_add(
		    raw->faults, 1, "", "cannot read it: %s", file_error());
		return false;
	}
	raw_scan(raw, text);
	raw_put(raw, (struct span){ "", 1 });
	return !raw->stop;
}
