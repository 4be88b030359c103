#include "cmd/fenced.h"
#include "fence/fence.h"

#include <errno.h>
#include <string.h>

static void allow(int list, const struct conf_path *named)
{
	switch (named->use) {
	case CONF_READS:
		fence_allow_folder(list, named->path, FENCE_READ);
		break;
	case CONF_LEAVES:
		break;
	case CONF_FILLS:
		fence_allow(list, named->path, FENCE_FILL);
		break;
	case CONF_SAVES:
		fence_allow_folder(list, named->path, FENCE_FILL);
		break;
	case CONF_BINDS:
		fence_allow_folder(list, named->path, FENCE_BIND);
		break;
	}
}

struct fenced fenced_service(const struct conf *conf)
{
	struct fenced fenced = { .on = conf->sandbox };
	int list;

	if (!fenced.on)
		return fenced;
	list = fence_files();
	if (list < 0) {
		fenced.files = errno;
		return fenced;
	}
	fence_allow_system(list);
	for (size_t i = 0; i < conf->path_count; i++)
		allow(list, &conf->paths[i]);
	fenced.files = fence_draw_files(list);
	return fenced;
}

void fenced_calls(struct fenced *fenced)
{
	if (fenced->on)
		fenced->calls = fence_draw_calls(FENCE_SERVICE);
}

/* EPERM: an old filter around a container does not know its calls. */
static bool no_landlock(int error)
{
	return error == ENOSYS || error == EOPNOTSUPP || error == EPERM;
}

void fenced_log(const struct fenced *fenced, const struct log *log)
{
	if (fenced->calls)
		log_note(log, CONF_LOG_WARN,
		    "sandbox: system calls are not restricted", "reason",
		    strerror(fenced->calls));
	if (fenced->files)
		log_note(log, CONF_LOG_INFO,
		    "sandbox: files are not restricted", "reason",
		    no_landlock(fenced->files) ? "this system has no Landlock"
					       : strerror(fenced->files));
}

void fenced_command(const struct conf *conf, bool writes)
{
	int list;

	if (conf && !conf->sandbox)
		return;
	list = fence_files();
	if (list >= 0) {
		fence_allow(list, "/", FENCE_READ);
		for (size_t i = 0; conf && writes && i < conf->path_count; i++)
			if (conf->paths[i].use == CONF_FILLS)
				allow(list, &conf->paths[i]);
		fence_draw_files(list);
	}
	fence_draw_calls(writes ? FENCE_COMMAND : FENCE_SERVICE);
}
