#ifndef SLOT_KEY_TEMPLATE_H
#define SLOT_KEY_TEMPLATE_H

#include "slot/jid.h"
#include "slot/keyring.h"
#include "slot/purpose.h"

#define KEY_TEMPLATE_PARTS 32
/* The most bytes of an object key, a limit of S3. */
#define OBJECT_KEY_MAX 1024
#define RANDOM_BYTES 16
#define RANDOM_TEXT 22

enum key_part_kind {
	KEY_LITERAL,
	KEY_RANDOM,
	KEY_OWNER,
	KEY_USER,
	KEY_DOMAIN,
	KEY_DATE,
	KEY_FILENAME,
	KEY_EXT,
	KEY_UNTIL,
	KEY_PURPOSE,
};

/* A number of bytes. */
struct key_range {
	size_t least;
	size_t most;
};

/* What all parts of one kind have in common. */
struct key_kind {
	const char *name; /* in braces; NULL: literals have none */
	/* For a part that is one of a few words, none of which begins with
	 * another: the length of the one that a text begins with; 0: of none.
	 * NULL: any text will do. */
	size_t (*run)(struct span text);
	struct key_range range;
	/* The only bytes in it; NULL: all but / and NUL. */
	const struct chars *chars;
	bool found_again; /* by key_template_read */
};

extern const struct key_kind key_kinds[];

struct key_part {
	enum key_part_kind kind;
	struct span literal;
};

/* A parsed `key` setting; literals point into the setting's text. */
struct key_template {
	size_t count;
	struct key_part parts[KEY_TEMPLATE_PARTS];
};

/*
 * Literals are unreserved characters and '/'. Refused with a sentence: no
 * {random}, an unknown {name}, an unclosed brace, a '/' at either end or two
 * in a row, a segment that could start with a dot, a {random}, {owner} or
 * {user} that could not be told from a {filename} beside it, anything but
 * literals and {purpose} before {until}, "slotd-erase/" at the start
 * (slot/note.h).
 */
bool key_template_parse(struct span text, struct key_template *ret_template,
    const char **ret_wrong);

/*
 * How long a key can be as a whole, and its longest segment between slashes.
 * least counts domain and file name as 1 byte, most as 253 and 200 bytes. (A
 * JID's domain may be longer, but no host has such a name.)
 */
struct key_size {
	struct key_range key;
	struct key_range segment;
};

struct key_size key_template_size(const struct key_template *template);

/* The template of a store that has no `key`: {random}/{filename}, with keys
 * {random}/{owner}/{filename}, and {until}/ before that where files end. */
struct key_template key_template_default(bool ends, bool has_keys);

bool key_template_has(
    const struct key_template *template, enum key_part_kind kind);

/* Whether it has {owner} or {user}, which need key_file. */
bool key_template_needs_key(const struct key_template *template);

struct key_input {
	uint8_t random[RANDOM_BYTES];
	const struct jid *jid;
	struct span filename; /* cleaned */
	int64_t now;
	int64_t until; /* unix seconds: the file's end; 0: it has none */
	enum purpose purpose;
	const struct keyring_root *root; /* NULL: no key_file */
	bool plain; /* other bytes than [A-Za-z0-9_.-] and '/' become '_' */
};

/* Appends the object key, UTF-8, not encoded. out is marked full if the key
 * does not fit, is over OBJECT_KEY_MAX, begins with "slotd-erase/" (by a domain
 * or a file name), or needs a root but there is none. */
void key_template_make(const struct key_template *template,
    const struct key_input *input, struct buf *out);

/* The parts of a decoded object key, read with its template. They point into
 * the key, and are empty if the template does not have them. */
struct key_reading {
	struct span random;
	struct span owner;
	struct span user;
	struct span until;
};

/*
 * Why keys of a template cannot be read again, or NULL. {filename}, {domain}
 * and {ext} vary in length and may look like the parts beside them, so the
 * place of {random}, {owner} and {user} must be certain from one end of the
 * key: each part on that side has a fixed length, or ends at a literal byte
 * that it cannot contain.
 */
const char *key_reading_fault(const struct key_template *template);

/* False if this template cannot have made the key. If several readings are
 * possible, earlier parts are as short as possible. */
bool key_template_read(const struct key_template *template, struct span key,
    struct key_reading *ret_reading);

/* The same for a key that was made with this template or, before `key` was set
 * or changed, with one of the default templates. */
bool key_template_read_any(const struct key_template *template, struct span key,
    struct key_reading *ret_reading);

/* The end of the file with such a key, or with all keys that begin so: unix
 * seconds; INT64_MAX: it has none. False: the key does not tell. */
bool key_tells_until(
    const struct key_template *template, struct span key, int64_t *ret_until);
/* The same; INT64_MAX where the key does not tell. */
int64_t key_until(const struct key_template *template, struct span key);

#endif
