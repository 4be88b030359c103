#include "expect.h"

#include "janitor/sweep.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define R "AbCdEfGhIjKlMnOpQrStUv"
#define NOW 1732300000 /* 2024-11-22T18:26:40Z */
#define DEFAULT "{until}/{random}/{filename}"

/* A store of objects whose keys are in their order, NULL at the end. */
static struct fake {
	struct store store;
	const struct store_object *objects;
	pthread_mutex_t lock;
	char removed[1024]; /* keys, each with a newline */
} fake = { .lock = PTHREAD_MUTEX_INITIALIZER };

static int64_t now(void)
{
	return NOW;
}

static void no_wait(const struct janitor *janitor, int milliseconds)
{
	(void)janitor;
	(void)milliseconds;
	fail();
}

static enum failure fake_list(
    struct store *store, const struct store_walk *walk, struct buf *why)
{
	(void)store;
	(void)why;
	for (size_t i = 0; fake.objects[i].key.at; i++)
		if (span_equal(
			span_first(fake.objects[i].key, walk->prefix.len),
			walk->prefix) &&
		    !walk->each(walk->of, &fake.objects[i]))
			break;
	return FAILURE_NONE;
}

/* One thread removes one object at a time here, mostly in their order. */
static enum failure fake_remove(struct store *store, struct span key,
    int64_t time, int stop, struct buf *why)
{
	size_t len;

	(void)store;
	(void)stop;
	(void)why;
	assert_int_equal(time, NOW);
	pthread_mutex_lock(&fake.lock);
	len = strlen(fake.removed);
	snprintf(fake.removed + len, sizeof fake.removed - len, "%.*s\n",
	    (int)key.len, key.at);
	pthread_mutex_unlock(&fake.lock);
	return FAILURE_NONE;
}

static const struct store_class class = { .list = fake_list,
	.remove = fake_remove };

/* Sweeps a store of this template, whose one caller may have a base. */
static struct tally sweep(const char *text, struct caller *caller,
    const struct store_object *objects, int64_t older)
{
	static struct service service;
	static struct conf conf;
	struct conf_storage storage = { .name = span_of("default") };
	struct store *store = &fake.store;
	struct key_template template;
	struct issuer issuer = { .store = store, .template = &template };
	const struct janitor janitor = { &service, now, -1, no_wait };
	const struct sweep_options options = { .older = older };
	struct tally tally;
	const char *wrong;

	assert_true(key_template_parse(span_of(text), &template, &wrong));
	conf = (struct conf){ .storage_count = 1,
		.storages = &storage,
		.caller_count = caller ? 1 : 0,
		.callers = caller };
	service = (struct service){ .conf = &conf,
		.store_count = 1,
		.stores = &store,
		.templates = &template,
		.issuers.list = &issuer };
	fake.store = (struct store){ .class = &class, .template = &template };
	fake.objects = objects;
	fake.removed[0] = '\0';
	sweep_store(&janitor, 0, &options, &tally);
	assert_true(tally.ok);
	assert_string_equal(tally.why, "");
	return tally;
}

#define OBJECT(text, time)                                                     \
	{                                                                      \
		{ text, sizeof(text) - 1 }, 7, time                            \
	}
#define END                                                                    \
	{                                                                      \
		{ NULL, 0 }, 0, 0                                              \
	}

/* From its end on a file goes, and behind the first that has not ended nothing
 * is looked at. */
static void test_the_second_of_the_end(void **state)
{
	static const struct store_object objects[] = {
		OBJECT("20241122T182639Z/" R "/a", 0),
		OBJECT("20241122T182640Z/" R "/b", 0),
		OBJECT("20241122T182641Z/" R "/c", 0),
		OBJECT("20241122T182642Z/" R "/d", 0), END
	};
	struct tally tally = sweep(DEFAULT, NULL, objects, -1);

	(void)state;
	assert_int_equal(tally.listed, 3);
	assert_int_equal(tally.removed, 2);
	assert_int_equal(tally.bytes, 14);
	assert_non_null(strstr(fake.removed, "20241122T182639Z/" R "/a\n"));
	assert_non_null(strstr(fake.removed, "20241122T182640Z/" R "/b\n"));
}

/* None of them is a key of ours, although each is nearly one. */
static void test_what_looks_like_an_end(void **state)
{
	static const struct store_object objects[] = { OBJECT("20", 0),
		OBJECT("20/" R "/a", 0), OBJECT("2020", 0),
		OBJECT("20200101T000000", 0), OBJECT("20200101T000000Z", 0),
		OBJECT("20200101T000000Z/", 0),
		OBJECT("20200101T000000Z/" R, 0),
		OBJECT("20200101T000000Z/" R "/", 0),
		OBJECT("20200101T000000Z/" R "/a/b", 0),
		OBJECT("20200101T000000Z/" R "x/a", 0),
		OBJECT("20200101T000000Z/" R "/" R "/a/b", 0),
		OBJECT("20200101T000000Z//" R "/a", 0),
		OBJECT("20200101T000000Z/AbCdEfGhIjKlMnOpQrStU/a", 0),
		OBJECT("20200101T000000Z/AbCdEfGhIjKlMnOpQrSt.v/a", 0),
		OBJECT("20200101T000000Z" R "/a", 0),
		OBJECT("20200101T000000z/" R "/a", 0),
		OBJECT("20200101T240000Z/" R "/a", 0),
		OBJECT("20200101t000000Z/" R "/a", 0),
		OBJECT("20200230T000000Z/" R "/a", 0),
		OBJECT("2020-01-01T00:00:00Z/" R "/a", 0), END };
	struct tally tally = sweep(DEFAULT, NULL, objects, -1);

	(void)state;
	assert_string_equal(fake.removed, "");
	assert_int_equal(tally.listed, COUNT_OF(objects) - 1);
}

/* Of the age of its keep a file goes, unless nobody knows its age. */
static void test_the_second_of_an_age(void **state)
{
	static const struct store_object objects[] = { OBJECT("share/id/old",
							   NOW - 100),
		OBJECT("share/id/unknown", -1),
		OBJECT("share/id/young", NOW - 99),
		OBJECT("share/old", NOW - 100), OBJECT("shared/id/old", 0),
		OBJECT("slotd-erase/" R, 0), END };
	struct caller caller = { .dialect = DIALECT_EXTERNAL_V2,
		.base = span_of("/share/"),
		.keep = 100 };
	struct tally tally = sweep(DEFAULT, &caller, objects, -1);

	(void)state;
	assert_string_equal(fake.removed, "share/id/old\n");
	assert_int_equal(tally.listed, 4);
	caller.keep = 0;
	tally = sweep(DEFAULT, &caller, objects, -1);
	assert_int_equal(tally.listed, 0);
	/* --older is for all that slotd has stored. */
	tally = sweep(DEFAULT, &caller, objects, 100);
	assert_string_equal(fake.removed, "share/id/old\n");
	assert_int_equal(tally.listed, 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_second_of_the_end),
		cmocka_unit_test(test_what_looks_like_an_end),
		cmocka_unit_test(test_the_second_of_an_age),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
