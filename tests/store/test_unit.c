#include "expect.h"

#include "store/unit.h"

#include <errno.h>
#include <stdlib.h>

static char hint[UNIT_HINT];

static const char *of_path(int error, const char *path)
{
	unit_path_hint(error, path, hint);
	return hint;
}

static const char *of_port(int error, uint16_t port)
{
	unit_port_hint(error, port, hint);
	return hint;
}

static void test_in_a_unit(void **state)
{
	(void)state;
	setenv("INVOCATION_ID", "6f9cf1b1d8b24f6c8f0a0d9c4c3b2a10", 1);
	assert_non_null(strstr(of_path(EROFS, "/srv"), "ReadWritePaths="));
	assert_non_null(strstr(of_path(EROFS, "files"), "ReadWritePaths="));
	assert_non_null(
	    strstr(of_path(EACCES, "/home/files"), "ProtectHome=no"));
	assert_non_null(strstr(of_path(EACCES, "/root"), "ProtectHome=no"));
	assert_non_null(strstr(
	    of_port(EACCES, 443), "AmbientCapabilities=CAP_NET_BIND_SERVICE"));
	/* What the unit has no part in. */
	assert_string_equal(of_path(EACCES, "/homes"), "");
	assert_string_equal(of_path(EACCES, "/srv"), "");
	assert_string_equal(of_path(ENOENT, "/home/files"), "");
	assert_string_equal(of_port(EACCES, 1024), "");
	assert_string_equal(of_port(EADDRINUSE, 443), "");
}

static void test_elsewhere(void **state)
{
	(void)state;
	unsetenv("INVOCATION_ID");
	assert_string_equal(of_path(EROFS, "/srv"), "");
	assert_string_equal(of_path(EACCES, "/home/files"), "");
	assert_string_equal(of_port(EACCES, 443), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_a_unit),
		cmocka_unit_test(test_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
