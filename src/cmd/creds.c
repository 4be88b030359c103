#include "cmd/creds.h"

#include "service/clock.h"

#include <stdio.h>
#include <stdlib.h>

static bool get_one(struct command_creds *creds, const char *command,
    struct conf_storage *storage, size_t number)
{
	struct creds_value *value = &creds->values[number];
	struct creds *one = sources_get(creds->sources, storage->creds);
	struct creds_status status;

	creds->list[number] = one;
	if (!one)
		return false;
	one->class->wait(one, CREDS_WAIT_MS);
	if (one->class->get(one, clock_unix(), value)) {
		storage->s3_creds = *value;
		return true;
	}
	one->class->status(one, clock_unix(), &status);
	fprintf(stderr, "slotd %s: storage %.*s: credentials: %s\n", command,
	    (int)storage->name.len, storage->name.at, status.why);
	snprintf(creds->why[number], sizeof *creds->why, "%s",
	    *status.why ? status.why : "there are none");
	*value = (struct creds_value){ 0 };
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
	creds->list = calloc(creds->count, sizeof(struct creds *));
	creds->values = calloc(creds->count, sizeof *creds->values);
	creds->why = calloc(creds->count, sizeof *creds->why);
	ok = creds->sources && creds->list && creds->values && creds->why;
	for (size_t i = 0; ok && i < creds->count; i++) {
		struct conf_storage *storage = &conf->storages[i];

		if (storage->creds && (!name || span_is(storage->name, name)))
			ok = get_one(creds, command, storage, i);
	}
	if (!ok)
		fprintf(stderr, "slotd %s: out of memory\n", command);
	return ok;
}

void command_creds_done(struct command_creds *creds)
{
	for (size_t i = 0; creds->list && creds->values && i < creds->count;
	     i++) {
		struct creds *one = creds->list[i];

		if (one && creds->values[i].access_key_id.at)
			one->class->put_back(one, &creds->values[i]);
		if (one)
			one->class->close(one);
	}
	free(creds->list);
	free(creds->values);
	free(creds->why);
	sources_release(creds->sources);
}
