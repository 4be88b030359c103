#include "core/uri.h"
#include "fuzz/mac.h"
#include "fuzz/parts.h"
#include "fuzz/targets.h"
#include "slot/dialect.h"
#include "slot/filename.h"
#include "slot/grant.h"
#include "slot/link.h"

/* What slotd signs and reads again: tokens of uploads and links. And the
 * uploads that an XMPP server has signed. */

#define NOW 1790000000
#define KEYS                                                                   \
	"fake-key-one-0123456789-abcdefghij\n"                                 \
	"fake-key-two-0123456789-abcdefghij\n"
#define OTHER_KEY "fake-key-three-0123456789-abcdefgh\n"
#define TEXT 2048

static struct keyring ours, others;

static void open_keys(void)
{
	const char *wrong;

	must(keyring_read(&ours, span_of(KEYS), &wrong) && ours.count == 2);
	must(keyring_read(&others, span_of(OTHER_KEY), &wrong));
}

/* Changes a bit of a text. */
static void flip(struct span text, uint64_t bit)
{
	if (text.len)
		((char *)text.at)[bit / 8 % text.len] ^= (char)(1 << bit % 8);
}

/* --- uploads --------------------------------------------------------------*/

struct upload {
	struct span store, key, type;
	uint64_t size;
	int64_t expires;
};

static enum failure check_grant(const struct keyring *keyring,
    const struct upload *upload, struct span token, struct grant *ret)
{
	return grant_check(
	    keyring, upload->store, token, upload->key, NOW, ret);
}

static void must_be_same(
    const struct upload *upload, struct span token, enum failure wanted)
{
	struct grant grant;

	must(check_grant(&ours, upload, token, &grant) == wanted);
	must(check_grant(&others, upload, token, &grant) ==
	     FAILURE_SLOT_INVALID);
	if (wanted != FAILURE_NONE)
		return;
	must(grant.size == upload->size && grant.expires == upload->expires);
	must(grant.type_len == upload->type.len);
	must(memcmp(grant.type, upload->type.at, grant.type_len) == 0);
	must(grant.type[grant.type_len] == '\0');
}

/* Nobody can move a byte from one field to another, or change one. */
static void check_changed(
    const struct upload *upload, struct span token, uint64_t bit)
{
	struct upload other = *upload;
	struct grant grant;

	other.key = span_from(upload->key, 1);
	must(!upload->key.len ||
	     check_grant(&ours, &other, token, &grant) == FAILURE_SLOT_INVALID);
	other = *upload;
	other.store = span_from(upload->store, 1);
	must(!upload->store.len ||
	     check_grant(&ours, &other, token, &grant) == FAILURE_SLOT_INVALID);
	must(check_grant(&ours, upload, span_first(token, token.len - 1),
		 &grant) == FAILURE_SLOT_INVALID);
	flip(token, bit);
	must(check_grant(&ours, upload, token, &grant) == FAILURE_SLOT_INVALID);
}

static struct grammar grant_text = {
	.pattern = "^[A-Za-z0-9_-]{23,363}\\.[A-Za-z0-9_-]{22}$"
};

static void check_url(const struct upload *upload, struct span token)
{
	static const char base[] = "https://share.example.org/u/";
	const struct store_request request = {
		.key = upload->key, .size = upload->size, .type = upload->type
	};
	char memory[3 * TEXT + 1024], key_memory[TEXT + 1];
	struct buf url = buf_of(memory, sizeof memory);
	struct buf key = buf_of(key_memory, sizeof key_memory);
	struct span rest, first;

	grant_url(&ours.roots[0], upload->store,
	    span_of("https://share.example.org"), &request, upload->expires,
	    &url);
	must(buf_ok(&url) && span_starts(buf_span(&url), base));
	rest = span_from(buf_span(&url), strlen(base));
	first = span_cut(&rest, '/');
	must(span_equal(first, token));
	must(span_find(upload->key, '\0') < upload->key.len ||
	     (uri_decode(&key, rest) &&
		 span_equal(buf_span(&key), upload->key)));
}

static void run_grant(struct span input)
{
	struct span rest = input;
	const uint64_t bit = parts_number(&rest);
	const int64_t expires = (int64_t)(parts_number(&rest) & INT64_MAX);
	const uint64_t size = parts_number(&rest);
	const struct span type = span_first(parts_line(&rest), MEDIA_TYPE_MAX);
	const struct span store = parts_line(&rest), key = parts_line(&rest);
	const struct upload upload = { store, key, type, size, expires };
	const struct keyring_root *root = &ours.roots[bit % 2];
	char memory[1024], small_memory[100];
	struct buf token = buf_of(memory, sizeof memory);
	struct buf small = buf_of(small_memory, sizeof small_memory);
	struct grant grant;

	grant_write(root, store, key, size, type, expires, &token);
	must(grammar_has(&grant_text, buf_span(&token)));
	must_be_same(&upload, buf_span(&token),
	    expires > NOW ? FAILURE_NONE : FAILURE_SLOT_EXPIRED);
	must(span_equal(rest, buf_span(&token)) ||
	     check_grant(&ours, &upload, rest.at ? rest : SPAN_EMPTY, &grant) ==
		 FAILURE_SLOT_INVALID);
	grant_write(root, store, key, size, type, expires, &small);
	must(buf_ok(&small) == (token.len < sizeof small_memory));
	if (root == &ours.roots[0])
		check_url(&upload, buf_span(&token));
	check_changed(&upload, buf_span(&token), bit);
}

/* --- links ----------------------------------------------------------------*/

static void run_link_token(struct span input)
{
	static struct grammar text = { .pattern = "^[A-Za-z0-9_-]{22}$" };
	struct span rest = input;
	const uint64_t bit = parts_number(&rest);
	const struct span store = parts_line(&rest), key = parts_line(&rest);
	char memory[64];
	struct buf out = buf_of(memory, sizeof memory);
	const struct span token = { memory, LINK_TOKEN };

	link_token_write(&ours.roots[bit % 2], store, key, &out);
	must(grammar_has(&text, buf_span(&out)));
	must(link_token_check(&ours, token, store, key));
	must(!link_token_check(&others, token, store, key));
	must(!store.len ||
	     !link_token_check(&ours, token, span_from(store, 1), key));
	must(!key.len ||
	     !link_token_check(&ours, token, store, span_from(key, 1)));
	must(span_equal(rest, token) ||
	     !link_token_check(&ours, rest.at ? rest : SPAN_EMPTY, store, key));
	flip(token, bit);
	must(!link_token_check(&ours, token, store, key));
}

/* --- uploads that an XMPP server has signed -------------------------------*/

#define SECRET "fake secret of the XMPP server"

static struct caller server = { .base = { "/share/", 7 } };

/* A path, and the same one again from its key. */
static void check_path(struct span path)
{
	char memory[2][TEXT];
	struct buf key = buf_of(memory[0], sizeof memory[0]);
	struct buf again = buf_of(memory[1], sizeof memory[1]);
	struct span name, same;

	if (!dialect_key(&server, path, &key, &name))
		return;
	must(span_starts(buf_span(&key), "share/"));
	must(span_find(buf_span(&key), '\0') == key.len);
	must(name.at + name.len == key.at + key.len && name.at[-1] == '/');
	must(span_find(name, '/') == name.len && name.len &&
	     name.len <= FILENAME_MAX_BYTES);
	for (struct span rest = buf_span(&key); rest.at;) {
		const struct span folder = span_cut(&rest, '/');

		must(folder.len && *folder.at != '.');
		must(folder.len <= DIALECT_FOLDER_MAX);
	}
	must(dialect_key(&server, span_from(buf_span(&key), 6), &again, &same));
	must(span_equal(buf_span(&key), buf_span(&again)));
	must(span_equal(name, same));
}

/* The lines are the dialect, the size, the type, the path; the rest is a MAC,
 * or nothing for the right one. */
static void run_external(struct span input)
{
	struct span rest = input;
	const uint64_t kind = parts_number(&rest);
	const uint64_t size = parts_number(&rest);
	const struct span type = parts_line(&rest), path = parts_line(&rest);
	const struct dialect_upload upload = { path, size, type };
	char memory[2 * TEXT], hex[2 * MAC_SIZE + 1];
	struct buf text = buf_of(memory, sizeof memory);

	server.dialect = DIALECT_EXTERNAL_V1 + kind % 3;
	if (!server.secret_count)
		hmac_key_init(
		    &server.secrets[server.secret_count++], span_of(SECRET));
	buf_add(&text, path);
	buf_char(&text, kind % 3 ? '\0' : ' ');
	buf_u64(&text, size);
	if (kind % 3) {
		buf_char(&text, '\0');
		buf_add(&text,
		    type.len ? type : span_of("application/octet-stream"));
	}
	mac_hex(SECRET, buf_span(&text), hex);
	must(dialect_mac_right(&server, &upload, span_of(hex)));
	must(dialect_mac_right(&server, &upload, rest) == span_is(rest, hex));
	flip(span_of(hex), kind);
	must(!dialect_mac_right(&server, &upload, span_of(hex)));
	check_path(path);
}

const struct fuzz_target tokens_targets[] = {
	{ "grant", 1400, open_keys, run_grant },
	{ "link-token", 500, open_keys, run_link_token },
	{ "external", 1000, NULL, run_external },
	{ 0 },
};
