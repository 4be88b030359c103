#include "creds/static.h"

#include "core/hash.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct creds_static {
	struct creds creds;
	atomic_uint users;
	struct creds_value value;
	char memory[2 * CREDS_MAX + CREDS_TOKEN_MAX];
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

static void status(
    struct creds *creds, int64_t now, struct creds_status *ret_status)
{
	const struct creds_static *self = (const struct creds_static *)creds;

	memset(ret_status, 0, sizeof *ret_status);
	ret_status->ready = !self->value.expires || now < self->value.expires;
	if (ret_status->ready)
		ret_status->expires = self->value.expires;
	else
		snprintf(ret_status->why, sizeof ret_status->why,
		    "the credentials have ended");
}

static bool wait(struct creds *creds, int milliseconds)
{
	(void)creds;
	(void)milliseconds;
	return true;
}

static void hold(struct creds *creds)
{
	atomic_fetch_add(&((struct creds_static *)creds)->users, 1);
}

static void close(struct creds *creds)
{
	struct creds_static *self = (struct creds_static *)creds;

	if (atomic_fetch_sub(&self->users, 1) > 1)
		return;
	wipe(self, sizeof *self);
	free(self);
}

static const struct creds_class class = { "static", get, put_back, close,
	status, wait, hold };

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
	    value->session_token.len > CREDS_TOKEN_MAX)
		return NULL;
	self = calloc(1, sizeof *self);
	if (!self)
		return NULL;
	self->creds.class = &class;
	atomic_init(&self->users, 1);
	self->value = *value;
	keep(&self->value.access_key_id, self->memory);
	keep(&self->value.access_key_secret, self->memory + CREDS_MAX);
	if (value->session_token.at)
		keep(&self->value.session_token,
		    self->memory + 2 * (size_t)CREDS_MAX);
	return &self->creds;
}
