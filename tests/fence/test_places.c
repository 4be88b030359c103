/* Which folder a file is in, for a fence: of one in the root, of a link. */
#include "inside.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static char top[] = "/tmp/slotd-fence-XXXXXX";
static char links[64], files[64], file_path[64], link_path[64];
static const char *path;

static int enter(void **state)
{
	(void)state;
	if (!mkdtemp(top))
		return -1;
	snprintf(links, sizeof links, "%s/links", top);
	snprintf(files, sizeof files, "%s/files", top);
	snprintf(link_path, sizeof link_path, "%s/links/it", top);
	snprintf(file_path, sizeof file_path, "%s/files/it", top);
	return mkdir(links, 0700) || mkdir(files, 0700) ||
	       symlink("../files/it", link_path);
}

static int leave(void **state)
{
	(void)state;
	unlink(file_path);
	return unlink(link_path) || rmdir(links) || rmdir(files) || rmdir(top);
}

static int try_open(void)
{
	return outcome(open(path, O_RDONLY | O_CLOEXEC));
}

/* A file in the root would open all that there is. */
static int draw_root(void)
{
	int list = fence_files();

	if (list < 0)
		return errno;
	fence_allow_folder(list, "/is-not-there", FENCE_READ);
	return fence_draw_files(list);
}

static int draw_root_in_other_words(void)
{
	int list = fence_files();

	if (list < 0)
		return errno;
	fence_allow_folder(list, "//not there", FENCE_READ);
	fence_allow_folder(list, "/./not there", FENCE_READ);
	fence_allow_folder(list, "/tmp/../not there", FENCE_FILL);
	return fence_draw_files(list);
}

static void test_the_root_is_not_opened(void **state)
{
	(void)state;
	need(draw_root);
	path = "/etc/passwd";
	assert_int_equal(inside(draw_root, try_open), EACCES);
	assert_int_equal(inside(draw_root_in_other_words, try_open), EACCES);
}

static pthread_barrier_t drawn;

/* The fence is not around threads that were there before it. */
static void *make_late(void *none)
{
	pthread_barrier_wait(&drawn);
	close(open(file_path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	return none;
}

static int draw_and_make_late(void)
{
	int list = fence_files(), error;
	pthread_t thread;

	if (list < 0)
		return errno;
	fence_allow_folder(list, link_path, FENCE_READ);
	pthread_barrier_init(&drawn, NULL, 2);
	pthread_create(&thread, NULL, make_late, NULL);
	error = fence_draw_files(list);
	pthread_barrier_wait(&drawn);
	pthread_join(thread, NULL);
	return error;
}

/* As that of name resolution may do: to a file that is made later. */
static void test_a_link_that_leads_nowhere_yet(void **state)
{
	(void)state;
	need(draw_root);
	path = link_path;
	assert_int_equal(inside(draw_and_make_late, try_open), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_root_is_not_opened),
		cmocka_unit_test(test_a_link_that_leads_nowhere_yet),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
