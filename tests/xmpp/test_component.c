#include "xmpp/component_fixture.h"

/* Questions, and who may ask them. */

static void info(void **state)
{
	(void)state;
	expect("<iq type='get' id='1' " FROM TO
	       "><query xmlns='http://jabber.org/protocol/disco#info'/></iq>",
	    "<iq type='result' id='1' " ANSWER
	    "<query xmlns='http://jabber.org/protocol/disco#info'>"
	    "<identity category='store' type='file' name='Files &amp; more'/>"
	    "<feature var='http://jabber.org/protocol/disco#info'/>"
	    "<feature var='http://jabber.org/protocol/disco#items'/>"
	    "<feature var='urn:xmpp:ping'/>"
	    "<feature var='jabber:iq:version'/>"
	    "<feature var='urn:xmpp:http:upload:0'/>"
	    "<feature var='urn:xmpp:http:upload'/>"
	    "<feature var='urn:xmpp:http:upload:purpose:0#message'/>"
	    "<feature var='urn:xmpp:http:upload:purpose:0#profile'/>"
	    "<x xmlns='jabber:x:data' type='result'>"
	    "<field var='FORM_TYPE' type='hidden'>"
	    "<value>urn:xmpp:http:upload:0</value></field>"
	    "<field var='max-file-size'><value>1000</value></field></x>"
	    "<x xmlns='jabber:x:data' type='result'>"
	    "<field var='FORM_TYPE' type='hidden'>"
	    "<value>urn:xmpp:http:upload</value></field>"
	    "<field var='max-file-size'><value>1000</value></field></x>"
	    "</query></iq>");
}

/* The limit is that of the asker's domain. */
static void info_for_a_domain(void **state)
{
	struct span out;

	(void)state;
	component_feed(&component,
	    span_of(
		"<iq type='get' id='1' from='BIG.example.org' " TO "><query "
		"xmlns='http://jabber.org/protocol/disco#info'/></iq>"));
	out = stream_out(component.stream);
	assert_non_null(memmem(out.at, out.len, "<value>2000</value>", 19));
	stream_sent(component.stream, out.len);
}

static void other_questions(void **state)
{
	(void)state;
	expect("<iq type='get' id='1' " FROM TO
	       "><query xmlns='http://jabber.org/protocol/disco#items'/></iq>",
	    "<iq type='result' id='1' " ANSWER
	    "<query xmlns='http://jabber.org/protocol/disco#items'/></iq>");
	expect("<iq type='get' id='2' " FROM TO
	       "><ping xmlns='urn:xmpp:ping'/></iq>",
	    "<iq type='result' id='2' " ANSWER "</iq>");
	expect("<iq type='get' id='3' " FROM TO
	       "><query xmlns='jabber:iq:version'/></iq>",
	    "<iq type='result' id='3' " ANSWER
	    "<query xmlns='jabber:iq:version'><name>slotd</name>"
	    "<version>0.1.0</version></query></iq>");
	/* jabberd2's session manager has no domain. */
	expect("<iq type='get' id='4' from='sm' " TO
	       "><ping xmlns='urn:xmpp:ping'/></iq>",
	    "<iq type='result' id='4' from='upload.example.org' "
	    "to='sm'></iq>");
}

static void what_is_not_there(void **state)
{
	(void)state;
	expect("<iq type='get' id='1' " FROM TO "><query node='a' "
	       "xmlns='http://jabber.org/protocol/disco#info'/></iq>",
	    "<iq type='error' id='1' " ANSWER
	    "<query xmlns='http://jabber.org/protocol/disco#info' "
	    "node='a'/>" ERROR("cancel", "item-not-found",
		"there is no such node") "</error></iq>");
	expect("<iq type='get' id='2' " FROM TO "><vCard xmlns='vcard-temp' "
	       "xml:lang='de' x:y='z' a='&lt;&apos;'><b/></vCard></iq>",
	    "<iq type='error' id='2' " ANSWER
	    "<vCard xmlns='vcard-temp' xml:lang='de' a='&lt;&apos;'/>" ERROR(
		"cancel", "service-unavailable",
		"this service only takes files") "</error></iq>");
	expect("<iq type='set' id='3' " FROM TO
	       "><ping xmlns='urn:xmpp:ping'/></iq>",
	    "<iq type='error' id='3' " ANSWER
	    "<ping xmlns='urn:xmpp:ping'/>" ERROR("cancel",
		"service-unavailable",
		"there is nothing to be set here") "</error></iq>");
	/* Prefixes of others are declared elsewhere. */
	expect("<iq type='get' id='4' " FROM TO "><a:b:c/></iq>",
	    "<iq type='error' id='4' " ANSWER ERROR("cancel",
		"service-unavailable",
		"this service only takes files") "</error></iq>");
	/* Nor may a namespace of XML's own be declared (Namespaces in XML 1.0,
	 * section 3). */
	expect("<iq type='get' id='5' " FROM TO
	       "><a xmlns='http://www.w3.org/2000/xmlns/'/></iq>",
	    "<iq type='error' id='5' " ANSWER ERROR("cancel",
		"service-unavailable",
		"this service only takes files") "</error></iq>");
	expect("<iq type='get' id='6' " FROM TO
	       "><a xmlns='http://www.w3.org/XML/1998/namespace'/></iq>",
	    "<iq type='error' id='6' " ANSWER ERROR("cancel",
		"service-unavailable",
		"this service only takes files") "</error></iq>");
}

#define INCOMPLETE                                                             \
	ERROR("modify", "bad-request",                                         \
	    "a request has an id, of at most 1024 bytes, and one element")

static void malformed(void **state)
{
	(void)state;
	expect("<iq type='get' id='1' " FROM TO "/>",
	    "<iq type='error' id='1' " ANSWER INCOMPLETE "</error></iq>");
	expect("<iq type='get' " FROM TO "><ping xmlns='urn:xmpp:ping'/></iq>",
	    "<iq type='error' " ANSWER
	    "<ping xmlns='urn:xmpp:ping'/>" INCOMPLETE "</error></iq>");
	expect("<iq type='ask' id='2' " FROM TO
	       "><ping xmlns='urn:xmpp:ping'/></iq>",
	    "<iq type='error' id='2' " ANSWER
	    "<ping xmlns='urn:xmpp:ping'/>" ERROR("modify", "bad-request",
		"a request is of type get or set") "</error></iq>");
}

static void what_is_too_long(void **state)
{
	static char text[70001];

	(void)state;
	memset(text, 'x', sizeof text - 1);
	component_feed(
	    &component, span_of("<iq type='get' id='1' " FROM TO "><a b='"));
	component_feed(&component, span_first(span_of(text), 60000));
	component_feed(&component, span_of("'>"));
	component_feed(&component, span_of(text));
	expect("</a></iq>", "<iq type='error' id='1' " ANSWER ERROR("modify",
				"policy-violation",
				"the request is longer than 64 KiB, or too "
				"deep") "</error></iq>");
	/* An error does not repeat what is long, but is one. */
	component_feed(&component,
	    span_of("<iq type='get' id='2' " FROM TO "><a xmlns='u' b='"));
	component_feed(&component, span_first(span_of(text), 5000));
	expect(
	    "'/></iq>", "<iq type='error' id='2' " ANSWER ERROR("cancel",
			    "service-unavailable",
			    "this service only takes files") "</error></iq>");
}

#define TOO_LONG                                                               \
	ERROR("modify", "policy-violation",                                    \
	    "the request is longer than 64 KiB, or too deep")

#define SECOND "<iq type='get' id='2' " FROM TO "a='"

/* An IQ whose own tag is too long is answered, too, by what is left of it. */
static void a_tag_that_is_too_long(void **state)
{
	static char text[70001];
	const struct span all = span_of(memset(text, 'x', sizeof text - 1));

	(void)state;
	component_feed(&component, span_of("<iq type='get' a='"));
	component_feed(&component, all);
	expect("' b='1' id='1' " FROM TO "><ping xmlns='urn:xmpp:ping'/></iq>",
	    "<iq type='error' id='1' " ANSWER TOO_LONG "</error></iq>");
	/* One byte longer than what is kept whole. */
	component_feed(&component, span_of(SECOND));
	component_feed(
	    &component, span_first(all, STANZA_MAX + 1 - sizeof SECOND - 2));
	expect(
	    "'/>", "<iq type='error' id='2' " ANSWER TOO_LONG "</error></iq>");
	/* As a request without an id. */
	component_feed(&component, span_of("<iq type='get' " FROM TO "id='"));
	component_feed(&component, all);
	expect("'/>", "<iq type='error' " ANSWER TOO_LONG "</error></iq>");
	component_feed(&component, span_of("<message " FROM TO "id='"));
	component_feed(&component, all);
	expect("'/>", "");
}

static void what_has_no_answer(void **state)
{
	(void)state;
	expect("<message " FROM TO "><body>x</body></message>", "");
	expect("<presence " FROM TO "/>", "");
	expect("<iq type='result' id='1' " FROM TO "/>", "");
	expect("<iq type='error' id='1' " FROM TO "/>", "");
	expect("<iq type='get' id='1' " TO
	       "><ping xmlns='urn:xmpp:ping'/></iq>",
	    "");
	expect("<iq type='get' id='1' " FROM "to='example.org'>"
	       "<ping xmlns='urn:xmpp:ping'/></iq>",
	    "");
	expect("<iq type='get' id='1' " FROM "to='a@b@c'>"
	       "<ping xmlns='urn:xmpp:ping'/></iq>",
	    "");
}

static void addresses(void **state)
{
	(void)state;
	expect("<iq type='get' id='1' " FROM "to='UPLOAD.Example.org'>"
	       "<ping xmlns='urn:xmpp:ping'/></iq>",
	    "<iq type='result' id='1' " ANSWER "</iq>");
	expect("<iq type='get' id='2' " FROM "to='a@Upload.example.org/b@c'>"
	       "<ping xmlns='urn:xmpp:ping'/></iq>",
	    "<iq type='result' id='2' from='a@Upload.example.org/b@c' "
	    "to='juliet@example.org/balcony'></iq>");
}

static void an_address_that_is_not_ascii(void **state)
{
	(void)state;
	component.domain = span_of("upload.xn--bcher-kva.example");
	expect("<iq type='get' id='1' from='a@b/c' "
	       "to='upload.B\xc3\x9c"
	       "cher.example'>"
	       "<ping xmlns='urn:xmpp:ping'/></iq>",
	    "<iq type='result' id='1' from='upload.b\xc3\xbc"
	    "cher.example' to='a@b/c'></iq>");
	expect("<iq type='get' id='2' from='a@b/c' "
	       "to='upload.xn--bcher-kva.example'>"
	       "<ping xmlns='urn:xmpp:ping'/></iq>",
	    "<iq type='result' id='2' from='upload.b\xc3\xbc"
	    "cher.example' to='a@b/c'></iq>");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(info),
		TEST(info_for_a_domain),
		TEST(other_questions),
		TEST(what_is_not_there),
		TEST(malformed),
		TEST(what_is_too_long),
		TEST(a_tag_that_is_too_long),
		TEST(what_has_no_answer),
		TEST(addresses),
		TEST(an_address_that_is_not_ascii),
	};

	return cmocka_run_group_tests(tests, open_service, close_service);
}
