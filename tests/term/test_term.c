#include "expect.h"

#include "term/term.h"

#include <stdlib.h>

static void gives_sizes_that_people_read(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} rows[] = {
		{ 0, "0 bytes" },
		{ 1023, "1023 bytes" },
		{ 1024, "1.0 KiB" },
		{ 1572864, "1.5 MiB" },
		{ 1073741824, "1.0 GiB" },
		{ 5497558138880, "5.0 TiB" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[TERM_SIZE];

		term_size(rows[i].bytes, text);
		assert_string_equal(text, rows[i].text);
	}
}

/* What `print` writes to a terminal of this width; 0: to none. */
static void expect_text(struct term term,
    void (*print)(const struct term *term), const char *expected)
{
	char *text = NULL;
	size_t len;

	term.out = open_memstream(&text, &len);
	assert_non_null(term.out);
	print(&term);
	assert_int_equal(fclose(term.out), 0);
	assert_string_equal(text, expected);
	free(text);
}

static void print_row(const struct term *term)
{
	term_row(term, TERM_YELLOW, "warning", 5, span_of("name"),
	    span_of("what was seen is longer than one line"));
}

static void a_row_is_wrapped_on_a_terminal(void **state)
{
	(void)state;
	expect_text((struct term){ 0 }, print_row,
	    "warning  name   what was seen is longer than one line\n");
	expect_text((struct term){ .width = 46 }, print_row,
	    "warning  name   what was seen is longer than\n"
	    "                one line\n");
	expect_text((struct term){ .width = 46, .colours = true }, print_row,
	    "\033[33mwarning\033[0m  name   what was seen is longer than\n"
	    "                one line\n");
}

static void print_wide(const struct term *term)
{
	term_row(term, TERM_GREEN, "ok", 5,
	    span_of("a name that leaves no room"), span_of("some text"));
}

static void a_wide_name_is_whole(void **state)
{
	(void)state;
	expect_text((struct term){ .width = 46 }, print_wide,
	    "ok       a name that leaves no room  some text\n");
}

static void print_lines(const struct term *term)
{
	term_lines(term,
	    span_of("one two three four five six seven eight nine ten\n"
		    " pasted, and longer than the terminal, but whole\n"
		    "{\"or\": \"this, which is JSON and whole as well\"}"),
	    2);
}

static void what_is_pasted_is_whole(void **state)
{
	(void)state;
	expect_text((struct term){ .width = 46 }, print_lines,
	    "  one two three four five six seven eight nine\n"
	    "  ten\n"
	    "   pasted, and longer than the terminal, but whole\n"
	    "  {\"or\": \"this, which is JSON and whole as well\"}\n");
}

static void print_progress(const struct term *term)
{
	term_progress(term, "%d of %d", 1, 2);
	term_progress_end(term);
}

static void progress_is_for_terminals(void **state)
{
	(void)state;
	expect_text((struct term){ 0 }, print_progress, "");
	expect_text((struct term){ .width = 80 }, print_progress,
	    "\r\033[K1 of 2\r\033[K");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_sizes_that_people_read),
		cmocka_unit_test(a_row_is_wrapped_on_a_terminal),
		cmocka_unit_test(a_wide_name_is_whole),
		cmocka_unit_test(what_is_pasted_is_whole),
		cmocka_unit_test(progress_is_for_terminals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
