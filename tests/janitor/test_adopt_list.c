#include "expect.h"

#include "janitor/adopt_list.h"

#include <stdio.h>

/* The texts are as Prosody 0.12.3 and Lua 5.4 wrote them, or broken. */

static struct adopt_list list;
static FILE *file;

static void begin(const char *text, size_t len)
{
	/* fmemopen only reads. */
	file = fmemopen((void *)(uintptr_t)text, len, "r");
	assert_non_null(file);
	adopt_list_open(&list, file);
}

#define BEGIN(text) begin(text, sizeof(text) - 1)

#define ENTRY(id, name)                                                        \
	"item({\n\t[\"attr\"] = {\n"                                           \
	"\t\t[\"stamp\"] = \"2026-11-30T21:00:00Z\";\n"                        \
	"\t\t[\"filename\"] = \"" name "\";\n"                                 \
	"\t\t[\"content-type\"] = \"image/jpeg\";\n"                           \
	"\t\t[\"size\"] = \"1234\";\n"                                         \
	"\t\t[\"xmlns\"] = \"urn:xmpp:http:upload:0\";\n\t};\n"                \
	"\t[\"key\"] = \"" id "\";\n\t[\"name\"] = \"request\";\n"             \
	"\t[\"when\"] = 1732300000;\n"                                         \
	"\t[\"with\"] = \"juliet@example.org\";\n});\n"

static void expect(const char *id, const char *name)
{
	struct adopt_entry entry;

	assert_int_equal(adopt_list_next(&list, &entry), ADOPT_LISTED);
	assert_string_equal(entry.id, id);
	assert_string_equal(entry.name, name);
}

static void expect_end(void)
{
	struct adopt_entry entry;

	assert_int_equal(adopt_list_next(&list, &entry), ADOPT_LIST_END);
	assert_int_equal(adopt_list_next(&list, &entry), ADOPT_LIST_END);
	fclose(file);
}

static void test_entries(void **state)
{
	struct adopt_entry entry;

	(void)state;
	BEGIN(ENTRY("AbC-_1", "cat.jpg") ENTRY("d", "a b.txt"));
	assert_int_equal(adopt_list_next(&list, &entry), ADOPT_LISTED);
	assert_string_equal(entry.id, "AbC-_1");
	assert_string_equal(entry.name, "cat.jpg");
	assert_string_equal(entry.type, "image/jpeg");
	assert_true(entry.has_size);
	assert_int_equal(entry.size, 1234);
	assert_int_equal(entry.stored, 1732300000);
	expect("d", "a b.txt");
	expect_end();
}

static void test_escapes(void **state)
{
	(void)state;
	BEGIN(ENTRY("1", "tr\\195\\168s cool.jpg")
		ENTRY("2", "\\\"q\\\" \\'a\\' \\\\ %41 {}[]=; \\n\\t.txt")
		    ENTRY("3", "\\0491"));
	expect("1", "tr\xc3\xa8s cool.jpg");
	expect("2", "\"q\" 'a' \\ %41 {}[]=; \n\t.txt");
	expect("3", "11");
	expect_end();
}

/* Other ways to write the same, nested tables, and what is not of a slot. */
static void test_forms(void **state)
{
	struct adopt_entry entry;

	(void)state;
	BEGIN("item({attr={filename=\"x\",size=7},key=\"k\","
	      "when=1732300000.75,tags={{key=\"no\",{}},\"key\",[1]=\"z\","
	      "[2]={[\"attr\"]={filename=\"no\"}}},a=(1/0),b=-1e+9,c=true});"
	      "      \n;item ( { } ) item({[\"key\"]=\"l\"});");
	assert_int_equal(adopt_list_next(&list, &entry), ADOPT_LISTED);
	assert_string_equal(entry.id, "k");
	assert_string_equal(entry.name, "x");
	assert_string_equal(entry.type, "");
	assert_int_equal(entry.size, 7);
	assert_int_equal(entry.stored, 1732300000);
	assert_int_equal(adopt_list_next(&list, &entry), ADOPT_LISTED);
	assert_string_equal(entry.id, "");
	assert_false(entry.has_size);
	assert_int_equal(entry.stored, -1);
	expect("l", "");
	expect_end();
}

static void test_nothing(void **state)
{
	(void)state;
	BEGIN(" \n\t\n");
	expect_end();
}

/* What does not fit, or would be another name, is empty. */
static void test_bounds(void **state)
{
	char text[4096], id[ADOPT_LIST_ID + 1];
	struct adopt_entry entry;

	(void)state;
	memset(id, 'a', ADOPT_LIST_ID);
	id[ADOPT_LIST_ID] = '\0';
	snprintf(text, sizeof text,
	    "item({key=\"%s\",attr={filename=\"a\\000b\"}});"
	    "item({key=\"%s\",attr={size=\"-1\"},when=99999999999999});",
	    id, id + 1);
	begin(text, strlen(text));
	assert_int_equal(adopt_list_next(&list, &entry), ADOPT_LISTED);
	assert_string_equal(entry.id, "");
	assert_string_equal(entry.name, "");
	assert_int_equal(adopt_list_next(&list, &entry), ADOPT_LISTED);
	assert_string_equal(entry.id, id + 1);
	assert_false(entry.has_size);
	assert_int_equal(entry.stored, -1);
	expect_end();
}

#define DEEP "{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{"

static void test_broken(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
	} rows[] = {
		{ "return {\n};\n", 1 },
		{ "item({\n\t[\"key\"] = \"a", 2 },
		{ "item({\n\t[\"key\"] = \"a\n\";});", 2 },
		{ "item({key=\"\\256\"});", 1 },
		{ "item({key=\"\\", 1 },
		{ "item({key=os.exit()}", 1 },
		{ "item({key=", 1 },
		{ "item({[\"key\"}", 1 },
		{ "item({key=\"a\" b=\"c\"});", 1 },
		{ "item({key=\"a\"}", 1 },
		{ "item"
		  "(" DEEP,
		    1 },
		{ "itm({});", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct adopt_entry entry;

		begin(rows[i].text, strlen(rows[i].text));
		assert_int_equal(
		    adopt_list_next(&list, &entry), ADOPT_LIST_WRONG);
		assert_int_equal(list.line, rows[i].line);
		fclose(file);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_broken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
