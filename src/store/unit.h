#ifndef STORE_UNIT_H
#define STORE_UNIT_H

#include <stdint.h>

/*
 * Under systemd (INVOCATION_ID is set) a refusal may come from the unit's
 * sandbox, and looks like any other. These say which setting of the unit
 * allows it, to be put behind strerror(error): " (...)"; or "" where the unit
 * has no part in it. errno stays as it is.
 */
#define UNIT_HINT 512

/* A file or folder that was to be opened, made or written. */
void unit_path_hint(int error, const char *path, char ret_hint[UNIT_HINT]);

/* A TCP port that was to be listened on. */
void unit_port_hint(int error, uint16_t port, char ret_hint[UNIT_HINT]);

#endif
