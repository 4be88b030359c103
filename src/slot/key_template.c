#include "slot/key_template.h"

#include <string.h>

#include "core/base64.h"
#include "core/chars.h"
#include "core/stamp.h"
#include "slot/filename.h"
#include "slot/note.h"

#define HOST_MAX 253
#define DATE_TEXT 10
#define NEVER "never" /* {until} of a file without end */

static const struct chars chars_date = {
	{ ['0' ... '9'] = true, ['-'] = true }
};

static size_t until_run(struct span text)
{
	int64_t until;

	if (span_starts(text, NEVER))
		return strlen(NEVER);
	return stamp_amz_read(span_first(text, STAMP_AMZ_TEXT), &until)
		   ? STAMP_AMZ_TEXT
		   : 0;
}

/* clang-format off */
const struct key_kind key_kinds[] = {
	[KEY_RANDOM] = { "random", NULL, { RANDOM_TEXT, RANDOM_TEXT },
		&chars_word, true },
	[KEY_OWNER] = { "owner", NULL, { KEYRING_TEXT, KEYRING_TEXT },
		&chars_word, true },
	[KEY_USER] = { "user", NULL, { KEYRING_TEXT, KEYRING_TEXT },
		&chars_word, true },
	[KEY_DOMAIN] = { "domain", NULL, { 1, HOST_MAX }, NULL, false },
	[KEY_DATE] = { "date", NULL, { DATE_TEXT, DATE_TEXT },
		&chars_date, false },
	[KEY_FILENAME] = { "filename", NULL, { 1, FILENAME_MAX_BYTES },
		NULL, false },
	[KEY_EXT] = { "ext", NULL, { 1, FILENAME_ENDING_MAX },
		&chars_lower_alnum, false },
	[KEY_UNTIL] = { "until", until_run,
		{ sizeof NEVER - 1, STAMP_AMZ_TEXT }, &chars_alnum, false },
	[KEY_PURPOSE] = { "purpose", purpose_run, { 7, 9 },
		&chars_lower_alnum, false },
};
/* clang-format on */

static bool kind_of(struct span name, enum key_part_kind *ret_kind)
{
	for (enum key_part_kind kind = KEY_RANDOM; kind <= KEY_PURPOSE;
	     kind++) {
		if (span_is(name, key_kinds[kind].name)) {
			*ret_kind = kind;
			return true;
		}
	}
	return false;
}

bool key_template_has(
    const struct key_template *template, enum key_part_kind kind)
{
	for (size_t i = 0; i < template->count; i++) {
		if (template->parts[i].kind == kind)
			return true;
	}
	return false;
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
		if (!chars_have(&chars_path, c))
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
		return "it knows {until}, {purpose}, {random}, {owner}, "
		       "{user}, "
		       "{domain}, {date}, {filename} and {ext} only";
	*rest = span_from(*rest, close + 1);
	return NULL;
}

/* The end must be found without the rest of the template, and keys must be
 * listed in its order. */
static const char *until_fault(const struct key_template *template)
{
	bool other = false;

	for (size_t i = 0; i < template->count; i++) {
		enum key_part_kind kind = template->parts[i].kind;

		if (kind == KEY_UNTIL && other)
			return "only plain text and {purpose} may stand before "
			       "{until}";
		other |= kind != KEY_LITERAL && kind != KEY_PURPOSE;
	}
	return NULL;
}

/* Parts other than literals are looked at when a key is made. */
static const char *notes_fault(const struct key_template *template)
{
	return template->count && template->parts[0].kind == KEY_LITERAL &&
		       span_starts(template->parts[0].literal, NOTE_FOLDER)
		   ? "it must not begin with " NOTE_FOLDER
		     ", where slotd keeps the notes of erasures"
		   : NULL;
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
	if (!wrong && !key_template_has(&template, KEY_RANDOM))
		wrong = "it needs {random}, or files could be guessed and "
			"overwritten";
	if (!wrong)
		wrong = notes_fault(&template);
	if (!wrong)
		wrong = until_fault(&template);
	if (!wrong)
		wrong = key_reading_fault(&template);
	if (wrong) {
		*ret_wrong = wrong;
		return false;
	}
	*ret_template = template;
	return true;
}

struct key_template key_template_default(bool ends, bool has_keys)
{
	static const char *const texts[2][2] = {
		{ "{random}/{filename}", "{random}/{owner}/{filename}" },
		{ "{until}/{random}/{filename}",
		    "{until}/{random}/{owner}/{filename}" },
	};
	struct key_template template = { 0 };
	const char *wrong;

	key_template_parse(span_of(texts[ends][has_keys]), &template, &wrong);
	return template;
}

bool key_template_needs_key(const struct key_template *template)
{
	return key_template_has(template, KEY_OWNER) ||
	       key_template_has(template, KEY_USER);
}

/* Of a literal this text counts. */
static struct key_range range_of(const struct key_part *part, struct span text)
{
	if (part->kind == KEY_LITERAL)
		return (struct key_range){ text.len, text.len };
	return key_kinds[part->kind].range;
}

static void add_range(struct key_range *sum, struct key_range range)
{
	sum->least += range.least;
	sum->most += range.most;
}

static void keep_longest(struct key_range *longest, struct key_range range)
{
	if (longest->least < range.least)
		longest->least = range.least;
	if (longest->most < range.most)
		longest->most = range.most;
}

struct key_size key_template_size(const struct key_template *template)
{
	struct key_size size = { 0 };
	struct key_range segment = { 0 };

	for (size_t i = 0; i < template->count; i++) {
		const struct key_part *part = &template->parts[i];
		struct span rest = part->literal;

		add_range(&size.key, range_of(part, part->literal));
		do {
			size_t slash = span_find(rest, '/');

			add_range(
			    &segment, range_of(part, span_first(rest, slash)));
			keep_longest(&size.segment, segment);
			if (slash == rest.len)
				break;
			segment = (struct key_range){ 0 };
			rest = span_from(rest, slash + 1);
		} while (true);
	}
	return size;
}

static void add_text(struct buf *out, struct span text, bool plain)
{
	if (plain)
		filename_plain(text, out);
	else
		buf_add(out, text);
}

/* Of a literal's characters only '~' is not plain. */
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
	case KEY_UNTIL:
		if (input->until)
			stamp_amz(out, input->until);
		else
			buf_text(out, NEVER);
		break;
	case KEY_PURPOSE:
		buf_text(out, purpose_name(input->purpose));
		break;
	}
}

void key_template_make(const struct key_template *template,
    const struct key_input *input, struct buf *out)
{
	char memory[RANDOM_TEXT + 1];
	struct buf random = buf_of(memory, sizeof memory);
	size_t start = out->len;

	if (!input->root && key_template_needs_key(template)) {
		out->full = true;
		return;
	}
	base64url_encode(&random, input->random, sizeof(input->random));
	for (size_t i = 0; i < template->count; i++)
		add_part(out, &template->parts[i], input, buf_span(&random));
	if (out->len - start > OBJECT_KEY_MAX ||
	    span_starts(span_from(buf_span(out), start), NOTE_FOLDER))
		out->full = true;
}
