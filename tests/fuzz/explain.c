#include "doctor/explain.h"

#include "endpoint/json.h"
#include "fuzz/fixed.h"
#include "fuzz/fuzz.h"
#include "fuzz/house.h"
#include "fuzz/signer.h"
#include "fuzz/targets.h"

#include <string.h>

/*
 * What people paste into `slotd explain`: it says something, in lines, without
 * a secret. Where it says that a URL is as slotd signs it, a second signer
 * (fuzz/signer.h) finds one that is.
 */

#define SECRET "fake/secret-of-explain"
#define TOKEN "fake-token-of-explain"
#define OUT_MAX 65536
#define CONF                                                                   \
	"callers = ( { id = \"c\"; secret = \"not-a-real-secret\"; } );\n"     \
	"public_url = \"https://up.example.org\";\n"                           \
	"storages = ( { name = \"default\"; type = \"s3\"; bucket_url = "      \
	"\"https://s3.example.org:9000/bucket/p\"; region = \"r-1\"; "         \
	"access_key_id = \"AKIDPLAIN\"; access_key_secret = \"" SECRET "\"; "  \
	"},\n{ name = \"big\"; type = \"s3\"; bucket_url = "                   \
	"\"https://big.s3.example.org\"; region = \"r-2\"; access_key_id = "   \
	"\"AKIDBIG\"; access_key_secret = \"" SECRET "\"; session_token = "    \
	"\"" TOKEN "\"; get = \"presigned\"; set_public = true; } );\n"

/* What it says where it finds nothing. */
#define RIGHT "This URL is as slotd signs it, for "
#define PERHAPS "As far as can be seen, this URL is as slotd signs it."
#define UNSIGNED "this URL has no X-Amz-Signature"

static const struct signer signers[] = {
	{ "AKIDPLAIN", SECRET, NULL, "r-1" },
	{ "AKIDBIG", SECRET, TOKEN, "r-2" },
};

static struct conf *conf;

static void open_conf(void)
{
	json_start();
	conf = house_conf(CONF);
}

/* The numbers that slotd names, one of which is the length of the body. */
static bool agrees_for_put(
    const struct signer *signer, const struct signer_url *url, const char *said)
{
	static const char exactly[] = "for a PUT of exactly ";
	char length[32];
	const struct signer_header headers[] = { { "content-length", length },
		{ NULL, NULL } };

	while ((said = strstr(said, exactly))) {
		said += sizeof exactly - 1;
		snprintf(length, sizeof length, "%.*s",
		    (int)strspn(said, "0123456789"), said);
		if (signer_agrees(signer, "PUT", url, headers))
			return true;
	}
	return false;
}

static bool agrees(struct span text, const char *said)
{
	const struct signer_header none = { NULL, NULL };
	struct signer_url url;

	if (!signer_read(text, &url))
		return false;
	for (size_t i = 0; i < sizeof signers / sizeof *signers; i++)
		if (signer_agrees(&signers[i], "GET", &url, &none) ||
		    signer_agrees(&signers[i], "HEAD", &url, &none) ||
		    agrees_for_put(&signers[i], &url, said))
			return true;
	return false;
}

/* Takes away what JSON and XML write instead of a slash or an ampersand. */
static void plain(struct span input, char *ret_text)
{
	static const struct {
		const char *from, *to;
	} rows[] = { { "\\/", "/" }, { "\\u0026", "&" }, { "&amp;", "&" } };
	size_t len = 0;

	for (size_t i = 0; i < input.len; i++) {
		ret_text[len++] = input.at[i] ? input.at[i] : ' ';
		for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
			const size_t from = strlen(rows[k].from);

			if (len < from || memcmp(ret_text + len - from,
					      rows[k].from, from) != 0)
				continue;
			len -= from;
			ret_text[len++] = *rows[k].to;
		}
	}
	ret_text[len] = '\0';
}

/* Whatever stands for http in front of it. */
static bool some_agrees(struct span input, const char *said)
{
	char *text = malloc(input.len + 1), *url = malloc(input.len + 8);
	const char *at = text;
	bool found = false;

	plain(input, text);
	while (!found && (at = strstr(at, "://"))) {
		const int len = (int)strcspn(at, " \t\r\n\"'<>\\");

		snprintf(url, input.len + 8, "https%.*s", len, at);
		found = agrees((struct span){ url, strlen(url) }, said);
		at++;
	}
	free(text);
	free(url);
	return found;
}

static bool has(struct span text, const char *part)
{
	return text.len && memmem(text.at, text.len, part, strlen(part));
}

static void run(struct span input)
{
	static char memory[OUT_MAX];
	struct buf out = buf_of(memory, sizeof memory);
	const bool found = explain(conf, input, FIXED_NOW, &out);

	must(buf_ok(&out) && out.len && out.at[out.len - 1] == '\n');
	for (size_t i = 0; i < out.len; i++)
		must(out.at[i] == '\n' ||
		     (out.at[i] >= ' ' && out.at[i] <= '~'));
	must(has(input, SECRET) || !has(buf_span(&out), SECRET));
	must(has(input, TOKEN) || !has(buf_span(&out), TOKEN));
	must(!strstr(out.at, RIGHT) || some_agrees(input, out.at));
	must(found || strstr(out.at, RIGHT) || strstr(out.at, PERHAPS) ||
	     strstr(out.at, UNSIGNED));
}

const struct fuzz_target explain_targets[] = {
	{ "explain", 4096, open_conf, run },
	{ NULL, 0, NULL, NULL },
};
