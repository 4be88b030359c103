#ifndef CONF_INCLUDE_H
#define CONF_INCLUDE_H

#include "conf/reading.h"

/*
 * Reads a configuration's file into the reading's text, with all files that
 * it includes; names of these are relative to its folder. False after a fault
 * that makes parsing useless.
 */
bool include_read(struct reading *reading, const char *path);

#endif
