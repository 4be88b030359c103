#include "janitor/ended.h"

#include <string.h>

void ended_init(
    struct ended *ended, const struct key_template *template, int64_t now)
{
	struct buf text = buf_of(ended->now_text, sizeof ended->now_text);

	ended->template = template;
	ended->plain = key_template_default(true, false);
	ended->owned = key_template_default(true, true);
	ended->now = now;
	stamp_amz(&text, now);
}

bool ended_later(const struct ended *ended, struct span text)
{
	const size_t len =
	    text.len < STAMP_AMZ_TEXT ? text.len : STAMP_AMZ_TEXT;

	return len && memcmp(text.at, ended->now_text, len) > 0;
}

bool ended_at(const struct ended *ended, struct span key, const char *place)
{
	const struct key_template *const templates[] = { ended->template,
		&ended->plain, &ended->owned };
	struct key_reading reading;
	int64_t until;

	for (size_t i = 0; i < sizeof templates / sizeof *templates; i++)
		if (key_template_read(templates[i], key, &reading) &&
		    (!place || reading.until.at == place) &&
		    stamp_amz_read(reading.until, &until) &&
		    until <= ended->now)
			return true;
	return false;
}

bool ended_anywhere(const struct ended *ended, struct span key)
{
	const bool first = ended->template->parts[0].kind == KEY_UNTIL ||
			   !key_template_has(ended->template, KEY_UNTIL);

	if (first && ended_later(ended, key))
		return false;
	return key_until(ended->template, key) <= ended->now &&
	       ended_at(ended, key, NULL);
}
