#include "setup/answers.h"

#include "core/litter.h"
#include "slot/auth.h"
#include "slot/jid.h"

#include <stdio.h>

#define UPLOAD "upload."

/* --- the users' domain ----------------------------------------------------*/

/* XMPP servers know their domains by U-labels (RFC 7622). */
static void write_domain(struct answers *answers, struct span text)
{
	const struct span ascii = span_of(answers->ascii);
	struct buf as_written = buf_of(answers->domain, sizeof answers->domain);

	text.len -= text.at[text.len - 1] == '.';
	buf_lower(&as_written, text);
	if (span_equal(buf_span(&as_written), ascii))
		return;
	buf_reset(&as_written);
	if (idn_to_unicode(ascii, &as_written) != IDN_DONE)
		buf_add(&as_written, ascii);
}

static bool take_domain(
    struct answers *answers, struct span text, const char **ret_wrong)
{
	char memory[sizeof answers->ascii - (sizeof UPLOAD - 1)];
	struct buf ascii = buf_of(memory, sizeof memory);
	const char *wrong;

	if (!jid_domain(text, &ascii, &wrong) ||
	    !jid_labels_valid(buf_span(&ascii)) ||
	    uri_is_address(buf_span(&ascii))) {
		*ret_wrong = "must be a domain, such as example.org";
		return false;
	}
	snprintf(answers->ascii, sizeof answers->ascii, "%s", memory);
	write_domain(answers, text);
	return true;
}

/* --- words ----------------------------------------------------------------*/

static bool take_server(
    struct answers *answers, struct span text, const char **ret_wrong)
{
	static const char *const words[] = { "prosody", "ejabberd", "other" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (!span_equal_nocase(text, span_of(words[i])))
			continue;
		answers->server = (enum answers_server)i;
		return true;
	}
	*ret_wrong = "must be prosody, ejabberd or other";
	return false;
}

static void usual_server(const struct answers *answers, struct buf *out)
{
	(void)answers;
	buf_text(out, "prosody");
}

static bool take_store(
    struct answers *answers, struct span text, const char **ret_wrong)
{
	answers->bucket = span_equal_nocase(text, span_of("bucket"));
	if (answers->bucket || span_equal_nocase(text, span_of("embedded")))
		return true;
	*ret_wrong = "must be embedded or bucket";
	return false;
}

static void usual_store(const struct answers *answers, struct buf *out)
{
	(void)answers;
	buf_text(out, "embedded");
}

/* --- the bucket -----------------------------------------------------------*/

static bool take_bucket_url(
    struct answers *answers, struct span text, const char **ret_wrong)
{
	struct buf out =
	    buf_of(answers->bucket_url, sizeof answers->bucket_url);
	struct uri_base parts;

	return uri_base_parse(text, &out, &parts, ret_wrong);
}

static bool take_region(
    struct answers *answers, struct span text, const char **ret_wrong)
{
	struct buf out = buf_of(answers->region, sizeof answers->region);

	if (auth_id_valid(text)) {
		buf_add(&out, text);
		return true;
	}
	*ret_wrong = "must be 1 to 64 letters, digits, dots, underscores or "
		     "hyphens";
	return false;
}

static bool take_key_id(
    struct answers *answers, struct span text, const char **ret_wrong)
{
	struct buf out = buf_of(answers->key_id, sizeof answers->key_id);

	if (text.len && text.len <= ANSWERS_KEY_ID_MAX && span_visible(text) &&
	    span_find(text, '/') == text.len &&
	    span_find(text, '"') == text.len &&
	    span_find(text, '\\') == text.len) {
		buf_add(&out, text);
		return true;
	}
	*ret_wrong = "must be 1 to 256 ASCII characters, without spaces, "
		     "quotation marks or slashes";
	return false;
}

static bool take_key_secret(
    struct answers *answers, struct span text, const char **ret_wrong)
{
	struct buf out =
	    buf_of(answers->key_secret, sizeof answers->key_secret);

	if (text.len && text.at[text.len - 1] == '\n')
		text.len--;
	if (text.len && text.len <= ANSWERS_SECRET_MAX && !litter_of(text) &&
	    span_printable(text)) {
		buf_add(&out, text);
		return true;
	}
	*ret_wrong = "must be the secret alone: one line of printable ASCII, "
		     "without blanks around it";
	return false;
}

/* --- public_url -----------------------------------------------------------*/

static bool take_url(
    struct answers *answers, struct span text, const char **ret_wrong)
{
	struct buf out = buf_of(answers->url, sizeof answers->url);

	if (!uri_base_parse(text, &out, &answers->url_parts, ret_wrong))
		return false;
	if (!answers->url_parts.path.len)
		return true;
	*ret_wrong = "it must not have a path: give uploads a host name of "
		     "their own";
	return false;
}

static void usual_url(const struct answers *answers, struct buf *out)
{
	buf_text(out, "https://" UPLOAD);
	buf_text(out, answers->ascii);
}

const struct answers_question answers_questions[ANSWERS_QUESTIONS] = {
	{ .option = "domain",
	    .asks = "Domain of the users, such as example.org",
	    .take = take_domain },
	{ .option = "server",
	    .asks = "XMPP server: prosody, ejabberd or other",
	    .take = take_server,
	    .write_usual = usual_server },
	{ .option = "store",
	    .asks = "Where files are kept: embedded (a folder here) or bucket "
		    "(S3)",
	    .take = take_store,
	    .write_usual = usual_store },
	{ .option = "bucket-url",
	    .asks = "URL of the bucket, such as "
		    "https://my-bucket.s3.us-east-2.amazonaws.com",
	    .of_bucket = true,
	    .take = take_bucket_url },
	{ .option = "region",
	    .asks = "Region of the bucket, such as us-east-2",
	    .of_bucket = true,
	    .take = take_region },
	{ .option = "access-key-id",
	    .asks = "Id of the key that may put and get objects",
	    .of_bucket = true,
	    .take = take_key_id },
	{ .option = "access-key-secret-file",
	    .asks = "Secret of that key (it is not shown)",
	    .of_bucket = true,
	    .hidden = true,
	    .take = take_key_secret },
	{ .option = "url",
	    .asks = "URL at which clients will reach slotd",
	    .take = take_url,
	    .write_usual = usual_url },
};
