#include "creds/static.h"

#include "core/hash.h"

#include <stdlib.h>
#include <string.h>

struct creds_static {
	struct creds creds;
	struct creds_value value;
	char memory[3 * CREDS_MAX];
};

static bool get(struct creds *creds, int64_t now, struct creds_value *ret_value)
{
	const struct creds_static *self = (const struct creds_static *)creds;

	if (self->value.expires && now >= self->value.expires)
		return false;
	*ret_value = self->value;
	return true;
}

static void put_back(struct creds *creds, const struct creds_value *value)
{
	(void)creds;
	(void)value;
}

static void close(struct creds *creds)
{
	struct creds_static *self = (struct creds_static *)creds;

	wipe(self, sizeof *self);
	free(self);
}

static const struct creds_class class = { "static", get, put_back, close };

static void keep(struct span *value, char *memory)
{
	memcpy(memory, value->at, value->len);
	value->at = memory;
}

struct creds *creds_static_open(const struct creds_value *value)
{
	struct creds_static *self;

	if (value->access_key_id.len > CREDS_MAX ||
	    value->access_key_secret.len > CREDS_MAX ||
	    value->session_token.len > CREDS_MAX)
		return NULL;
	self = calloc(1, sizeof *self);
	if (!self)
		return NULL;
	self->creds.class = &class;
	self->value = *value;
	keep(&self->value.access_key_id, self->memory);
	keep(&self->value.access_key_secret, self->memory + CREDS_MAX);
	if (value->session_token.at)
		keep(&self->value.session_token,
		    self->memory + 2 * (size_t)CREDS_MAX);
	return &self->creds;
}
