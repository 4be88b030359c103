#ifndef JANITOR_ADOPT_H
#define JANITOR_ADOPT_H

#include "janitor/janitor.h"
#include "net/fetch.h"

/*
 * `slotd adopt`: files that another server has kept on disk are copied into a
 * store, each under the key that a GET of its old path below a caller's base
 * looks for. Nothing is overwritten, so that it can be run again.
 *
 * adopt.c     one file
 * adopt_put.c its way into a store that takes uploads by HTTP
 * adopt_tree.c    folders whose paths are those of the URLs
 * adopt_prosody.c Prosody's, with their list
 */

struct adopt_tally {
	uint64_t copied;  /* in a dry run: would be */
	uint64_t there;   /* already, with the same size */
	uint64_t ended;   /* older than the caller's keep */
	uint64_t refused; /* not copied; each was told */
	uint64_t bytes;   /* of the copied */
};

struct adopt {
	const struct janitor *janitor;
	const struct caller *caller; /* has a base */
	struct store *store;
	bool dry_run;
	/* What is not adopted, and why. path: below the folder. */
	void (*refuse)(void *of, const char *path, const char *why);
	/* In a dry run: what would be copied, and the path of its URL,
	 * percent-encoded. */
	void (*would)(void *of, const char *path, const char *target);
	/* Called often; NULL: nobody looks. */
	void (*progress)(void *of, const struct adopt *adopt);
	void *of;

	struct fetch_line *line; /* of adopt_put; the caller closes it */
	struct adopt_tally tally;
	uint64_t under_way; /* bytes of the file that is being copied */
	unsigned failures;  /* of the store, one after the other */
	bool given_up;      /* after too many of them */
};

/* An old file. */
struct adopt_file {
	int fd;           /* open for reading; a regular file */
	const char *path; /* where it is, below the folder: to be shown */
	struct span url;  /* the path of its URL below the base, decoded */
	struct span type; /* a media type */
	uint64_t size;
	int64_t stored; /* unix seconds: when it was uploaded */
};

/* Why no file can be adopted by this caller; NULL: they can. */
const char *adopt_impossible(
    const struct caller *caller, const struct store *store);

/* Copies one file, unless it is there, and counts what came of it. False: the
 * work is to end, since it was stopped or the store fails again and again. */
bool adopt_file(struct adopt *adopt, const struct adopt_file *file);

/* Counts a file that cannot be adopted. */
void adopt_refuse(struct adopt *adopt, const char *path, const char *why);

/* Reads a piece of the file, and fails if it is not as it was when it was
 * opened: as give of struct fetch_request. */
long adopt_read(
    const struct adopt_file *file, uint64_t offset, char *bytes, size_t size);

/* adopt_put.c: by a class that has `forward`. As upload_commit of struct
 * store_class, with a sentence in why. */
#define ADOPT_PUT_MAX (UINT64_C(5) << 30) /* of S3, for one PUT */
enum failure adopt_put(struct adopt *adopt, const struct adopt_file *file,
    const struct store_request *request, struct buf *why);

/* adopt_tree.c: adopts all files below a folder, which stays open. levels: how
 * many folders each of them lies in; 0: any number. */
bool adopt_tree(struct adopt *adopt, int folder, unsigned levels);
/* Opens a regular file without following a link, and looks at it; -1 after
 * adopt_refuse, or with errno ENOENT. */
int adopt_open(struct adopt *adopt, int folder, const char *name,
    const char *path, struct adopt_file *ret_file);

/* adopt_prosody.c: adopts the files of an upload host from its folder in
 * Prosody's data_path. False, too, with a sentence in wrong if this is none;
 * wrong has STORE_WHY bytes. *ret_strange: files that the list does not name.
 */
bool adopt_prosody(
    struct adopt *adopt, int folder, struct buf *wrong, uint64_t *ret_strange);

#endif
