#include "slot/key_template.h"

#include <string.h>

#include "core/base64.h"
#include "core/stamp.h"
#include "slot/filename.h"

#define DATE_TEXT 10

static const char *const names[] = {
	[KEY_RANDOM] = "random",
	[KEY_OWNER] = "owner",
	[KEY_USER] = "user",
	[KEY_DOMAIN] = "domain",
	[KEY_DATE] = "date",
	[KEY_FILENAME] = "filename",
	[KEY_EXT] = "ext",
};

static bool kind_of(struct span name, enum key_part_kind *ret_kind)
{
	for (enum key_part_kind kind = KEY_RANDOM; kind <= KEY_EXT; kind++) {
		if (span_is(name, names[kind])) {
			*ret_kind = kind;
			return true;
		}
	}
	return false;
}

static bool has(const struct key_template *template, enum key_part_kind kind)
{
	for (size_t i = 0; i < template->count; i++) {
		if (template->parts[i].kind == kind)
			return true;
	}
	return false;
}

static bool literal_char(char c)
{
	return ascii_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~' ||
	       c == '/';
}

static const char *literal_fault(struct span literal, bool first)
{
	bool segment_start = first;

	for (size_t i = 0; i < literal.len; i++) {
		char c = literal.at[i];
		if (c == '/' && segment_start)
			return "it must not have a / at the start, or two in "
			       "a row";
		if (c == '.' && segment_start)
			return "no part between slashes may start with a dot";
		if (!literal_char(c))
			return "it has a character that is not a letter, a "
			       "digit or one of - . _ ~ /";
		segment_start = c == '/';
	}
	return NULL;
}

/* Takes a {name} or a literal off the front of *rest. */
static const char *read_part(
    struct span *rest, bool first, struct key_part *part)
{
	if (rest->at[0] != '{') {
		part->kind = KEY_LITERAL;
		part->literal = span_first(*rest, span_find(*rest, '{'));
		*rest = span_from(*rest, part->literal.len);
		return literal_fault(part->literal, first);
	}
	size_t close = span_find(*rest, '}');
	if (close == rest->len)
		return "a { has no }";
	part->literal = SPAN_EMPTY;
	if (!kind_of(span_from(span_first(*rest, close), 1), &part->kind))
		return "it knows {random}, {owner}, {user}, {domain}, {date}, "
		       "{filename} and {ext} only";
	*rest = span_from(*rest, close + 1);
	return NULL;
}

bool key_template_parse(
    struct span text, struct key_template *ret_template, const char **ret_wrong)
{
	struct key_template template = { 0 };
	const char *wrong = NULL;

	if (text.len > 0 && text.at[text.len - 1] == '/')
		wrong = "it must not have a / at the end";
	for (struct span rest = text; !wrong && rest.len > 0;) {
		if (template.count == KEY_TEMPLATE_PARTS) {
			wrong = "it has more than 32 parts";
			break;
		}
		wrong = read_part(&rest, template.count == 0,
		    &template.parts[template.count]);
		template.count++;
	}
	if (!wrong && !has(&template, KEY_RANDOM))
		wrong = "it needs {random}, or files could be guessed and "
			"overwritten";
	if (wrong) {
		*ret_wrong = wrong;
		return false;
	}
	*ret_template = template;
	return true;
}

bool key_template_needs_key(const struct key_template *template)
{
	return has(template, KEY_OWNER) || has(template, KEY_USER);
}

static void add_text(struct buf *out, struct span text, bool plain)
{
	if (plain)
		filename_plain(text, out);
	else
		buf_add(out, text);
}

/* A literal's '/' stays, and of its other characters only '~' is not plain. */
static void add_literal(struct buf *out, struct span literal, bool plain)
{
	for (size_t i = 0; i < literal.len; i++) {
		char c = literal.at[i];
		buf_char(out, plain && c == '~' ? '_' : c);
	}
}

static void add_part(struct buf *out, const struct key_part *part,
    const struct key_input *input, struct span random)
{
	switch (part->kind) {
	case KEY_LITERAL:
		add_literal(out, part->literal, input->plain);
		break;
	case KEY_RANDOM:
		buf_add(out, random);
		break;
	case KEY_OWNER:
		keyring_owner(input->root, random, input->jid, out);
		break;
	case KEY_USER:
		keyring_user(input->root, input->jid, out);
		break;
	case KEY_DOMAIN:
		add_text(out, input->jid->domain, input->plain);
		break;
	case KEY_DATE:
		stamp_date(out, input->now);
		break;
	case KEY_FILENAME:
		add_text(out, input->filename, input->plain);
		break;
	case KEY_EXT:
		filename_ending(input->filename, out);
		break;
	}
}

void key_template_make(const struct key_template *template,
    const struct key_input *input, struct buf *out)
{
	char memory[RANDOM_TEXT + 1];
	struct buf random;
	size_t start = out->len;

	if (!input->root && key_template_needs_key(template)) {
		out->full = true;
		return;
	}
	buf_init(&random, memory, sizeof(memory));
	base64url_encode(&random, input->random, sizeof(input->random));
	for (size_t i = 0; i < template->count; i++)
		add_part(out, &template->parts[i], input, buf_span(&random));
	if (out->len - start > OBJECT_KEY_MAX)
		out->full = true;
}

static bool base64url_char(char c)
{
	return ascii_alnum(c) || c == '-' || c == '_';
}

/* Whether a byte may stand at such a place; literals are compared whole. */
static bool byte_fits(enum key_part_kind kind, size_t at, char c)
{
	switch (kind) {
	case KEY_RANDOM:
	case KEY_OWNER:
	case KEY_USER:
		return base64url_char(c);
	case KEY_DATE:
		return at == 4 || at == 7 ? c == '-' : c >= '0' && c <= '9';
	case KEY_EXT:
		return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
	default:
		return c != '/' && c != '\0';
	}
}

/* Bytes of a part whose length is known; 0: one or more. */
static size_t fixed_length(const struct key_part *part)
{
	switch (part->kind) {
	case KEY_LITERAL:
		return part->literal.len;
	case KEY_RANDOM:
		return RANDOM_TEXT;
	case KEY_OWNER:
	case KEY_USER:
		return KEYRING_TEXT;
	case KEY_DATE:
		return DATE_TEXT;
	default:
		return 0;
	}
}

static bool fixed_fits(const struct key_part *part, struct span text)
{
	if (text.len != fixed_length(part))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		if (part->kind == KEY_LITERAL) {
			char want = part->literal.at[i];
			/* '_' stands for '~' in keys that are plain. */
			if (c != want && !(want == '~' && c == '_'))
				return false;
		} else if (!byte_fits(part->kind, i, c)) {
			return false;
		}
	}
	return true;
}

/*
 * ends[i] says whether the parts behind this one read key from byte i on;
 * changed in place into the same for this part too.
 */
static void step_back(
    const struct key_part *part, struct span key, bool ends[OBJECT_KEY_MAX + 1])
{
	size_t len = fixed_length(part);

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

static bool note(struct span *seen, struct span text)
{
	if (seen->len > 0)
		return span_equal(*seen, text);
	*seen = text;
	return true;
}

static bool note_part(
    struct key_reading *reading, enum key_part_kind kind, struct span text)
{
	switch (kind) {
	case KEY_RANDOM:
		return note(&reading->random, text);
	case KEY_OWNER:
		return note(&reading->owner, text);
	case KEY_USER:
		return note(&reading->user, text);
	default:
		return true;
	}
}

bool key_template_read(const struct key_template *template, struct span key,
    struct key_reading *ret_reading)
{
	/* Row p: from where the parts p and later read the rest of key. */
	bool ends[KEY_TEMPLATE_PARTS + 1][OBJECT_KEY_MAX + 1];
	struct key_reading reading = { SPAN_EMPTY, SPAN_EMPTY, SPAN_EMPTY };
	size_t at = 0;

	if (key.len > OBJECT_KEY_MAX)
		return false;
	memset(ends[template->count], 0, sizeof(ends[0]));
	ends[template->count][key.len] = true;
	for (size_t p = template->count; p-- > 0;) {
		memcpy(ends[p], ends[p + 1], sizeof(ends[0]));
		step_back(&template->parts[p], key, ends[p]);
	}
	if (!ends[0][0])
		return false;
	for (size_t p = 0; p < template->count; p++) {
		size_t len = fixed_length(&template->parts[p]);
		if (len == 0) {
			do
				len++;
			while (!ends[p + 1][at + len]);
		}
		if (!note_part(&reading, template->parts[p].kind,
			span_first(span_from(key, at), len)))
			return false;
		at += len;
	}
	*ret_reading = reading;
	return true;
}
