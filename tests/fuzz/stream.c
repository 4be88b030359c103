#include "fuzz/match.h"
#include "fuzz/reading.h"
#include "fuzz/targets.h"
#include "service/counter.h"
#include "xmpp/component.h"

#include <unistd.h>

/*
 * The component's stream: bytes of the server's to stanzas to answers. What is
 * asked and what is answered is read by another reader (fuzz/reading.h), and
 * held against each other.
 *
 * An input is what follows the handshake; one that begins with "<?xml" is the
 * whole stream. In it, the bytes MARK … REPEAT n stand for what is between them
 * 2^n times, so that a short input reaches the bounds.
 */

#define MARK 2
#define REPEAT 1
#define REPEAT_MAX 15u /* of n */
#define INPUT_MAX ((size_t)1280 << 10)
/* The bounds that xmpp/stream.h promises. */
#define DEEPEST 10000u
#define LONGEST_TAG (1u << 20)
#define PIECE 16384u /* how far beyond that a tag may be seen */
#define BLOCK 65536u /* what is read at once, at most */

#define JID MATCH_JID
#define CONF                                                                   \
	"components = ( { jid = \"" JID "\"; secret = \"secret\"; "            \
	"name = \"Files & more\"; } );\n"                                      \
	"storage = { type = \"s3\"; bucket_url = \"https://b.example.org\"; "  \
	"region = \"r1\"; access_key_id = \"AKIDEXAMPLE\"; "                   \
	"access_key_secret = \"fake\"; get = \"presigned\"; };\n"              \
	"policy = { max_size = 1000; slots_per_minute = 2; "                   \
	"deny_extensions = ( \"exe\" ); purposes = ( { name = \"profile\"; "   \
	"} ); };\n"                                                            \
	"domains = ( { name = \"big.example.org\"; max_size = 2000; } );\n"
#define HEADER                                                                 \
	"<?xml version='1.0'?><stream:stream "                                 \
	"xmlns:stream='http://etherx.jabber.org/streams' "                     \
	"xmlns='jabber:component:accept' from='" JID "' id='3BF96D32'>"

static struct service *service;

static struct service *newest(void *argument)
{
	(void)argument;
	service_hold(service);
	return service;
}

static void note(void *argument, enum conf_log_level level, const char *message,
    const char *reason)
{
	(void)argument;
	(void)level;
	(void)message;
	(void)reason;
}

static struct component_house house = { .service = newest };

static void open_service(void)
{
	char name[] = "/tmp/slotd-fuzz-XXXXXX", wrong[256];
	int fd = mkstemp(name);
	struct conf *conf;

	must(fd >= 0 && write(fd, CONF, sizeof CONF - 1) > 0 && close(fd) == 0);
	conf = conf_read(name, stderr, NULL);
	unlink(name);
	must(conf);
	conf->log_level = CONF_LOG_ERROR;
	service = service_open(conf, NULL, wrong, sizeof wrong);
	house.metrics = metrics_open(0, "");
	must(service && house.metrics);
}

/* --- an input -------------------------------------------------------------*/

struct input {
	char bytes[INPUT_MAX];
	size_t len;
};

static void add(struct input *input, const char *bytes, size_t len)
{
	if (len > INPUT_MAX - input->len)
		len = INPUT_MAX - input->len;
	memmove(input->bytes + input->len, bytes, len);
	input->len += len;
}

static void expand(struct span bytes, struct input *ret_input)
{
	size_t mark = 0;

	ret_input->len = 0;
	for (size_t i = 0; i < bytes.len; i++) {
		if (bytes.at[i] == MARK) {
			mark = ret_input->len;
		} else if (bytes.at[i] == REPEAT && i + 1 < bytes.len) {
			unsigned n = (uint8_t)bytes.at[++i] % (REPEAT_MAX + 1);

			while (n--)
				add(ret_input, ret_input->bytes + mark,
				    ret_input->len - mark);
		} else {
			add(ret_input, bytes.at + i, 1);
		}
	}
}

/* --- a run of it ----------------------------------------------------------*/

struct run {
	struct component component;
	bool ended;
	char *out; /* all that was sent */
	size_t out_len;
	size_t out_room;
	enum stream_end end;
	char condition[64];
};

static struct counter counter = { .note = note };

/* It remembers who has asked for slots. To open one takes longer than all the
 * rest, and most inputs ask for none. */
static void forget_counts(const struct input *input)
{
	if (!memmem(input->bytes, input->len, "request", 7))
		return;
	counter_close(&counter);
	counter = (struct counter){ .note = note };
}

static void begin(struct run *run)
{
	char wrong[256];

	*run = (struct run){ 0 };
	must(counter.open || counter_open(&counter, &service->conf->quota,
				 wrong, sizeof wrong));
	service->issuers.quota = counter.quota;
	run->component = (struct component){
		.house = &house,
		.domain = span_of(JID),
	};
	run->component.stream =
	    stream_open(span_of(JID), component_take, &run->component);
	must(run->component.stream);
}

/* Keeps what is to be sent. */
static void drain(struct run *run)
{
	struct stream *stream = run->component.stream;
	struct span out = stream_out(stream);

	while (run->out_len + out.len >= run->out_room) {
		run->out_room = run->out_room ? 2 * run->out_room : 4096;
		run->out = realloc(run->out, run->out_room);
		must(run->out);
	}
	memcpy(run->out + run->out_len, out.at, out.len);
	run->out_len += out.len;
	stream_sent(stream, out.len);
}

static void feed(struct run *run, const char *bytes, size_t len)
{
	struct stream *stream = run->component.stream;
	char *exact = malloc(len + !len);

	must(exact);
	memcpy(exact, bytes, len);
	if (!run->ended)
		run->ended = !component_feed(
		    &run->component, (struct span){ exact, len });
	free(exact);
	if (stream_state(stream) == STREAM_HEADED)
		stream_handshake(stream, span_of("secret"));
	drain(run);
}

/* Keeps why the stream has ended. */
static void finish(struct run *run)
{
	struct stream *stream = run->component.stream;
	const char *condition;

	drain(run);
	run->end = stream_end(stream, &condition);
	snprintf(run->condition, sizeof run->condition, "%s", condition);
	must(run->ended == (run->end != STREAM_GOES_ON));
	must(run->ended == (stream_state(stream) == STREAM_ENDED));
	stream_close(stream);
}

/* In pieces of up to so many bytes. */
static void run_input(
    const struct input *input, bool raw, size_t step, struct run *ret_run)
{
	uint32_t state = (uint32_t)input->len;

	begin(ret_run);
	if (!raw) {
		feed(ret_run, HEADER, sizeof HEADER - 1);
		feed(ret_run, "<handshake/>", 12);
		must(stream_state(ret_run->component.stream) == STREAM_OPEN);
	}
	for (size_t at = 0, len; at < input->len; at += len) {
		state = state * 1664525 + 1013904223;
		len = step < BLOCK ? 1 + (state >> 8) % step : BLOCK;
		if (len > input->len - at)
			len = input->len - at;
		feed(ret_run, input->bytes + at, len);
	}
	finish(ret_run);
	forget_counts(input);
}

/* --- what must hold -------------------------------------------------------*/

static bool has_error(const struct reading *in)
{
	for (size_t i = 0; i < in->count; i++)
		if (strcmp(in->said[i].name, "error") == 0)
			return true;
	return false;
}

/* It ends for a fault of the server's, and for nothing else. True: at the same
 * place as for the other reader. */
static bool check_end(const struct run *run, const struct reading *in,
    const struct input *input, bool raw)
{
	static const enum stream_end ends[] = { STREAM_GOES_ON, STREAM_FAULTY,
		STREAM_FAULTY, STREAM_CLOSED };
	static const char *const conditions[] = { "", "not-well-formed",
		"restricted-xml", "" };

	if (run->end == STREAM_REFUSED) {
		must(has_error(in));
		return false;
	}
	if (raw && strcmp(run->condition, "invalid-namespace") == 0)
		return false;
	if (strcmp(run->condition, "policy-violation") == 0) {
		must(raw || input->len > LONGEST_TAG || in->deepest > DEEPEST);
		return false;
	}
	must(in->deepest <= DEEPEST && in->longest <= LONGEST_TAG + PIECE);
	must(run->end == ends[in->end]);
	must(strcmp(run->condition, conditions[in->end]) == 0);
	return true;
}

static void check(const struct run *run, const struct input *input, bool raw)
{
	static struct input whole;
	struct reading in, out;
	bool same;

	whole.len = 0;
	if (!raw)
		add(&whole, HEADER "<handshake/>", sizeof HEADER - 1 + 12);
	add(&whole, input->bytes, input->len);
	reading_of((struct span){ whole.bytes, whole.len }, false, &in);
	reading_of((struct span){ run->out, run->out_len }, true, &out);
	must(out.end == (run->end == STREAM_FAULTY || run->end == STREAM_CLOSED
				? READING_CLOSED
				: READING_GOES_ON));
	same = check_end(run, &in, input, raw);
	match_answers(&in, &out, same && !raw);
	reading_free(&in);
	reading_free(&out);
}

/* Cut at other places, the same is answered. A tag over its bound is seen
 * sooner or later. */
static void check_pieces(const struct run *run, const struct input *input)
{
	struct run pieces;

	if (input->len > LONGEST_TAG)
		return;
	run_input(input, false, 1 + input->len / 64, &pieces);
	must(pieces.end == run->end);
	must(strcmp(pieces.condition, run->condition) == 0);
	must(pieces.out_len == run->out_len);
	must(memcmp(pieces.out, run->out, run->out_len) == 0);
	free(pieces.out);
}

static void run_stream(struct span bytes)
{
	static struct input input;
	struct run run;
	bool raw;

	expand(bytes, &input);
	/* Room for the header in front of it. */
	if (input.len > INPUT_MAX - 1024)
		input.len = INPUT_MAX - 1024;
	raw = span_starts((struct span){ input.bytes, input.len }, "<?xml");
	run_input(&input, raw, BLOCK, &run);
	check(&run, &input, raw);
	if (!raw)
		check_pieces(&run, &input);
	free(run.out);
}

const struct fuzz_target stream_targets[] = {
	{ "stream", 1024, open_service, run_stream },
	{ 0 },
};
