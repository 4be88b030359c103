/*
 * The Redis part without the rest, for pytest: reads commands on stdin and
 * answers each with a line. What the part says goes to stderr.
 * Usage: redis_driver NAME=VALUE…
 */
#include "quota/redis.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define THREADS_MAX 64
#define WORDS_MAX 16

static struct quota *quota;

/* Of what runs in the background. */
static pthread_t threads[THREADS_MAX];
static unsigned thread_count;
static struct quota_charge load_charge;
static char load_words[512];
static unsigned load_rounds; /* 0: until stopped */
static atomic_bool stopping;
static atomic_ullong counts[FAILURE_COUNT];
static atomic_llong longest;

static int64_t clock_micros(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t unix_millis(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void say(void *argument, bool warning, const char *text)
{
	(void)argument;
	fprintf(stderr, "%s %s\n", warning ? "warning" : "info", text);
}

static const char *name_of(enum failure failure)
{
	return failure == FAILURE_NONE             ? "ok"
	       : failure == FAILURE_RATE_LIMITED   ? "rate-limited"
	       : failure == FAILURE_QUOTA_EXCEEDED ? "quota-exceeded"
	       : failure == FAILURE_REPLAYED       ? "replayed"
	       : failure == FAILURE_UNAVAILABLE    ? "unavailable"
						   : "other";
}

static uint64_t number(const char *text)
{
	return strtoull(text, NULL, 10);
}

/* USER[/PURPOSE] DOMAIN SIZE SLOTS BYTES DOMAIN_BYTES NOW; 0: this moment */
static struct quota_charge read_charge(char **words)
{
	int64_t now = (int64_t)number(words[6]);
	struct span account = span_of(words[0]);
	struct span user = span_first(account, span_find(account, '/'));

	return (struct quota_charge){
		.user = user,
		.account = user.len < account.len ? account : SPAN_EMPTY,
		.domain = span_of(words[1]),
		.size = number(words[2]),
		.slots_per_minute = (uint32_t)number(words[3]),
		.bytes_per_day = number(words[4]),
		.domain_bytes_per_day = number(words[5]),
		.now = now ? now : unix_millis(),
	};
}

static void *load(void *argument)
{
	for (unsigned i = 0;
	     !atomic_load(&stopping) && (!load_rounds || i < load_rounds);
	     i++) {
		struct quota_charge charge = load_charge;
		struct refusal why = { 0 };
		int64_t begin = clock_micros(), took, most;
		uint64_t bytes;

		counts[quota->class->take(quota, &charge, &bytes, &why)]++;
		took = clock_micros() - begin;
		most = atomic_load(&longest);
		while (took > most &&
		       !atomic_compare_exchange_weak(&longest, &most, took))
			;
	}
	return argument;
}

/* THREADS ROUNDS CHARGE… */
static void begin_load(char **words)
{
	unsigned wanted = (unsigned)number(words[0]);
	size_t used = 0;

	load_rounds = (unsigned)number(words[1]);
	load_charge = read_charge(words + 2);
	used = strlen(words[2]) + 1;
	memcpy(load_words, words[2], used);
	memcpy(load_words + used, words[3], strlen(words[3]) + 1);
	load_charge.user = span_of(load_words);
	load_charge.domain = span_of(load_words + used);
	atomic_store(&stopping, false);
	while (thread_count < wanted && thread_count < THREADS_MAX)
		pthread_create(&threads[thread_count++], NULL, load, NULL);
	puts("ok");
}

static void end_load(bool stop)
{
	atomic_store(&stopping, stop);
	while (thread_count)
		pthread_join(threads[--thread_count], NULL);
}

/* Since the last time: granted, refused by a limit, unavailable, and the
 * longest that one call took, in microseconds. */
static void count(void)
{
	printf("%llu %llu %llu %lld\n",
	    atomic_exchange(&counts[FAILURE_NONE], 0),
	    atomic_exchange(&counts[FAILURE_RATE_LIMITED], 0) +
		atomic_exchange(&counts[FAILURE_QUOTA_EXCEEDED], 0),
	    atomic_exchange(&counts[FAILURE_UNAVAILABLE], 0),
	    atomic_exchange(&longest, 0));
}

static struct quota_nonce read_nonce(char **words)
{
	return (struct quota_nonce){ .caller = span_of(words[0]),
		.nonce = span_of(words[1]),
		.domain = span_of(words[2]),
		.until = (int64_t)number(words[3]) };
}

/* CHARGE… [CALLER NONCE DOMAIN UNTIL] */
static void take(char **words, unsigned word_count)
{
	struct quota_charge charge = read_charge(words);
	struct quota_nonce nonce;
	struct refusal why = { 0 };
	int64_t begin = clock_micros();
	uint64_t bytes = 0;
	enum failure failure;

	if (word_count > 7) {
		nonce = read_nonce(words + 7);
		charge.nonce = &nonce;
	}
	failure = quota->class->take(quota, &charge, &bytes, &why);
	printf("%s %lld %llu %lld %lld\n", name_of(failure),
	    (long long)why.retry_at, (unsigned long long)bytes,
	    (long long)charge.now, (long long)(clock_micros() - begin));
}

static void use(char **words)
{
	struct quota_use now;

	if (!quota->class->use(quota, span_of(words[0]), unix_millis(), &now))
		puts("unavailable");
	else
		printf("%llu %llu %lld %lld %llu %lld\n",
		    (unsigned long long)now.slots,
		    (unsigned long long)now.bytes, (long long)now.slots_free_at,
		    (long long)now.bytes_free_at,
		    (unsigned long long)now.domain_bytes,
		    (long long)now.domain_free_at);
}

/* CALLER NONCE DOMAIN UNTIL */
static void enter(char **words)
{
	struct quota_nonce nonce = read_nonce(words);
	struct refusal why = { 0 };

	puts(name_of(quota->class->nonce(quota, &nonce, unix_millis(), &why)));
}

static void stats(void)
{
	struct quota_redis_stats now;
	uint64_t calls = 0, errors = 0;

	redis_stats(quota, &now);
	for (int i = 0; i < QUOTA_REDIS_BUCKETS; i++)
		calls += now.calls[i];
	for (int i = 0; i < QUOTA_REDIS_ERRORS; i++)
		errors += now.errors[i];
	printf("up=%d open=%u undone=%llu calls=%llu faults=%llu", now.up,
	    now.open, (unsigned long long)now.undone, (unsigned long long)calls,
	    (unsigned long long)errors);
	for (int i = 1; i < QUOTA_REDIS_ERRORS; i++)
		printf(" %s=%llu", redis_error_name((enum quota_redis_error)i),
		    (unsigned long long)now.errors[i]);
	puts("");
}

static bool obey(char **words, unsigned word_count)
{
	const struct span word = span_of(words[0]);

	if (span_is(word, "take")) {
		take(words + 1, word_count - 1);
	} else if (span_is(word, "back")) {
		const struct quota_charge charge = read_charge(words + 1);

		quota->class->give_back(quota, &charge);
		puts("ok");
	} else if (span_is(word, "use")) {
		use(words + 1);
	} else if (span_is(word, "reset")) {
		puts(quota->class->reset(quota, span_of(words[1]))
			 ? "ok"
			 : "unavailable");
	} else if (span_is(word, "nonce")) {
		enter(words + 1);
	} else if (span_is(word, "load")) {
		begin_load(words + 1);
	} else if (span_is(word, "count")) {
		count();
	} else if (span_is(word, "stop") || span_is(word, "join")) {
		end_load(span_is(word, "stop"));
		count();
	} else if (span_is(word, "stats")) {
		stats();
	} else {
		return false;
	}
	return fflush(stdout) == 0;
}

static void set(struct quota_redis_config *config, char *text)
{
	char *value = strchr(text, '=');
	struct span name = { text, (size_t)(value - text) };

	value++;
	if (span_is(name, "address"))
		config->address = value;
	else if (span_is(name, "port"))
		config->port = (uint16_t)number(value);
	else if (span_is(name, "unix"))
		config->unix_path = value;
	else if (span_is(name, "tls"))
		config->tls = true;
	else if (span_is(name, "tls_ca"))
		config->tls_ca = value;
	else if (span_is(name, "username"))
		config->username = span_of(value);
	else if (span_is(name, "password"))
		config->password = span_of(value);
	else if (span_is(name, "database"))
		config->database = (unsigned)number(value);
	else if (span_is(name, "timeout_ms"))
		config->timeout_ms = (uint32_t)number(value);
	else if (span_is(name, "allow"))
		config->allow_on_error = true;
	else if (span_is(name, "pool"))
		config->pool = (unsigned)number(value);
}

int main(int argc, char **argv)
{
	struct quota_redis_config config = {
		.prefix = span_of("slotd:"),
		.timeout_ms = 5000,
		.pool = 4,
		.clock = clock_micros,
		.say = say,
	};
	char line[2048], wrong[512];

	for (int i = 1; i < argc; i++)
		if (strchr(argv[i], '='))
			set(&config, argv[i]);
	quota = redis_open(&config, wrong, sizeof wrong);
	if (!quota) {
		fprintf(stderr, "error %s\n", wrong);
		return 1;
	}
	while (fgets(line, sizeof line, stdin)) {
		char *words[WORDS_MAX], *save;
		unsigned count_words = 0;

		for (char *word = strtok_r(line, " \n", &save);
		     word && count_words < WORDS_MAX;
		     word = strtok_r(NULL, " \n", &save))
			words[count_words++] = word;
		if (count_words && !obey(words, count_words))
			break;
	}
	end_load(true);
	quota->class->close(quota);
	return 0;
}
