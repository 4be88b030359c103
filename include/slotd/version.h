#ifndef SLOTD_VERSION_H
#define SLOTD_VERSION_H

#define SLOTD_VERSION "0.1.0"

#endif
