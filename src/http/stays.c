#include "http/stays.h"

#include <string.h>

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_listener(
    const struct conf_listener *a, const struct conf_listener *b)
{
	if (a->unix_path || b->unix_path)
		return same_text(a->unix_path, b->unix_path) &&
		       a->mode == b->mode;
	return same_text(a->address, b->address) && a->port == b->port;
}

static void say(const struct service *before, const char *setting)
{
	struct log_line line;

	log_begin(&line, &before->log, CONF_LOG_WARN, "reload");
	log_text(&line, "setting", setting);
	log_text(&line, "reason",
	    "cannot change in a running process, and stays as it was: "
	    "restart for it");
	log_end(&line);
}

/* The embedded store's folder is where it was opened. */
static void check_folder(const struct service *before, const struct conf *conf)
{
	if (!before->fs)
		return;
	for (size_t i = 0; i < conf->storage_count; i++)
		if (conf->storages[i].type == CONF_STORE_FS &&
		    strcmp(conf->storages[i].fs.path,
			fs_folder_path(before->fs)) != 0)
			say(before, "storage.path");
}

static void keep_number(const struct service *before, const char *setting,
    uint32_t old, uint32_t *value)
{
	if (*value == old)
		return;
	say(before, setting);
	*value = old;
}

void stays_apply(const struct service *first, const struct service *before,
    struct conf *conf)
{
	const struct conf *old = before->conf;

	if (!same_listener(&first->conf->listen, &conf->listen))
		say(before, "listen");
	if (first->conf->has_public != conf->has_public) {
		say(before, "public");
		conf->has_public = first->conf->has_public;
		/* It points into the first one, which lives to the end. */
		conf->public = first->conf->public;
	} else if (conf->has_public &&
		   !same_listener(&first->conf->public, &conf->public)) {
		say(before, "public");
	}
	keep_number(before, "listen.threads", old->threads, &conf->threads);
	keep_number(before, "auth.max_skew", old->max_skew, &conf->max_skew);
	keep_number(
	    before, "auth.replay_max", old->replay_max, &conf->replay_max);
	check_folder(before, conf);
}
