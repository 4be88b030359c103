#ifndef CONF_STORE_KIND_H
#define CONF_STORE_KIND_H

#include "conf/settings.h"
#include "slotd/store.h"

/* What a store is opened with. All of it stays valid until it is closed, but
 * for `before`. */
struct store_opening {
	const struct conf *conf;
	const struct conf_storage *storage; /* one of conf's */
	/* The lines of key_file, or those that a store has made in its place;
	 * NULL: there are none. */
	const struct keyring *keyring;
	/* By storage->creds; the store's own from then on, unless opening
	 * fails. NULL: storage->creds is NULL. */
	struct creds *creds;
	/* The first store of this kind in the configuration before, which
	 * goes on meanwhile: files of a process belong to both. NULL: there is
	 * none. */
	const struct store *before;
	bool looks; /* for a command, which makes nothing: see `lack` */
};

/* A kind of store, as the configuration knows it. */
struct store_kind {
	const struct store_class *class;

	/* Its settings beside type, name, put_ttl and key, and what they fill:
	 * `size` bytes of storage->config, which begin as `defaults` has them
	 * (NULL: as zeros). */
	struct settings settings;
	size_t size;
	const void *defaults;
	/* Reads what no row of them can, into the same. NULL: nothing. */
	void (*read)(const struct node *group, void *config);

	/* Bytes of a key between two slashes, at the most; 0: any number. */
	size_t segment_max;

	/* When all settings of the group are read: what they ask of each other
	 * and of the rest. Fills what other code goes by (see struct
	 * conf_storage), where it is not as it stands there already. NULL:
	 * there is nothing to check. */
	void (*check)(const struct node *group, struct conf_storage *storage);

	/* NULL with a sentence in wrong; without one, there is no memory. */
	struct store *(*open)(const struct store_opening *opening, char *wrong,
	    size_t wrong_size);
};

extern const struct store_kind storage_s3_kind;
extern const struct store_kind storage_fs_kind;

/* All kinds, up to a NULL. */
extern const struct store_kind *const store_kinds[];

#endif
