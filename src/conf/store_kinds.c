#include "conf/store_kind.h"

/* In a file of its own: tests/memory_store has another table. */
const struct store_kind *const store_kinds[] = { &storage_s3_kind,
	&storage_fs_kind, NULL };
