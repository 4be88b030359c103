#include "expect.h"

#include "conf/readable.h"

/* 0: root; 990: slotd; 1000: somebody else. */
static void test_advice(void **state)
{
	static const struct {
		const char *path;
		struct owner file;
		struct owner user;
		bool in_group;
		const char *advice;
	} rows[] = {
		/* root asks, and slotd serves */
		{ "/etc/slotd/s", { 0, 0 }, { 0, 0 }, true,
		    "chgrp slotd /etc/slotd/s; chmod 640 /etc/slotd/s" },
		{ "s", { 0, 990 }, { 0, 0 }, false, "chmod 640 s" },
		{ "s", { 990, 990 }, { 0, 0 }, false, "chmod 640 s" },
		{ "s", { 990, 0 }, { 0, 0 }, true, "chmod 600 s" },
		/* who asks serves */
		{ "s", { 990, 990 }, { 990, 990 }, true, "chmod 600 s" },
		{ "s", { 990, 0 }, { 990, 990 }, false, "chmod 600 s" },
		{ "s", { 0, 990 }, { 990, 990 }, true, "chmod 640 s" },
		{ "s", { 0, 0 }, { 990, 990 }, false,
		    "chgrp 990 s; chmod 640 s" },
		{ "s", { 1000, 1000 }, { 990, 991 }, false,
		    "chgrp 991 s; chmod 640 s" },
		/* to be pasted */
		{ "a b's", { 990, 990 }, { 990, 990 }, true,
		    "chmod 600 'a b'\\''s'" },
		{ "-s", { 990, 990 }, { 990, 990 }, true, "chmod 600 ./'-s'" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char memory[256];
		struct buf out;

		buf_init(&out, memory, sizeof memory);
		readable_advice(&out, rows[i].path, rows[i].file, rows[i].user,
		    rows[i].in_group);
		expect_buf(&out, rows[i].advice);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_advice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
