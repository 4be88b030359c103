#include "core/stamp.h"
#include "core/utf8.h"
#include "fuzz/parts.h"
#include "fuzz/targets.h"
#include "net/xml.h"
#include "store/s3_private.h"

#include <expat.h>

/* XML of stores: listings, and texts of error answers. What expat alone says of
 * them is a second opinion. */

/* --- the second reader ----------------------------------------------------*/

#define ELEMENTS 1200

struct element {
	unsigned depth;
	char *name;
	char *text;
};

struct tree {
	XML_Parser parser;
	bool broken, doctype;
	unsigned depth;
	char *texts[XML_DEPTH + 1];
	size_t count;
	struct element elements[ELEMENTS]; /* in the order of their ends */
};

static void stop(struct tree *tree)
{
	tree->broken = true;
	XML_StopParser(tree->parser, XML_FALSE);
}

static bool has_text(const char *text)
{
	return text[strspn(text, " \t\r\n")] != '\0';
}

static void on_begin(void *of, const char *name, const char **attributes)
{
	struct tree *tree = of;

	(void)name;
	(void)attributes;
	if (tree->depth && !has_text(tree->texts[tree->depth]))
		tree->texts[tree->depth][0] = '\0';
	if (tree->depth == XML_DEPTH) {
		stop(tree);
		return;
	}
	tree->depth++;
	tree->texts[tree->depth] = strdup("");
	must(tree->texts[tree->depth]);
}

static void on_text(void *of, const char *bytes, int len)
{
	struct tree *tree = of;
	char **text = &tree->texts[tree->depth];
	const size_t had = strlen(*text);

	*text = realloc(*text, had + (size_t)len + 1);
	must(*text);
	memcpy(*text + had, bytes, (size_t)len);
	(*text)[had + (size_t)len] = '\0';
}

static void on_end(void *of, const char *name)
{
	struct tree *tree = of;
	struct element *element = &tree->elements[tree->count];
	const unsigned depth = tree->depth--;

	if (tree->count == ELEMENTS) {
		free(tree->texts[depth]);
		stop(tree);
		return;
	}
	tree->count++;
	*element = (struct element){ depth, strdup(name), tree->texts[depth] };
	must(element->name);
}

static void on_doctype(void *of, const char *name, const char *system,
    const char *public, int internal)
{
	struct tree *tree = of;

	(void)name;
	(void)system;
	(void)public;
	(void)internal;
	tree->doctype = true;
	stop(tree);
}

static void read_tree(struct span before, struct span text, struct tree *tree)
{
	tree->depth = 0;
	tree->count = 0;
	tree->broken = tree->doctype = false;
	tree->parser = XML_ParserCreate("UTF-8");
	must(tree->parser);
	XML_SetUserData(tree->parser, tree);
	XML_SetElementHandler(tree->parser, on_begin, on_end);
	XML_SetCharacterDataHandler(tree->parser, on_text);
	XML_SetStartDoctypeDeclHandler(tree->parser, on_doctype);
	if (XML_Parse(tree->parser, before.at, (int)before.len, 0) !=
		XML_STATUS_OK ||
	    XML_Parse(tree->parser, text.at, (int)text.len, !before.len) !=
		XML_STATUS_OK)
		tree->broken = true;
	XML_ParserFree(tree->parser);
	for (; tree->depth; tree->depth--)
		free(tree->texts[tree->depth]);
}

static void free_tree(struct tree *tree)
{
	for (size_t i = 0; i < tree->count; i++) {
		free(tree->elements[i].name);
		free(tree->elements[i].text);
	}
}

static struct tree tree;

/* --- listings -------------------------------------------------------------*/

static bool read_page(struct s3_page *page, struct span text, size_t step)
{
	bool goes_on;

	must(s3_page_open(page));
	do {
		const struct span piece = span_first(text, step);
		char *exact = parts_copy(piece);

		goes_on = s3_page_take(page, (struct span){ exact, piece.len });
		text = span_from(text, piece.len);
		free(exact);
	} while (goes_on && text.len);
	return s3_page_close(page) && goes_on;
}

static void same_pages(const struct s3_page *a, const struct s3_page *b)
{
	must(a->count == b->count && a->truncated == b->truncated);
	must(strcmp(a->token, b->token) == 0);
	for (size_t i = 0; i < a->count; i++) {
		must(span_equal(a->objects[i].key, b->objects[i].key));
		must(a->objects[i].size == b->objects[i].size);
		must(a->objects[i].modified == b->objects[i].modified);
	}
}

/* Each Contents with its Key, as expat reads them. */
static void check_objects(const struct s3_page *page)
{
	const char *key = "", *root = tree.elements[tree.count - 1].name;
	size_t found = 0;

	must(!tree.broken && !tree.doctype);
	must(strcmp(root, "ListBucketResult") == 0);
	for (size_t i = 0; i < tree.count; i++) {
		const struct element *element = &tree.elements[i];

		if (element->depth == 3 && strcmp(element->name, "Key") == 0)
			key = element->text;
		if (element->depth != 2)
			continue;
		if (strcmp(element->name, "Contents") == 0) {
			must(found < page->count);
			must(page->encoded ||
			     span_is(page->objects[found].key, key));
			found++;
		}
		key = "";
	}
	must(found == page->count);
}

static void run_listing(struct span text)
{
	static struct s3_page page, pieces;
	const bool fine = read_page(&page, text, text.len);

	must(read_page(&pieces, text, 1 + text.len / 9) == fine);
	if (!fine)
		return;
	must(page.count <= S3_PAGE_KEYS && !page.wrong);
	must(!page.truncated || *page.token);
	for (size_t i = 0; i < page.count; i++)
		must(page.objects[i].key.len <= OBJECT_KEY_MAX);
	same_pages(&page, &pieces);
	read_tree(SPAN_EMPTY, text, &tree);
	check_objects(&page);
	free_tree(&tree);
}

/* --- a listing that was written -------------------------------------------*/

static void escape(struct span text, struct buf *out)
{
	for (size_t i = 0; i < text.len; i++) {
		char number[8];

		snprintf(number, sizeof number, "&#%d;", text.at[i]);
		buf_text(out, strchr("&<>\"'\r\n", text.at[i])
				  ? number
				  : (char[]){ text.at[i], '\0' });
	}
}

/* As S3 does it: a blank is a plus sign. */
static void url_encode(struct span text, struct buf *out)
{
	for (size_t i = 0; i < text.len; i++) {
		const char c = text.at[i];
		char triple[4];

		snprintf(triple, sizeof triple, "%%%02X", (uint8_t)c);
		buf_text(out, c == ' '                     ? "+"
			      : ascii_alnum(c) || c == '/' ? (char[]){ c, '\0' }
							   : triple);
	}
}

static bool is_xml_text(struct span text)
{
	uint32_t code;

	while (utf8_next(&text, &code))
		if (utf8_is_control(code) || code == 0xfffe || code == 0xffff)
			return false;
	return text.len == 0;
}

static bool can_list(struct span key, bool encoded)
{
	return key.len && key.len <= OBJECT_KEY_MAX &&
	       span_find(key, '\0') == key.len && (encoded || is_xml_text(key));
}

static void run_listing_keys(struct span input)
{
	static char memory[1 << 16];
	static struct s3_page page;
	struct buf text = buf_of(memory, sizeof memory);
	struct span rest = input;
	const uint64_t flags = parts_number(&rest);
	const bool encoded = flags & 1;
	const struct span keys = rest;
	size_t count = 0;

	buf_text(&text, "<?xml version=\"1.0\"?>\n<ListBucketResult>");
	buf_text(&text, encoded ? "<EncodingType>url</EncodingType>" : "");
	while (rest.at) {
		const struct span key = span_cut(&rest, '\n');

		if (!can_list(key, encoded))
			continue;
		buf_text(&text, "<Contents><Key>");
		(encoded ? url_encode : escape)(key, &text);
		buf_text(&text, "</Key><Size>");
		buf_u64(&text, flags + count++);
		buf_text(&text, "</Size></Contents>");
	}
	buf_text(&text, flags & 2 ? "<IsTruncated>true</IsTruncated>"
				    "<NextContinuationToken>a&amp;b"
				    "</NextContinuationToken>"
				  : "<IsTruncated>false</IsTruncated>");
	buf_text(&text, "</ListBucketResult>");
	must(buf_ok(&text));
	must(read_page(&page, buf_span(&text), 100 + flags % 1000));
	must(page.count == count);
	must(strcmp(page.token, flags & 2 ? "a&b" : "") == 0);
	rest = keys;
	for (size_t i = 0; rest.at;) {
		const struct span key = span_cut(&rest, '\n');

		if (!can_list(key, encoded))
			continue;
		must(span_equal(page.objects[i].key, key));
		must(page.objects[i].size == flags + i);
		i++;
	}
}

/* --- texts of error answers -----------------------------------------------*/

static void check_text(struct span body, const char *name)
{
	char memory[XML_TEXT + 1], small_memory[8];
	struct buf out = buf_of(memory, sizeof memory);
	struct buf small = buf_of(small_memory, sizeof small_memory);
	const bool found = xml_text(body, name, &out);
	const struct element *element = NULL;

	must(xml_text(body, name, &small) ==
	     (found && out.len < sizeof small_memory));
	body = span_from(body, span_find(body, '<'));
	if (span_starts(body, "<?xml"))
		body = span_from(body, span_find(body, '>') + 1);
	read_tree(span_of("<fragment>"), body, &tree);
	for (size_t i = 0; i < tree.count && !element; i++)
		if (strcmp(tree.elements[i].name, name) == 0)
			element = &tree.elements[i];
	/* The fragment, its depth and its breaks are another reader's. */
	if (found)
		must(element && span_is(buf_span(&out), element->text));
	if (!tree.broken)
		must(found == (element != NULL));
	free_tree(&tree);
}

static void run_xml_text(struct span body)
{
	check_text(body, "Code");
	check_text(body, "Message");
}

const struct fuzz_target xml_targets[] = {
	{ "listing", 2000, NULL, run_listing },
	{ "listing-keys", 3000, NULL, run_listing_keys },
	{ "xml-text", 1000, NULL, run_xml_text },
	{ 0 },
};
