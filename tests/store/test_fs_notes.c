#include "store/fs_fixture.h"

#include "slot/note.h"

#include <sys/syscall.h>
#include <time.h>

/* Erasures in the embedded store: who goes, and when a note does. */

#define LINE "fake-key-file-line-one-for-tests-only"
#define R "RRRRRRRRRRRRRRRRRRRRRR"
/* As in tests/slot/test_owners.c. */
#define JULIET R "/y2k2iay5n_HHTJIi9CeNNA/"
#define ROMEO R "/ypKWKN6LcIk0UWk2BMlKWg/"
/* put_ttl, and a minute. */
#define STAYS 660

static int bad_removal;
/* What opening a note fails with; 0: it does not. */
static int bad_open;

/* Stand before the C library's. */
int unlinkat(int folder, const char *name, int flags)
{
	if (bad_removal && !(flags & AT_REMOVEDIR) && *name == 'a') {
		errno = EIO;
		return -1;
	}
	return (int)syscall(SYS_unlinkat, folder, name, flags);
}

int openat(int folder, const char *name, int flags, ...)
{
	va_list values;
	mode_t mode;

	va_start(values, flags);
	mode = va_arg(values, mode_t);
	va_end(values);
	if (bad_open && *name == 'n') {
		errno = bad_open;
		return -1;
	}
	return (int)syscall(SYS_openat, folder, name, flags, mode);
}

static int setup(void **state)
{
	struct place *place;
	const char *wrong;

	bad_open = 0;
	bad_removal = 0;
	place_setup(state);
	place = *state;
	place_close(place);
	keyring_done(&place->ring);
	assert_true(keyring_read(&place->ring, span_of(LINE), &wrong));
	place_open(place);
	place->template = key_template_default(false, true);
	return 0;
}

static void note_at(const struct place *place, const char *name, int64_t when)
{
	char memory[NOTE_TEXT], key_memory[NOTE_KEY];
	struct buf text = buf_of(memory, sizeof memory);
	struct buf key = buf_of(key_memory, sizeof key_memory);
	struct refusal why = { 0 };
	struct jid jid;
	const char *wrong;

	assert_true(jid_parse(span_of("juliet@example.org"), &jid, &wrong));
	note_write(&place->ring.roots[0], &jid, when, &text);
	buf_text(&key, NOTE_FOLDER);
	buf_text(&key, name);
	assert_int_equal(place->fs->class->note(place->fs, buf_span(&key),
			     buf_span(&text), when, &why),
	    0);
}

static bool has_note(const struct place *place, const char *name)
{
	char path[64];

	snprintf(path, sizeof path, "slotd-erase/%s", name);
	return is_there(in_home(place, path));
}

static void put_both(const struct place *place, const char *name)
{
	char key[128];

	snprintf(key, sizeof key, JULIET "%s", name);
	assert_int_equal(put(place->fs, key, "x", "a/b"), 0);
	snprintf(key, sizeof key, ROMEO "%s", name);
	assert_int_equal(put(place->fs, key, "x", "a/b"), 0);
}

static bool is_file(const struct place *place, const char *key)
{
	return is_there(in_store(place, key));
}

static void test_removes_whose_they_are(void **state)
{
	struct place *place = *state;

	put_both(place, "a");
	put_both(place, "b");
	assert_int_equal(put(place->fs, "never/" JULIET "c", "x", "a/b"), 0);
	note_at(place, "n", NOW);
	fs_sweep(place->fs, NOW, NULL);
	assert_true(is_file(place, ROMEO "a"));
	assert_true(is_file(place, ROMEO "b"));
	/* Two files in two folders. */
	assert_int_equal(count_entries(place->store), 4);
	assert_true(has_note(place, "n"));
	assert_int_equal(place->fs->strange_notes, 0);
}

static void test_stays_until_no_slot_is_good(void **state)
{
	struct place *place = *state;

	note_at(place, "n", NOW);
	fs_sweep(place->fs, NOW + STAYS - 1, NULL);
	assert_true(has_note(place, "n"));
	put_both(place, "a");
	fs_sweep(place->fs, NOW + STAYS, NULL);
	assert_false(has_note(place, "n"));
	assert_false(is_file(place, JULIET "a"));
	assert_true(is_file(place, ROMEO "a"));
	/* Without a note a later file stays. */
	assert_int_equal(put(place->fs, JULIET "a", "x", "a/b"), 0);
	fs_sweep(place->fs, NOW + STAYS + 1, NULL);
	assert_true(is_file(place, JULIET "a"));
}

static void test_when_to_come_back(void **state)
{
	struct place *place = *state;

	note_at(place, "n", NOW);
	assert_int_equal(
	    fs_sweep(place->fs, NOW + STAYS - 30, NULL), NOW + STAYS);
	assert_int_equal(
	    fs_sweep(place->fs, NOW + STAYS - 10, NULL), NOW + STAYS + 10);
	assert_int_equal(fs_sweep(place->fs, NOW, NULL), NOW + 50);
}

/* Files are looked at when a note is new, and when one is over. */
static void test_does_not_look_all_the_time(void **state)
{
	struct place *place = *state;
	int64_t now = (int64_t)time(NULL) + 100;

	note_at(place, "n", now);
	fs_sweep(place->fs, now, NULL);
	put_both(place, "a");
	fs_sweep(place->fs, now + 1, NULL);
	assert_true(is_file(place, JULIET "a"));
	note_at(place, "m", now);
	fs_sweep(place->fs, now + 2, NULL);
	assert_false(is_file(place, JULIET "a"));
	put_both(place, "b");
	fs_sweep(place->fs, now + STAYS, NULL);
	assert_false(is_file(place, JULIET "b"));
}

/* Notes of one moment, as file systems tell it, are not told apart. */
static void test_looks_again_soon_after(void **state)
{
	struct place *place = *state;
	int64_t now = (int64_t)time(NULL);

	note_at(place, "n", now);
	fs_sweep(place->fs, now, NULL);
	put_both(place, "a");
	fs_sweep(place->fs, now + 50, NULL);
	assert_false(is_file(place, JULIET "a"));
	put_both(place, "b");
	fs_sweep(place->fs, now + 100, NULL);
	assert_true(is_file(place, JULIET "b"));
}

static void test_waits_for_a_running_upload(void **state)
{
	struct place *place = *state;
	struct store_upload *upload, *other;
	struct refusal why = { 0 };

	note_at(place, "n", NOW);
	assert_int_equal(begin_put(place->fs, ROMEO "a", 1, "a/b", &other), 0);
	assert_int_equal(
	    begin_put(place->fs, JULIET "a", 1, "a/b", &upload), 0);
	fs_sweep(place->fs, NOW + STAYS, NULL);
	assert_true(has_note(place, "n"));
	assert_int_equal(fs_upload_write(upload, "x", 1, &why), 0);
	assert_int_equal(fs_upload_commit(upload, &why), 0);
	fs_sweep(place->fs, NOW + STAYS + 1, NULL);
	assert_false(is_file(place, JULIET "a"));
	/* It does not wait for others'. */
	assert_false(has_note(place, "n"));
	fs_upload_abort(other);
}

static void test_stays_while_a_file_cannot_go(void **state)
{
	struct place *place = *state;

	put_both(place, "a");
	note_at(place, "n", NOW);
	bad_removal = 1;
	fs_sweep(place->fs, NOW + STAYS, NULL);
	assert_true(is_file(place, JULIET "a"));
	assert_true(has_note(place, "n"));
	bad_removal = 0;
	fs_sweep(place->fs, NOW + STAYS + 1, NULL);
	assert_false(is_file(place, JULIET "a"));
	assert_false(has_note(place, "n"));
}

static void test_stays_when_stopped(void **state)
{
	struct place *place = *state;
	atomic_bool stop = true;

	put_both(place, "a");
	note_at(place, "n", NOW);
	fs_sweep(place->fs, NOW + STAYS, &stop);
	assert_true(has_note(place, "n"));
	assert_true(is_file(place, JULIET "a"));
}

static void test_strange_notes(void **state)
{
	struct place *place = *state;
	char text[5000];

	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = '\0';
	put_both(place, "a");
	note_at(place, "n", NOW - STAYS);
	write_file(in_home(place, "slotd-erase/long"), text, 0600);
	write_file(in_home(place, "slotd-erase/empty"), "", 0600);
	write_file(in_home(place, "slotd-erase/.hidden"), "", 0600);
	write_file(in_home(place, "slotd-erase/forged"),
	    "slotd-erase-v1\nromeo@example.org\n1732300000\n"
	    "AAAAAAAAAAAAAAAAAAAAAA\n",
	    0600);
	assert_int_equal(
	    symlink("../.key", in_home(place, "slotd-erase/link")), 0);
	assert_int_equal(mkdir(in_home(place, "slotd-erase/dir"), 0700), 0);
	fs_sweep(place->fs, NOW, NULL);
	assert_int_equal(place->fs->strange_notes, 3);
	assert_true(has_note(place, "long"));
	assert_true(has_note(place, "empty"));
	assert_true(has_note(place, "forged"));
	assert_false(has_note(place, "n"));
	assert_false(is_file(place, JULIET "a"));
	assert_true(is_file(place, ROMEO "a"));
}

/* It waits for the next sweep, and not for the end of its slots. */
static void test_cannot_be_read_now(void **state)
{
	static const int errors[] = { EMFILE, ENFILE, ENOMEM, EIO };
	struct place *place = *state;
	int64_t now = (int64_t)time(NULL) + 100;
	char name[16];

	note_at(place, "n", now);
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
		snprintf(name, sizeof name, "m%zu", i);
		note_at(place, name, now);
		bad_open = errors[i];
		fs_sweep(place->fs, now, NULL);
		bad_open = 0;
		put_both(place, "a");
		fs_sweep(place->fs, now + 1, NULL);
		assert_false(is_file(place, JULIET "a"));
		assert_int_equal(place->fs->strange_notes, 0);
		assert_int_equal(unlink(in_store(place, ROMEO "a")), 0);
	}
}

/* By this user; the operator is to see to it. */
static void test_may_not_be_read(void **state)
{
	struct place *place = *state;
	int64_t now = (int64_t)time(NULL) + 100;

	note_at(place, "m", now);
	note_at(place, "n", now);
	bad_open = EACCES;
	fs_sweep(place->fs, now, NULL);
	assert_int_equal(place->fs->strange_notes, 1);
	/* It does not have all files looked at again and again. */
	put_both(place, "a");
	fs_sweep(place->fs, now + 1, NULL);
	assert_true(is_file(place, JULIET "a"));
}

/* Of which grow() makes more than once. */
static void test_many(void **state)
{
	struct place *place = *state;
	char name[16];

	for (unsigned i = 0; i < 300; i++) {
		snprintf(name, sizeof name, "n%u", i);
		note_at(place, name, i < 200 ? NOW - STAYS : NOW);
	}
	put_both(place, "a");
	fs_sweep(place->fs, NOW, NULL);
	assert_int_equal(count_entries(in_home(place, "slotd-erase")), 100);
	assert_false(is_file(place, JULIET "a"));
	assert_true(is_file(place, ROMEO "a"));
}

#define notes_test(name)                                                       \
	cmocka_unit_test_setup_teardown(name, setup, place_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		notes_test(test_removes_whose_they_are),
		notes_test(test_stays_until_no_slot_is_good),
		notes_test(test_when_to_come_back),
		notes_test(test_does_not_look_all_the_time),
		notes_test(test_looks_again_soon_after),
		notes_test(test_waits_for_a_running_upload),
		notes_test(test_stays_while_a_file_cannot_go),
		notes_test(test_stays_when_stopped),
		notes_test(test_strange_notes),
		notes_test(test_cannot_be_read_now),
		notes_test(test_may_not_be_read),
		notes_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
