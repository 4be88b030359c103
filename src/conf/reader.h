#ifndef CONF_READER_H
#define CONF_READER_H

#include "conf/conf.h"
#include "conf/fault.h"
#include "conf/file.h"

/* What is needed while one configuration is read. */
struct reader {
	struct conf *conf;
	struct memory *keep;    /* what conf points to */
	struct memory *scratch; /* gone when the reading ends */
	struct faults *faults;
	const char *folder;         /* of the file, with its slash; or "" */
	bool incomplete;            /* missing settings are not told */
	bool has_store;             /* the types of all stores are known */
	struct seen_secret *seen;   /* see secret.h */
	struct named_path *paths;   /* see paths.h */
	const struct node *fs_node; /* the embedded store's path; or NULL */
	const char *fs_path;
};

/* A fault or warning of a setting. */
void node_wrong(struct reader *reader, const struct node *node,
    const char *format, ...) __attribute__((format(printf, 3, 4)));
void node_warn(struct reader *reader, const struct node *node,
    const char *format, ...) __attribute__((format(printf, 3, 4)));
/* What a group lacks, told at the group's line. */
void node_missing(struct reader *reader, const struct node *group,
    const char *name, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* How a setting of any name is read; `into` is what the table is for. */
typedef void setting_reader(
    struct reader *reader, const struct node *node, void *into);

enum setting_kind {
	SETTING_LATER,  /* known, and refused */
	SETTING_U32,    /* min to max, into a uint32_t */
	SETTING_BOOL,   /* into a bool */
	SETTING_CUSTOM, /* by read */
	SETTING_AFTER,  /* read when all others have been */
};

/* One row of the tables that say which settings there are. */
struct setting {
	const char *name;
	enum setting_kind kind;
	size_t offset; /* into the struct that is filled; CUSTOM: what the
			* reader gets */
	uint32_t min;
	uint32_t max;
	setting_reader *read;
	const char *only; /* of this variant of the group; NULL: of all */
};

#define LATER(name)                                                            \
	{                                                                      \
		name, SETTING_LATER, 0, 0, 0, NULL, NULL                       \
	}
#define U32(name, type, member, min, max)                                      \
	{                                                                      \
		name, SETTING_U32, offsetof(type, member), min, max, NULL,     \
		    NULL                                                       \
	}
#define BOOL(name, type, member)                                               \
	{                                                                      \
		name, SETTING_BOOL, offsetof(type, member), 0, 0, NULL, NULL   \
	}
#define CUSTOM(name, read)                                                     \
	{                                                                      \
		name, SETTING_CUSTOM, 0, 0, 0, read, NULL                      \
	}

/* A member of the struct by a reader that takes such a thing. */
#define PART(name, type, member, read)                                         \
	{                                                                      \
		name, SETTING_CUSTOM, offsetof(type, member), 0, 0, read, NULL \
	}
#define AFTER(name)                                                            \
	{                                                                      \
		name, SETTING_AFTER, 0, 0, 0, NULL, NULL                       \
	}

struct settings {
	const struct setting *rows;
	size_t count;
	const char *kind;    /* of thing that has variants: "storage type" */
	const char *variant; /* NULL: not known, all settings are taken */
};

/* Reads the members of a group (another type is a fault) by their rows. */
void settings_read(struct reader *reader, const struct node *group,
    const struct settings *settings, void *into);

/* Single values; false after a fault. */
bool read_group(struct reader *reader, const struct node *node);
bool read_list(
    struct reader *reader, const struct node *node, const char *of_what);
bool read_boolean(
    struct reader *reader, const struct node *node, bool *ret_value);
bool read_integer(struct reader *reader, const struct node *node, int64_t min,
    int64_t max, int64_t *ret_value);
/* Not empty, no control characters. Lives as long as the node. */
bool read_text(
    struct reader *reader, const struct node *node, struct span *ret_text);
/* One of the words ("a|b"): its number. */
bool read_word(struct reader *reader, const struct node *node,
    const char *words, unsigned *ret_number);
/* A file name; relative ones start at the configuration's folder. */
bool read_path(
    struct reader *reader, const struct node *node, const char **ret_path);
/* Bytes of such a name at the most when it is a unix socket's: what
 * sun_path holds beside a NUL. */
#define UNIX_PATH_MAX 107
#define UNIX_PATH_LONG                                                         \
	"is longer than the %d bytes that a unix socket's path can have"
/* The folder that such a file is in. */
const char *parent_folder(struct reader *reader, const char *path);
/* Bytes: an integer, or a string with a unit. At most INT64_MAX. */
bool read_size(
    struct reader *reader, const struct node *node, uint64_t *ret_bytes);

/* Turns one string of a list into what is kept; false after a fault. */
typedef bool item_reader(struct reader *reader, const struct node *node,
    struct span text, struct span *ret_item);
void read_items(struct reader *reader, const struct node *node,
    item_reader *read, const struct span **ret_items, size_t *ret_count);

/* The settings that have a file of their own. */
void read_listen(struct reader *reader, const struct node *node, void *into);
void read_public(struct reader *reader, const struct node *node, void *into);
void read_callers(struct reader *reader, const struct node *node, void *into);
void read_policy(struct reader *reader, const struct node *node, void *into);
void read_proxies(struct reader *reader, const struct node *node, void *into);
/* `storage` and `storages`, and `domains` after all else. */
void read_storages(struct reader *reader, const struct node *root);
void read_domains(struct reader *reader, const struct node *root);

/* Settings that `policy` and `domains` share: into a struct policy. */
setting_reader policy_max_size, policy_types, policy_extensions;
/* "example.org" or "*.example.org", in lower case. */
item_reader read_domain;

/* Whether an IP address is the machine's own. */
bool is_loopback(const char *address);

/* What can only be judged when all has been read. */
void check_listeners(struct reader *reader, const struct node *root);
void check_callers(struct reader *reader, const struct node *root);
void check_storages(struct reader *reader, const struct node *root);
void check_types(struct reader *reader, const struct node *root);

#endif
