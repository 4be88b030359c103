#ifndef TESTS_FENCE_INSIDE_H
#define TESTS_FENCE_INSIDE_H

#include "expect.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fence/fence.h"
#include "fence/fence_table.h"

/*
 * What happens to who tries something inside a fence: a process of its own
 * draws it, tries, and ends with 0, with the errno of the attempt, or by a
 * signal.
 */
#define NO_FENCE 255

/* Does it; gives 0 or an errno. */
typedef int attempt(void);
/* Draws the fence; gives 0 or an errno. */
typedef int drawing(void);

#define SIGNAL(number) (-(number))

static inline int inside(drawing *draw, attempt *try)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		/* Else cmocka would go on with the tests here. */
		for (int number = 1; number < NSIG; number++)
			signal(number, SIG_DFL);
		_exit(draw() ? NO_FENCE : try());
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status))
		return SIGNAL(WTERMSIG(status));
	return WEXITSTATUS(status);
}

static inline int outcome(long result)
{
	return result < 0 ? errno : 0;
}

/* For comparison: no fence, and no attempt. */
static inline int nothing(void)
{
	return 0;
}

/* Skips where the system has no such fence, and with sanitizers. */
static inline void need(drawing *draw)
{
	if (FENCE_NONE || inside(draw, nothing) == NO_FENCE)
		skip();
}

static inline int service(void)
{
	return fence_draw_calls(FENCE_SERVICE);
}

static inline int command(void)
{
	return fence_draw_calls(FENCE_COMMAND);
}

static inline int reader(void)
{
	return fence_draw_calls(FENCE_READER);
}

#endif
