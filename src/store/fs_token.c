#include "store/fs_private.h"

void fs_token_make(const struct fs *fs, const struct store_request *request,
    int64_t expires, struct buf *out)
{
	grant_write(&fs->keyring->roots[0], SPAN_EMPTY, request->key,
	    request->size, request->type, expires, out);
}

enum failure fs_slot_check(const struct fs *fs, struct span token,
    struct span key, int64_t now, struct grant *ret_grant)
{
	if (!fs_path_valid(key))
		return FAILURE_SLOT_INVALID;
	return grant_check(fs->keyring, SPAN_EMPTY, token, key, now, ret_grant);
}
