#include "doctor/private.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum verdict check_folder(struct doctor *doctor)
{
	const char *path = doctor->storage->fs.path;
	struct stat status;

	if (stat(path, &status) != 0) {
		seen(doctor, "%s: %s", path, strerror(errno));
		change(doctor,
		    "slotd makes it at its start when the folder above is "
		    "there and writable; or:\n"
		    "   install -d -m 700 -o slotd %s\n",
		    path);
		return errno == ENOENT ? VERDICT_WARNING : VERDICT_FAILURE;
	}
	if (!S_ISDIR(status.st_mode)) {
		seen(doctor, "%s is no folder", path);
		change(doctor, "path must name a folder of slotd's own.\n");
		return VERDICT_FAILURE;
	}
	if (access(path, R_OK | W_OK | X_OK) != 0) {
		seen(doctor, "%s cannot be written: %s", path, strerror(errno));
		change(doctor,
		    "Run the doctor as the service's user. Else: chown slotd "
		    "%s\n",
		    path);
		return VERDICT_FAILURE;
	}
	seen(doctor, "%s can be written", path);
	return VERDICT_OK;
}

enum verdict check_room(struct doctor *doctor)
{
	const struct fs_config *fs = &doctor->storage->fs;
	struct statvfs room;
	uint64_t free_bytes, least;

	if (statvfs(fs->path, &room) != 0)
		return VERDICT_SKIPPED;
	free_bytes = (uint64_t)room.f_bavail * room.f_frsize;
	least = fs->min_free_bytes;
	if (fs->min_free_percent)
		least = (uint64_t)room.f_blocks * room.f_frsize / 100 *
			fs->min_free_percent;
	seen(doctor, "%llu MiB free, of which min_free keeps %llu MiB",
	    (unsigned long long)(free_bytes >> 20),
	    (unsigned long long)(least >> 20));
	if (free_bytes <= least) {
		change(doctor, "There are no slots before room is made: "
			       "expire_after, a larger disk, or a smaller "
			       "min_free.\n");
		return VERDICT_FAILURE;
	}
	if (free_bytes - least < doctor->conf->policy.max_size) {
		change(doctor,
		    "One file of max_size (%llu MiB) does not fit.\n",
		    (unsigned long long)(doctor->conf->policy.max_size >> 20));
		return VERDICT_WARNING;
	}
	return VERDICT_OK;
}

/* Asks for what is never there, below a path that clients need, and looks for
 * slotd's own words: a proxy need pass nothing else, and may have a 404 of its
 * own. */
static bool passes(struct doctor *doctor, const char *path, const char *code)
{
	char url_memory[2048], code_memory[64];
	struct buf url, wanted;
	const struct fetch_request request = { .method = "GET",
		.url = url_memory };

	buf_init(&url, url_memory, sizeof url_memory);
	buf_init(&wanted, code_memory, sizeof code_memory);
	say(&url, "%.*s%s" PROBE_FOLDER, ARG(doctor->conf->public_url), path);
	say(&wanted, "\"code\":\"%s\"", code);
	if (!ask(doctor, &request)) {
		seen_answer(doctor);
		change(doctor,
		    "Start the service first. Else: does public_url lead to "
		    "it (DNS, proxy, certificate)?\n"
		    "Try: curl -v %s\n",
		    url_memory);
		return false;
	}
	if (strstr(doctor->reply.body, wanted.at))
		return true;
	seen(doctor, "%s: this is not slotd's answer: ", url_memory);
	seen_answer(doctor);
	change(doctor, "A proxy must pass /u/ and /f/ below public_url to "
		       "slotd, with the path unchanged (see base_path).\n");
	return false;
}

enum verdict check_public_url(struct doctor *doctor)
{
	if (!passes(doctor, "/f/", "not-found") ||
	    !passes(doctor, "/u/", "method-not-allowed"))
		return VERDICT_FAILURE;
	seen(doctor, "%.*s leads to slotd, with /u/ and /f/",
	    ARG(doctor->conf->public_url));
	return VERDICT_OK;
}
