#include "core/hash.h"
#include "core/litter.h"
#include "creds/read.h"

#define FILE_MAX 65536

static size_t indent_of(struct span line)
{
	const struct chars blanks = chars_of(" \t");

	return span_run(line, &blanks);
}

static bool is_comment(struct span line)
{
	return !line.len || *line.at == '#' || *line.at == ';';
}

/* The name in "[ name ]", which a comment may follow. */
static struct span part_name(struct span line)
{
	line = span_from(line, 1);
	return span_trim(span_first(line, span_find(line, ']')), " \t");
}

/* Our values have no blanks: a # or ; behind a blank begins a comment. */
static struct span value_of(struct span text)
{
	text = span_trim(text, " \t\r");
	for (size_t i = 1; i < text.len; i++)
		if ((text.at[i] == '#' || text.at[i] == ';') &&
		    (text.at[i - 1] == ' ' || text.at[i - 1] == '\t'))
			return span_trim(span_first(text, i), " \t");
	return text;
}

static void take(struct span line, struct creds_draft *draft)
{
	size_t equals = span_find(line, '=');
	struct span name = span_trim(span_first(line, equals), " \t");
	struct span value = value_of(span_from(line, equals + 1));
	struct buf *out = NULL;

	if (span_equal_nocase(name, span_of("aws_access_key_id")))
		out = &draft->key_id;
	else if (span_equal_nocase(name, span_of("aws_secret_access_key")))
		out = &draft->secret;
	else if (span_equal_nocase(name, span_of("aws_session_token")))
		out = &draft->token;
	if (!out)
		return;
	buf_reset(out);
	buf_add(out, value);
}

bool creds_shared_parse(
    struct span text, struct span profile, struct creds_draft *draft)
{
	bool found = false, inside = false;
	/* A line with more indentation than the setting above it belongs to
	 * that setting. */
	size_t deepest = SIZE_MAX;

	while (text.at) {
		struct span whole = span_cut(&text, '\n');
		struct span line = span_trim(whole, " \t\r");
		size_t indent = indent_of(whole);

		if (is_comment(line) || indent > deepest)
			continue;
		if (*line.at == '[') {
			inside = span_equal(part_name(line), profile);
			found = found || inside;
			deepest = SIZE_MAX;
			continue;
		}
		deepest = indent;
		if (inside)
			take(line, draft);
	}
	return found;
}

/* Looks at the first line: a file has several, and the CR of CR LF is
 * dropped. */
static const char *litter_of_file(struct span content)
{
	struct span line = span_first(content, span_find(content, '\n'));

	return litter_of(span_trim(line, " \t\r"));
}

bool creds_try_shared(
    const struct creds_round *round, struct creds_draft *draft)
{
	const struct span *text = round->settings->text;
	const char *path = text[CREDS_SHARED_FILE].at;
	char memory[FILE_MAX];
	const char *litter = NULL;
	struct span content;
	bool found;

	if (!text[CREDS_SHARED_FILE].len)
		return creds_draft_wrong(draft,
		    "the environment has neither AWS_SHARED_CREDENTIALS_FILE "
		    "nor HOME");
	if (!creds_read(path, memory, sizeof memory, draft, &content))
		return false;
	found = creds_shared_parse(content, text[CREDS_PROFILE], draft);
	if (!found)
		litter = litter_of_file(content);
	wipe(memory, sizeof memory);
	if (!found && litter)
		return creds_draft_wrong(draft,
		    "%s %s, so that [%s] is not found", path, litter,
		    text[CREDS_PROFILE].at);
	if (!found)
		return creds_draft_wrong(
		    draft, "%s has no [%s]", path, text[CREDS_PROFILE].at);
	return creds_draft_check(draft, path, round->now);
}
