#ifndef SETUP_TERMINAL_H
#define SETUP_TERMINAL_H

#include "core/buf.h"

/* Whether there is somebody to ask: standard input and standard error are a
 * terminal. */
bool terminal_is_there(void);

/*
 * Writes a question to standard error and reads a line of standard input,
 * without its newline and the blanks around it. hidden: what is typed is not
 * shown. stop: a file that becomes readable when nobody is to be asked any
 * more. A line that does not fit leaves ret_line full. False after the end of
 * the input, or when stop is readable; the terminal is then as it was.
 */
bool terminal_ask(
    const char *question, bool hidden, int stop, struct buf *ret_line);

#endif
