#include "conf/readable.h"

#include "core/chars.h"

#include <unistd.h>

#define PLAIN CHARS_ALNUM "/._-+@:,=%"

/* Quoted for a shell. */
static void add_path(struct buf *out, const char *path)
{
	const struct chars plain = chars_of(PLAIN);
	struct span text = span_of(path);

	if (span_only(text, &plain) && !span_starts(text, "-")) {
		buf_add(out, text);
		return;
	}
	buf_text(out, span_starts(text, "-") ? "./'" : "'");
	while (text.at) {
		buf_add(out, span_cut(&text, '\''));
		buf_text(out, text.at ? "'\\''" : "'");
	}
}

void readable_advice(struct buf *out, const char *path, struct owner file,
    struct owner user, bool in_group)
{
	const bool root = user.uid == 0;
	const char *mode = "640 ";

	if (root ? file.uid != 0 && file.gid == 0 : file.uid == user.uid) {
		mode = "600 ";
	} else if (root ? file.gid == 0 : !in_group) {
		buf_text(out, "chgrp ");
		if (root)
			buf_text(out, "slotd");
		else
			buf_u64(out, user.gid);
		buf_char(out, ' ');
		add_path(out, path);
		buf_text(out, "; ");
	}
	buf_text(out, "chmod ");
	buf_text(out, mode);
	add_path(out, path);
}

void readable_advice_here(struct buf *out, const char *path, struct owner file)
{
	gid_t groups[256];
	int count = getgroups(256, groups);
	bool in_group = file.gid == getegid();

	for (int i = 0; i < count; i++)
		in_group = in_group || groups[i] == file.gid;
	readable_advice(
	    out, path, file, (struct owner){ geteuid(), getegid() }, in_group);
}
