#include "cmd/creds.h"

#include "service/clock.h"

#include <stdio.h>
#include <stdlib.h>

static bool get_one(struct sources *sources, const char *command,
    struct conf_storage *storage, struct command_creds_one *one)
{
	struct creds *source = sources_get(sources, storage->creds);
	struct creds_status status;

	one->source = source;
	if (!source)
		return false;
	source->class->wait(source, CREDS_WAIT_MS);
	if (source->class->get(source, clock_unix(), &one->value)) {
		storage->s3_creds = one->value;
		return true;
	}
	source->class->status(source, clock_unix(), &status);
	fprintf(stderr, "slotd %s: storage %.*s: credentials: %s\n", command,
	    (int)storage->name.len, storage->name.at, status.why);
	snprintf(one->why, sizeof one->why, "%s",
	    *status.why ? status.why : "there are none");
	one->value = (struct creds_value){ 0 };
	storage->s3_creds = (struct creds_value){ .access_key_id = SPAN_EMPTY,
		.access_key_secret = SPAN_EMPTY,
		.session_token = SPAN_EMPTY };
	return true;
}

bool command_creds_get(struct command_creds *creds, const char *command,
    const struct conf *conf, const char *name)
{
	bool ok;

	*creds = (struct command_creds){ .count = conf->storage_count };
	creds->sources = sources_open();
	creds->list = calloc(creds->count, sizeof *creds->list);
	ok = creds->sources && creds->list;
	for (size_t i = 0; ok && i < creds->count; i++) {
		struct conf_storage *storage = &conf->storages[i];

		if (storage->creds && (!name || span_is(storage->name, name)))
			ok = get_one(
			    creds->sources, command, storage, &creds->list[i]);
	}
	if (!ok)
		fprintf(stderr, "slotd %s: out of memory\n", command);
	return ok;
}

void command_creds_done(struct command_creds *creds)
{
	for (size_t i = 0; creds->list && i < creds->count; i++) {
		struct command_creds_one *one = &creds->list[i];

		if (one->source && one->value.access_key_id.at)
			one->source->class->put_back(one->source, &one->value);
		if (one->source)
			one->source->class->close(one->source);
	}
	free(creds->list);
	sources_release(creds->sources);
}
