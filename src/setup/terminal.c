#include "setup/terminal.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

bool terminal_is_there(void)
{
	return isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
}

/* False when the input need not be waited for any more. */
static bool await_input(int stop)
{
	struct pollfd files[] = { { .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = stop, .events = POLLIN } };

	/* A signal makes stop readable: then the next call sees that. */
	while (poll(files, 2, -1) < 0)
		if (errno != EINTR)
			return false;
	return !files[1].revents;
}

/* A byte at a time: what follows the line is the next answer. */
static bool read_line(int stop, struct buf *line)
{
	char c;

	buf_reset(line);
	while (await_input(stop) && read(STDIN_FILENO, &c, 1) == 1) {
		if (c == '\n')
			return true;
		buf_char(line, c);
	}
	return false;
}

static bool read_hidden(int stop, struct buf *line)
{
	struct termios before, hidden;
	bool ok;

	if (tcgetattr(STDIN_FILENO, &before))
		return false;
	hidden = before;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	hidden.c_lflag |= ECHONL;
	/* Who quits or stops the process would keep such a terminal. Ctrl-C
	 * goes on to work. */
	hidden.c_cc[VQUIT] = hidden.c_cc[VSUSP] = _POSIX_VDISABLE;
	if (tcsetattr(STDIN_FILENO, TCSADRAIN, &hidden))
		return false;
	ok = read_line(stop, line);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
	return ok;
}

static void trim(struct buf *line)
{
	const struct span text = span_trim(buf_span(line), " \t\r");

	memmove(line->at, text.at, text.len);
	line->len = text.len;
	line->at[text.len] = '\0';
}

bool terminal_ask(
    const char *question, bool hidden, int stop, struct buf *ret_line)
{
	fputs(question, stderr);
	fflush(stderr);
	if (!(hidden ? read_hidden(stop, ret_line) : read_line(stop, ret_line)))
		return false;
	trim(ret_line);
	return true;
}
