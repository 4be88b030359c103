#ifndef CONF_STORE_KIND_H
#define CONF_STORE_KIND_H

#include "conf/settings.h"
#include "slotd/store.h"

/* What a store is opened with. All but `before` stays valid until the store is
 * closed. */
struct store_opening {
	const struct conf *conf;
	const struct conf_storage *storage; /* one of conf's */
	/* The keys of key_file, or those that a store made itself; NULL: there
	 * are none. */
	const struct keyring *keyring;
	/* The credentials of storage->creds, NULL without them. Once opened,
	 * the store owns them. */
	struct creds *creds;
	/* With a reload: the first store of this kind in the configuration
	 * before, which is still at work. NULL: there is none. */
	const struct store *before;
	bool looks; /* for a command, which changes nothing: see `lack` */
};

/* A kind of store, as the configuration knows it. */
struct store_kind {
	const struct store_class *class;

	/* Its settings beside type, name, put_ttl and key. They fill
	 * storage->config, which has `size` bytes and begins as a copy of
	 * `defaults` (NULL: as zeros). */
	struct settings settings;
	size_t size;
	const void *defaults;
	/* Reads settings for which rows do not do. NULL: there are none. */
	void (*read)(const struct node *group, void *config);

	/* The most bytes that a key may have between two slashes; 0: any. */
	size_t segment_max;

	/* Checks the settings together, when all of the group are read, and
	 * sets the members of struct conf_storage that other code asks for.
	 * takes_uploads and gives_files are set already, by whether the class
	 * has upload_open and file_open. NULL: nothing to check or set. */
	void (*check)(const struct node *group, struct conf_storage *storage);

	/* Makes what has to be there before the process is fenced; false with
	 * a sentence in wrong. NULL: there is nothing to make. */
	bool (*make)(
	    const struct conf_storage *storage, char *wrong, size_t wrong_size);
	/* Returns NULL with a sentence in wrong, or as it was without
	 * memory. */
	struct store *(*open)(const struct store_opening *opening, char *wrong,
	    size_t wrong_size);
};

extern const struct store_kind storage_s3_kind;
extern const struct store_kind storage_fs_kind;

/* All kinds, up to a NULL. */
extern const struct store_kind *const store_kinds[];

#endif
