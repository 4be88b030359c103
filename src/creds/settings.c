#include "creds/settings.h"

#include "core/hash.h"

#include <stdlib.h>
#include <string.h>

static bool is_read_again(
    const struct creds_settings *settings, enum creds_text which)
{
	if (which == CREDS_SECRET)
		return settings->text[CREDS_SECRET_FILE].len > 0;
	if (which == CREDS_TOKEN)
		return settings->text[CREDS_TOKEN_FILE].len > 0;
	return false;
}

bool creds_settings_same(
    const struct creds_settings *a, const struct creds_settings *b)
{
	if (a->kind != b->kind)
		return false;
	for (unsigned i = 0; i < CREDS_TEXT_COUNT; i++)
		if (!span_equal(a->text[i], b->text[i]) &&
		    !(is_read_again(a, i) && is_read_again(b, i)))
			return false;
	return true;
}

static size_t size_of(const struct creds_settings *settings)
{
	size_t size = sizeof *settings;

	for (unsigned i = 0; i < CREDS_TEXT_COUNT; i++)
		size += settings->text[i].len + 1;
	return size;
}

struct creds_settings *creds_settings_copy(
    const struct creds_settings *settings)
{
	struct creds_settings *copy = calloc(1, size_of(settings));
	char *at;

	if (!copy)
		return NULL;
	at = (char *)(copy + 1);
	copy->kind = settings->kind;
	for (unsigned i = 0; i < CREDS_TEXT_COUNT; i++) {
		struct span text = settings->text[i];

		copy->text[i] = (struct span){ at, text.len };
		if (text.len)
			memcpy(at, text.at, text.len);
		at += text.len + 1;
	}
	return copy;
}

void creds_settings_drop(struct creds_settings *settings)
{
	if (!settings)
		return;
	wipe(settings, size_of(settings));
	free(settings);
}
