#ifndef FUZZ_EXPAT_H
#define FUZZ_EXPAT_H

#include <expat.h>

/* Expat 2.9 warns of the narrow ones. */
#if XML_MINOR_VERSION >= 9
#define XML_GetCurrentByteIndex XML_GetCurrentByteIndex64
#define XML_GetCurrentByteCount XML_GetCurrentByteCount64
#endif

#endif
