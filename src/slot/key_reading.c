#include "slot/key_template.h"

#include "core/stamp.h"

#include <string.h>

/* Whether a part can have this byte at this place. Not for literals. */
static bool byte_fits(enum key_part_kind kind, size_t at, char c)
{
	const struct chars *chars = key_kinds[kind].chars;

	if (kind == KEY_DATE && (c == '-') != (at == 4 || at == 7))
		return false;
	return chars ? chars_have(chars, c) : c != '/' && c != '\0';
}

/* The length of a part that always has the same; 0: it varies, from 1 on. */
static size_t fixed_length(const struct key_part *part)
{
	const struct key_range range = key_kinds[part->kind].range;

	if (part->kind == KEY_LITERAL)
		return part->literal.len;
	return range.least == range.most ? range.least : 0;
}

static bool fixed_fits(const struct key_part *part, struct span text)
{
	if (text.len != fixed_length(part))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		if (part->kind == KEY_LITERAL) {
			char want = part->literal.at[i];
			/* Plain keys have '_' instead of '~'. */
			if (c != want && !(want == '~' && c == '_'))
				return false;
		} else if (!byte_fits(part->kind, i, c)) {
			return false;
		}
	}
	return true;
}

/* Whether a part of any length must end at this neighbour: a literal whose
 * nearest byte the part cannot contain. */
static bool parted(
    const struct key_part *part, const struct key_part *neighbour, bool behind)
{
	const struct span text = neighbour->literal;

	return neighbour->kind == KEY_LITERAL &&
	       !byte_fits(part->kind, 0, text.at[behind ? 0 : text.len - 1]);
}

static bool has_slash(const struct key_part *part)
{
	return part->kind == KEY_LITERAL &&
	       span_find(part->literal, '/') < part->literal.len;
}

/* Whether the start of a part is certain when read forwards, or its end when
 * read backwards. Only literals contain '/', so reading can start at the
 * nearest one. */
static bool is_certain(const struct key_template *template, size_t at)
{
	const struct key_part *parts = template->parts;
	bool front = true, behind = true;

	for (size_t i = at; i > 0 && !has_slash(&parts[i - 1]); i--)
		front &= fixed_length(&parts[i - 1]) ||
			 key_kinds[parts[i - 1].kind].run ||
			 parted(&parts[i - 1], &parts[i], true);
	for (size_t i = at + 1; i < template->count && !has_slash(&parts[i]);
	     i++)
		behind &= fixed_length(&parts[i]) ||
			  parted(&parts[i], &parts[i - 1], false);
	return front || behind;
}

const char *key_reading_fault(const struct key_template *template)
{
	for (size_t i = 0; i < template->count; i++) {
		if (key_kinds[template->parts[i].kind].found_again &&
		    !is_certain(template, i))
			return "{random}, {owner} and {user} cannot be found "
			       "again between {filename}, {domain} or {ext}: "
			       "put a / on one side, as in "
			       "{random}/{filename}";
	}
	return NULL;
}

/* step_back for a part that is one of a few words. */
static void step_back_word(
    size_t (*run)(struct span text), struct span key, bool *ends)
{
	for (size_t i = 0; i <= key.len; i++) {
		size_t len = run(span_from(key, i));

		ends[i] = len && ends[i + len];
	}
}

/*
 * On entry, ends[i] says whether the parts after this one can read the key
 * from byte i on; afterwards, whether this one and those after it can.
 */
static void step_back(
    const struct key_part *part, struct span key, bool ends[OBJECT_KEY_MAX + 1])
{
	size_t len = fixed_length(part);

	if (key_kinds[part->kind].run) {
		step_back_word(key_kinds[part->kind].run, key, ends);
		return;
	}
	if (len > 0) {
		for (size_t i = 0; i <= key.len; i++)
			ends[i] = i + len <= key.len && ends[i + len] &&
				  fixed_fits(
				      part, span_first(span_from(key, i), len));
		return;
	}
	bool behind = ends[key.len];
	ends[key.len] = false;
	for (size_t i = key.len; i-- > 0;) {
		bool stop = behind;
		behind = ends[i];
		/* One byte and the rest, or one byte and more of this part. */
		ends[i] = byte_fits(part->kind, 0, key.at[i]) &&
			  (stop || ends[i + 1]);
	}
}

/* The length of the part that begins at this byte. */
static size_t length(const struct key_part *part, struct span key, size_t at,
    const bool behind[OBJECT_KEY_MAX + 1])
{
	size_t len = fixed_length(part);

	if (key_kinds[part->kind].run)
		return key_kinds[part->kind].run(span_from(key, at));
	if (len)
		return len;
	do
		len++;
	while (!behind[at + len]);
	return len;
}

/* A part that stands twice in a key has one text; NULL: it is not read. */
static bool note(struct span *seen, struct span text)
{
	if (seen && seen->len > 0)
		return span_equal(*seen, text);
	if (seen)
		*seen = text;
	return true;
}

bool key_template_read(const struct key_template *template, struct span key,
    struct key_reading *ret_reading)
{
	/* Row p: from which bytes the parts from p on can read the rest. */
	UNCLEARED bool ends[KEY_TEMPLATE_PARTS + 1][OBJECT_KEY_MAX + 1];
	struct key_reading reading = { .random = SPAN_EMPTY };
	struct span *const places[] = {
		[KEY_RANDOM] = &reading.random,
		[KEY_OWNER] = &reading.owner,
		[KEY_USER] = &reading.user,
		[KEY_UNTIL] = &reading.until,
		[KEY_PURPOSE] = NULL,
	};
	size_t at = 0;

	if (key.len > OBJECT_KEY_MAX)
		return false;
	memset(ends[template->count], 0, key.len + 1);
	ends[template->count][key.len] = true;
	for (size_t p = template->count; p-- > 0;) {
		memcpy(ends[p], ends[p + 1], key.len + 1);
		step_back(&template->parts[p], key, ends[p]);
	}
	if (!ends[0][0])
		return false;
	for (size_t p = 0; p < template->count; p++) {
		size_t len = length(&template->parts[p], key, at, ends[p + 1]);

		if (!note(places[template->parts[p].kind],
			span_first(span_from(key, at), len)))
			return false;
		at += len;
	}
	*ret_reading = reading;
	return true;
}

bool key_template_read_any(const struct key_template *template, struct span key,
    struct key_reading *ret_reading)
{
	if (key_template_read(template, key, ret_reading))
		return true;
	for (unsigned i = 0; i < 4; i++) {
		struct key_template other = key_template_default(i < 2, i % 2);

		if (key_template_read(&other, key, ret_reading))
			return true;
	}
	return false;
}

/* The text of {until}, behind the literals and {purpose} that may stand before
 * it; empty: the key was made with another template. */
static struct span find_until(
    const struct key_template *template, struct span key)
{
	for (size_t i = 0; i < template->count; i++) {
		const struct key_part *part = &template->parts[i];
		size_t len;

		if (part->kind == KEY_UNTIL)
			return span_first(key, key_kinds[KEY_UNTIL].run(key));
		len = part->kind == KEY_PURPOSE   ? purpose_run(key)
		      : part->kind == KEY_LITERAL ? part->literal.len
						  : 0;
		if (!len || (part->kind == KEY_LITERAL &&
				!fixed_fits(part, span_first(key, len))))
			break;
		key = span_from(key, len);
	}
	return SPAN_EMPTY;
}

bool key_tells_until(
    const struct key_template *template, struct span key, int64_t *ret_until)
{
	struct span text = find_until(template, key);

	/* In the default templates it stands at the front. */
	if (!text.len)
		text = span_first(key, key_kinds[KEY_UNTIL].run(key));
	if (text.len && !stamp_amz_read(text, ret_until))
		*ret_until = INT64_MAX;
	return text.len > 0;
}

int64_t key_until(const struct key_template *template, struct span key)
{
	int64_t until;

	return key_tells_until(template, key, &until) ? until : INT64_MAX;
}
