#include "expect.h"

#include "core/litter.h"

#define OF(text)                                                               \
	{                                                                      \
		text, sizeof(text) - 1                                         \
	}

static void test_litter(void **state)
{
	static const struct {
		struct span secret;
		const char *litter;
	} rows[] = {
		{ OF("correct horse battery staple"), NULL },
		{ OF(""), NULL },
		{ OF("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), NULL },
		{ OF("na\xc3\xafve"), NULL },
		{ OF("a\xef\xbb\xbf"), NULL },
		{ OF("\xef\xbb\xbf"
		     "abc"),
		    "begins with a byte order mark" },
		{ OF("\xef\xbb\xbf"
		     "abc\r"),
		    "begins with a byte order mark" },
		{ OF("abc\r"), "has a carriage return" },
		{ OF("a\r\nb"), "has a carriage return" },
		{ OF("a\nb"), "has more than one line" },
		{ OF("abc\n"), "has more than one line" },
		{ OF(" abc"), "has blanks at an end" },
		{ OF("abc\t"), "has blanks at an end" },
		{ OF("abc\f"), "has blanks at an end" },
		/* No-break space, ideographic space; not within. */
		{ OF("abc\xc2\xa0"), "has blanks at an end" },
		{ OF("\xe3\x80\x80"
		     "abc"),
		    "has blanks at an end" },
		{ OF("abc\xc2\xa0x"), NULL },
		{ OF("abc\xa0"), NULL },
		{ OF("abc\0"), "has NUL bytes, as text in UTF-16 has" },
		/* iconv -t UTF-16LE, -t UTF-16BE and with a mark each */
		{ OF("a\0b\0"), "has NUL bytes, as text in UTF-16 has" },
		{ OF("\0a\0b"), "has NUL bytes, as text in UTF-16 has" },
		{ OF("\xff\xfe"
		     "a\0b\0"),
		    "is text in UTF-16" },
		{ OF("\xfe\xff\x30\x42"), "is text in UTF-16" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *litter = litter_of(rows[i].secret);

		if (rows[i].litter)
			assert_string_equal(litter, rows[i].litter);
		else
			assert_null(litter);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_litter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
