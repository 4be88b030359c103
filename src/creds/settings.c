#include "creds/settings.h"

#include <stdlib.h>
#include <string.h>

const char *creds_kind_name(enum creds_kind kind)
{
	static const char *const words[] = { "static", "environment", "file",
		"web-identity", "container", "instance", "auto" };

	return words[kind];
}

static bool is_read_again(
    const struct creds_settings *settings, enum creds_text which)
{
	if (which == CREDS_SECRET)
		return settings->text[CREDS_SECRET_FILE].len > 0;
	if (which == CREDS_TOKEN)
		return settings->text[CREDS_TOKEN_FILE].len > 0;
	return false;
}

void creds_settings_print(
    const struct creds_settings *settings, uint8_t ret_print[HASH_SIZE])
{
	struct hash hash;

	hash_init(&hash);
	hash_field(&hash, span_of(creds_kind_name(settings->kind)));
	for (unsigned i = 0; i < CREDS_TEXT_COUNT; i++) {
		struct span text = settings->text[i];

		if (is_read_again(settings, i))
			text.len = 0;
		hash_field(&hash, text);
	}
	hash_final(&hash, ret_print);
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
