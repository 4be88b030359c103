#include "core/base64.h"
#include "core/stamp.h"
#include "core/utf8.h"
#include "fuzz/mac.h"
#include "fuzz/parts.h"
#include "fuzz/targets.h"
#include "slot/filename.h"
#include "slot/note.h"
#include "slot/owners.h"
#include "slot/prefixes.h"

/* Key templates: a key is made, and what it says is read back. */

#define KEYS                                                                   \
	"fake-key-one-0123456789-abcdefghij\n"                                 \
	"fake-key-two-0123456789-abcdefghij\n"
#define NOW 1790000000
#define LATEST 4102444799 /* 2099-12-31T23:59:59Z */

static struct keyring keyring;

static void open_keyring(void)
{
	const char *wrong;

	must(keyring_read(&keyring, span_of(KEYS), &wrong));
}

/* --- a template -----------------------------------------------------------*/

static struct grammar template_text = {
	.pattern = "^([A-Za-z0-9._~/-]|\\{(until|purpose|random|owner|user|"
		   "domain|date|filename|ext)\\})+$"
};
static struct grammar template_wrong = {
	.pattern = "^(/.*|.*/|.*//.*|(.*/)?\\..*|slotd-erase/.*)$"
};
static struct grammar until_late = {
	.pattern = "^.*\\{(random|owner|user|domain|date|filename|ext)\\}.*"
		   "\\{until\\}.*$"
};

static bool read_template(struct span text, struct key_template *ret)
{
	const char *wrong = NULL;
	const bool fine = key_template_parse(text, ret, &wrong);

	must(fine == !wrong);
	if (fine)
		must(grammar_has(&template_text, text) &&
		     !grammar_has(&template_wrong, text) &&
		     !grammar_has(&until_late, text) &&
		     memmem(text.at, text.len, "{random}", 8));
	return fine;
}

/* --- a key ----------------------------------------------------------------*/

struct made {
	struct key_input input;
	struct jid jid;
	char name[FILENAME_MAX_BYTES + 1];
	char memory[OBJECT_KEY_MAX + 64];
	struct buf key;
};

/* False: no key can be made of this. */
static bool make(
    const struct key_template *template, struct span *rest, struct made *made)
{
	const uint64_t flags = parts_number(rest);
	const int64_t until = (int64_t)(parts_number(rest) % (LATEST + 1));
	const struct span jid = parts_line(rest);
	const struct span name = parts_line(rest);
	struct buf clean = buf_of(made->name, sizeof made->name);
	const char *wrong;

	filename_clean(name, &clean);
	if (!buf_ok(&clean) || !jid_parse(jid, &made->jid, &wrong))
		return false;
	made->input = (struct key_input){ .jid = &made->jid,
		.filename = buf_span(&clean),
		.now = NOW,
		.until = until,
		.purpose = flags % PURPOSE_COUNT,
		.root = flags & 8 ? NULL : &keyring.roots[flags >> 4 & 1],
		.plain = flags & 4 };
	for (size_t i = 0; i < RANDOM_BYTES; i++)
		made->input.random[i] = (uint8_t)(flags * 37 + i * 101);
	made->key = buf_of(made->memory, sizeof made->memory);
	key_template_make(template, &made->input, &made->key);
	return buf_ok(&made->key);
}

static void check_size(
    const struct key_template *template, const struct made *made)
{
	const struct key_size size = key_template_size(template);
	struct span rest = buf_span(&made->key);

	must(made->key.len <= OBJECT_KEY_MAX && made->key.len);
	must(utf8_valid(rest) && span_find(rest, '\0') == rest.len);
	must(!span_starts(rest, NOTE_FOLDER));
	if (made->jid.domain.len > 253)
		return;
	must(made->key.len >= size.key.least && made->key.len <= size.key.most);
	while (rest.at) {
		const struct span segment = span_cut(&rest, '/');

		must(segment.len && segment.len <= size.segment.most);
		must(*segment.at != '.');
	}
}

static void check_reading(const struct key_template *template,
    const struct made *made, const struct key_reading *reading)
{
	char memory[4][64];
	struct buf random = buf_of(memory[0], sizeof memory[0]);
	struct buf owner = buf_of(memory[1], sizeof memory[1]);
	struct buf user = buf_of(memory[2], sizeof memory[2]);
	struct buf until = buf_of(memory[3], sizeof memory[3]);

	mac_base64((struct span){ (const char *)made->input.random, 16 }, true,
	    &random);
	must(span_equal(reading->random, buf_span(&random)));
	if (key_template_has(template, KEY_OWNER))
		keyring_owner(
		    made->input.root, buf_span(&random), &made->jid, &owner);
	must(span_equal(reading->owner, buf_span(&owner)));
	if (key_template_has(template, KEY_USER))
		keyring_user(made->input.root, &made->jid, &user);
	must(span_equal(reading->user, buf_span(&user)));
	if (key_template_has(template, KEY_UNTIL)) {
		if (made->input.until)
			stamp_amz(&until, made->input.until);
		else
			buf_text(&until, "never");
	}
	must(span_equal(reading->until, buf_span(&until)));
}

/* The sweep asks for keys that begin so. */
static void check_until(
    const struct key_template *template, const struct made *made)
{
	static struct prefixes prefixes;
	const struct span key = buf_span(&made->key);
	const int64_t until = made->input.until ? made->input.until : INT64_MAX;
	char memory[OBJECT_KEY_MAX + 64], stamp_memory[32];
	struct buf stamp = buf_of(stamp_memory, sizeof stamp_memory);
	bool found = false;
	int64_t told;

	if (!key_template_has(template, KEY_UNTIL))
		return;
	must(key_tells_until(template, key, &told) && told == until);
	must(key_until(template, key) == until);
	prefixes_init(&prefixes, template);
	if (made->input.until)
		stamp_amz(&stamp, until);
	else
		buf_text(&stamp, "never");
	for (size_t i = 0; i < prefixes.count; i++) {
		struct buf start = buf_of(memory, sizeof memory);

		buf_add(&start, prefixes.list[i]);
		buf_add(&start, buf_span(&stamp));
		found |= span_starts(key, start.at);
	}
	must(found);
}

/* Whose file it is; nobody else's. */
static void check_owner(
    const struct key_template *template, const struct made *made)
{
	static struct owner owners[2];
	char memory[JID_BARE_SIZE];
	struct buf bare = buf_of(memory, sizeof memory);
	size_t found;

	jid_bare(&made->jid, &bare);
	owners_add(&owners[0], &keyring, span_of("somebody@else.example"));
	owners_add(&owners[1], &keyring, buf_span(&bare));
	found =
	    owners_find(owners, 2, &keyring, template, buf_span(&made->key));
	if (span_equal(owners[0].jid, owners[1].jid))
		return;
	must(found == (key_template_needs_key(template) ? 1 : 2));
	must(owners_told(template, buf_span(&made->key)) ||
	     !key_template_needs_key(template));
}

static void run_key(struct span input)
{
	struct span rest = input;
	struct key_template template;
	struct key_reading reading;
	struct made made;

	if (!read_template(parts_line(&rest), &template) ||
	    !make(&template, &rest, &made))
		return;
	check_size(&template, &made);
	must(key_template_read(&template, buf_span(&made.key), &reading));
	check_reading(&template, &made, &reading);
	check_until(&template, &made);
	check_owner(&template, &made);
}

/* --- any text as a key ----------------------------------------------------*/

static void must_be_in(struct span part, struct span key, size_t len)
{
	if (!part.len)
		return;
	must(part.at >= key.at && part.at + part.len <= key.at + key.len);
	must(!len || part.len == len);
}

static void run_key_reading(struct span input)
{
	struct span rest = input;
	struct key_template template;
	struct key_reading reading;
	struct owner owner;
	int64_t until = 0;
	struct span key;
	bool tells;

	if (!read_template(parts_line(&rest), &template))
		return;
	key = rest.at ? rest : SPAN_EMPTY;
	tells = key_tells_until(&template, key, &until);
	must(key_until(&template, key) == (tells ? until : INT64_MAX));
	owners_add(&owner, &keyring, span_of("somebody@else.example"));
	must(owners_find(&owner, 1, &keyring, &template, key) == 1);
	owners_told(&template, key);
	if (!key_template_read(&template, key, &reading))
		return;
	must(key.len <= OBJECT_KEY_MAX);
	must(key_template_read_any(&template, key, &reading));
	must_be_in(reading.random, key, RANDOM_TEXT);
	must_be_in(reading.owner, key, KEYRING_TEXT);
	must_be_in(reading.user, key, KEYRING_TEXT);
	must_be_in(reading.until, key, 0);
	must(reading.random.len == RANDOM_TEXT);
	if (reading.until.len)
		must(tells);
}

const struct fuzz_target keys_targets[] = {
	{ "key", 1200, open_keyring, run_key },
	{ "key-reading", 600, open_keyring, run_key_reading },
	{ 0 },
};
