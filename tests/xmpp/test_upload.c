#include "xmpp/component_fixture.h"

/* Beginning, end, and what must stand somewhere between. */
static void expect_slot(const char *stanza, const char *start,
    const char *within, const char *finish)
{
	struct span out;

	assert_true(component_feed(&component, span_of(stanza)));
	out = stream_out(component.stream);
	if (!span_starts(out, start) ||
	    !memmem(out.at, out.len, within, strlen(within)) ||
	    !span_is(span_from(out, out.len - strlen(finish)), finish))
		fail_msg("%s", out.at);
	stream_sent(component.stream, out.len);
}

static void slots(void **state)
{
	(void)state;
	expect_slot("<iq type='get' id='1' from='a@example.org/x' " TO
		    "><request xmlns='urn:xmpp:http:upload:0' "
		    "filename='tr&#232;s cool.jpg' size=' 00023 ' "
		    "content-type='image/jpeg'/></iq>",
	    "<iq type='result' id='1' from='upload.example.org' "
	    "to='a@example.org/x'><slot xmlns='urn:xmpp:http:upload:0'>"
	    "<put url='https://b.example.org/",
	    "/tr%C3%A8s%20cool.jpg?X-Amz-Algorithm=AWS4-HMAC-SHA256&amp;X-Amz-"
	    "Credential=AKIDEXAMPLE",
	    "'/></slot></iq>");
	expect_slot("<iq type='get' id='2' from='b@example.org' " TO
		    "><request xmlns='urn:xmpp:http:upload'>"
		    "<filename>a.jpg</filename><size>23</size>"
		    "<content-type>image/jpeg</content-type></request></iq>",
	    "<iq type='result' id='2' from='upload.example.org' "
	    "to='b@example.org'><slot xmlns='urn:xmpp:http:upload'>"
	    "<put>https://b.example.org/",
	    "</put><get>https://b.example.org/", "</get></slot></iq>");
	expect_slot("<iq type='get' id='3' from='example.org' " TO
		    "><request xmlns='urn:xmpp:http:upload:0' "
		    "filename='a' size='0'>"
		    "<profile xmlns='urn:xmpp:http:upload:purpose:0'/>"
		    "</request></iq>",
	    "<iq type='result' id='3' ", "/a?", "'/></slot></iq>");
}

#define REQUEST(attributes)                                                    \
	"<request xmlns='urn:xmpp:http:upload:0' " attributes "/>"
#define WHOLE_REQUEST(from, attributes)                                        \
	"<iq type='get' id='1' from='" from "' " TO                            \
	">" REQUEST(attributes) "</iq>"
#define REFUSED(to, attributes, error)                                         \
	"<iq type='error' id='1' from='upload.example.org' to='" to            \
	"'>" REQUEST(attributes) error "</error></iq>"
/* With what stands behind it in <error>. */
#define TOO_LARGE(namespace)                                                   \
	ERROR("modify", "not-acceptable",                                      \
	    "the file is too large: the limit is 1000 bytes")                  \
	"<file-too-large xmlns='" namespace "'><max-file-size>1000</"          \
					    "max-file-size></file-too-large>"

/* The answer to a user's request with these attributes is this error. */
#define REFUSES(from, attributes, error)                                       \
	expect(                                                                \
	    WHOLE_REQUEST(from, attributes), REFUSED(from, attributes, error))

static void refusals(void **state)
{
	(void)state;
	REFUSES("a@example.net", "filename='a' size='1'",
	    ERROR("auth", "forbidden",
		"this service is not for users of your domain"));
	REFUSES("a@example.org", "filename='a' size='1001'",
	    TOO_LARGE("urn:xmpp:http:upload:0"));
	REFUSES("a@example.org", "filename='a' size='99999999999999999999999'",
	    TOO_LARGE("urn:xmpp:http:upload:0"));
	REFUSES("a@example.org", "filename='a.exe' size='1'",
	    ERROR("auth", "forbidden",
		"filename: files with this ending are not allowed"));
	REFUSES("a@example.org", "filename='a'",
	    ERROR("modify", "bad-request", "size: missing"));
	REFUSES("a@example.org", "filename='a' size='-1'",
	    ERROR("modify", "bad-request", "size: must be a number of bytes"));
	REFUSES("a@example.org", "size='1'",
	    ERROR("modify", "bad-request", "filename: missing"));
}

/* In the words of the old namespace. */
static void a_refusal_of_the_old_namespace(void **state)
{
	(void)state;
	expect("<iq type='get' id='1' from='a@example.org' " TO
	       "><request xmlns='urn:xmpp:http:upload'>"
	       "<filename>a</filename><size>1001</size></request></iq>",
	    "<iq type='error' id='1' from='upload.example.org' "
	    "to='a@example.org'><request xmlns='urn:xmpp:http:upload'/>" //
	    TOO_LARGE("urn:xmpp:http:upload") "</error></iq>");
}

static void purposes_that_are_wrong(void **state)
{
	(void)state;
#define PURPOSE(elements, error)                                               \
	expect("<iq type='get' id='1' from='a@example.org' " TO                \
	       "><request xmlns='urn:xmpp:http:upload:0' filename='a' "        \
	       "size='1'>" elements "</request></iq>",                         \
	    REFUSED("a@example.org", "filename='a' size='1'", error))
#define NS "xmlns='urn:xmpp:http:upload:purpose:0'"
	PURPOSE("<fun " NS "/>", ERROR("modify", "bad-request",
				     "purpose: there is no such purpose"));
	PURPOSE("<message " NS "/><profile " NS "/>",
	    ERROR("modify", "bad-request", "purpose: a file has only one"));
	PURPOSE("<permanent " NS "/>",
	    ERROR("auth", "forbidden",
		"purpose: it is not offered for this domain"));
	PURPOSE("<ephemeral " NS "/>",
	    ERROR("modify", "bad-request",
		"expire-before: must be a time such as 2026-12-31T23:59:59Z"));
}

/* policy.slots_per_minute. */
static void retry(void **state)
{
	(void)state;
	expect_slot(WHOLE_REQUEST("often@example.org", "filename='a' size='1'"),
	    "<iq type='result' ", "<put", "'/></slot></iq>");
	expect_slot(WHOLE_REQUEST("often@example.org", "filename='a' size='1'"),
	    "<iq type='error' id='1' from='upload.example.org' "
	    "to='often@example.org'>" REQUEST("filename='a' size='1'") //
	    "<error type='wait'><resource-constraint ",
	    "<retry xmlns='urn:xmpp:http:upload:0' stamp='20",
	    "Z'/></error></iq>");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(slots),
		TEST(refusals),
		TEST(a_refusal_of_the_old_namespace),
		TEST(purposes_that_are_wrong),
		TEST(retry),
	};

	return cmocka_run_group_tests(tests, open_service, close_service);
}
