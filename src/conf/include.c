#include "conf/include.h"

#include "conf/scan.h"
#include "fence/fence.h"
#include "net/input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define INCLUDES_MAX 10 /* that include each other, as in libconfig */

/* The state of reading a file and its includes. */
struct files {
	struct reading *reading;
	struct scan scan;
	unsigned depth; /* 0: the main file */
	size_t size;    /* of all files so far */
};

/*
 * Reads a whole file, and its mode and owner into origin. On failure errno is
 * set: EFBIG when all files together are too large, ESPIPE when an included
 * file is a FIFO, since opening one may block. The main file may be a FIFO,
 * such as the shell's <( ).
 */
static bool read_file(
    struct files *files, struct origin *origin, struct span *ret_text)
{
	const bool included = files->depth > 0;
	size_t room = TEXT_MAX - files->size;
	int fd = open(origin->name,
	    O_RDONLY | O_CLOEXEC | O_NOCTTY | (included ? O_NONBLOCK : 0));
	ssize_t len;
	struct stat status;
	char *text;

	if (fd < 0)
		return false;
	if (fstat(fd, &status) < 0)
		status = (struct stat){ 0 };
	if (included && S_ISFIFO(status.st_mode)) {
		close(fd);
		errno = ESPIPE;
		return false;
	}
	if (S_ISREG(status.st_mode) && status.st_size > 0 &&
	    (size_t)status.st_size < room)
		room = (size_t)status.st_size;
	text = arena_try(&files->reading->scratch, room + 1);
	if (!text) {
		close(fd);
		arena_none();
	}
	len = input_read(fd, text, room + 1);
	int error = len > (ssize_t)room ? EFBIG : errno;
	close(fd);
	errno = error;
	if (len < 0 || len > (ssize_t)room)
		return false;
	files->size += (size_t)len;
	*ret_text = (struct span){ text, (size_t)len };
	origin->mode = status.st_mode;
	origin->owner = (struct owner){ status.st_uid, status.st_gid };
	return true;
}

static const char *file_error(const char *path)
{
	if (errno == EFBIG)
		return "larger than 1 MiB, with all that it includes";
	return errno == ESPIPE ? "a FIFO cannot be included"
			       : fence_error(errno, path);
}

static void add_fault(struct files *files, const char *what)
{
	const struct fault fault = {
		.line = text_line(files->reading),
		.path = "",
		.text = what,
	};

	fault_add(&files->reading->faults, &fault);
}

static void scan_file(struct files *files, struct span text);

static void include(struct files *files, struct span name)
{
	struct reading *reading = files->reading;
	struct arena *arena = &reading->scratch;
	struct origin *origin = arena_get(arena, sizeof *origin);
	struct origin *before = reading->text.origin;
	unsigned line = reading->text.line;
	struct span text;

	if (memchr(name.at, '\0', name.len)) {
		add_fault(files, "@include: the file name has a NUL byte");
		return;
	}
	origin->name = arena_print(arena, "%s%s",
	    span_starts(name, "/") ? "" : reading->folder, name.at);
	if (files->depth == INCLUDES_MAX) {
		scan_stop(&files->scan,
		    arena_print(arena,
			"@include: more than %d files include each other",
			INCLUDES_MAX));
		return;
	}
	files->depth++;
	if (read_file(files, origin, &text)) {
		text_go_on(reading, origin, 0);
		text_put(reading, span_of("\n"));
		scan_file(files, text);
		/* A comment in the last line of the file ends here. */
		text_go_on(reading, before, line - 1);
		text_put(reading, span_of("\n"));
	} else {
		add_fault(
		    files, arena_print(arena, "@include: cannot read %s: %s",
			       origin->name, file_error(origin->name)));
		reading->incomplete = true;
	}
	files->depth--;
}

static void scan_file(struct files *files, struct span text)
{
	struct span name;

	scan_begin(&files->scan, &text);
	while (scan_next(&files->scan, &text, &name))
		include(files, name);
}

bool include_read(struct reading *reading, const char *path)
{
	struct arena *arena = &reading->scratch;
	struct files files = { .reading = reading };
	struct span name = span_of(path), text;
	size_t slash = span_find_last(name, '/');
	struct origin *origin = arena_get(arena, sizeof *origin);

	reading->folder = arena_copy(
	    arena, span_first(name, slash < name.len ? slash + 1 : 0))
			      .at;
	origin->name = arena_copy(arena, name).at;
	text_go_on(reading, origin, 1);
	faults_add_place(&reading->faults, origin, 1);
	scan_init(&files.scan, reading);
	if (!read_file(&files, origin, &text)) {
		add_fault(
		    &files, arena_print(arena, "cannot read this file: %s",
				file_error(path)));
		return false;
	}
	scan_file(&files, text);
	text_put(reading, (struct span){ "", 1 });
	return !files.scan.stop;
}
