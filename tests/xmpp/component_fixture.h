#ifndef TESTS_XMPP_COMPONENT_FIXTURE_H
#define TESTS_XMPP_COMPONENT_FIXTURE_H

#include "xmpp/stream_fixture.h"

#include <sys/stat.h>
#include <unistd.h>

#include "service/counter.h"
#include "xmpp/component.h"

#define CONF                                                                   \
	"components = ( { jid = \"upload.example.org\"; secret = \"secret\"; " \
	"name = \"Files & more\"; },\n"                                        \
	"  { jid = \"upload.b\xc3\xbc"                                         \
	"cher.example\"; secret = \"secret\"; } );\n"                          \
	"storage = { type = \"s3\"; bucket_url = \"https://b.example.org\"; "  \
	"region = \"r1\"; access_key_id = \"AKIDEXAMPLE\"; "                   \
	"access_key_secret = \"fake\"; get = \"presigned\"; };\n"              \
	"policy = { max_size = 1000; slots_per_minute = 1; "                   \
	"deny_extensions = ( \"exe\" ); purposes = ( { name = \"profile\"; "   \
	"} ); };\n"                                                            \
	"domains = ( { name = \"big.example.org\"; max_size = 2000; } );\n"

#define ERROR(type, condition, text)                                           \
	"<error type='" type "'><" condition                                   \
	" xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"                       \
	"<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' "                   \
	"xml:lang='en'>" text "</text>"
#define FROM "from='juliet@example.org/balcony' "
#define TO "to='upload.example.org' "
#define ANSWER "from='upload.example.org' to='juliet@example.org/balcony'>"
#define UPLOAD "urn:xmpp:http:upload:0"

static struct service *service;
static struct counter counter;

static inline struct service *newest(void *argument)
{
	(void)argument;
	service_hold(service);
	return service;
}

static inline void note(void *argument, enum conf_log_level level,
    const char *message, const char *reason)
{
	(void)argument;
	(void)level;
	(void)message;
	(void)reason;
}

static struct component_house house = { .service = newest };
static struct component component;

static inline int open_service(void **state)
{
	char name[] = "/tmp/slotd-component-XXXXXX", wrong[256];
	int fd = mkstemp(name);
	struct conf *conf;

	(void)state;
	if (fd < 0 || write(fd, CONF, sizeof CONF - 1) < 0 || close(fd) != 0)
		return -1;
	conf = conf_read(name, stderr, NULL);
	unlink(name);
	if (!conf)
		return -1;
	conf->log_level = CONF_LOG_ERROR;
	service = service_open(conf, NULL, wrong, sizeof wrong);
	house.metrics = metrics_open(0, "");
	counter.note = note;
	if (!service ||
	    !counter_open(&counter, &service->conf->quota, wrong, sizeof wrong))
		return -1;
	service->issuers.quota = counter.quota;
	return 0;
}

static inline int close_service(void **state)
{
	(void)state;
	service_release(service);
	counter_close(&counter);
	metrics_close(house.metrics);
	return 0;
}

static inline int begin(void **state)
{
	(void)state;
	component = (struct component){
		.house = &house,
		.domain = span_of("upload.example.org"),
	};
	component.stream = open_stream(component_take, &component);
	return 0;
}

static inline int end(void **state)
{
	(void)state;
	stream_close(component.stream);
	return 0;
}

/* What is answered to a stanza. */
static inline void expect_at(
    const char *stanza, const char *want, const char *file, int line)
{
	assert_true(component_feed(&component, span_of(stanza)));
	expect_out_at(component.stream, want, file, line);
}

#define expect(stanza, want) expect_at(stanza, want, __FILE__, __LINE__)

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

#endif
