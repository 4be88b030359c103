#ifndef CORE_SIP_H
#define CORE_SIP_H

#include "core/span.h"

#define SIP_KEY 16
#define SIP_SIZE 16

/*
 * SipHash-2-4 of 128 bits (Aumasson and Bernstein, 2012), for tables whose keys
 * others choose: without the secret key nobody finds two that collide. For
 * short texts it takes a tenth of the time of SHA-256. Hashes the number, as 8
 * bytes with the lowest first, and then the bytes.
 */
void sip_hash(const uint8_t key[SIP_KEY], uint64_t number, struct span bytes,
    uint8_t ret_hash[SIP_SIZE]);

#endif
