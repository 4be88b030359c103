#ifndef FUZZ_GRANTED_H
#define FUZZ_GRANTED_H

#include <jansson.h>

#define GRANTED_PLAIN "https://s3.example.org:9000/bucket/some/prefix/"
#define GRANTED_BIG "https://big.s3.example.org/"

/* The configuration under which slots are issued, for house_service. */
#define GRANTED_CONF                                                           \
	"key_file = \"@/key\"; log = { level = \"error\"; };\n"                \
	"callers = ( { id = \"c\"; secret = \"not-a-real-secret\"; } );\n"     \
	"storages = ( { name = \"default\"; type = \"s3\"; bucket_url = "      \
	"\"" GRANTED_PLAIN "\"; region = "                                     \
	"\"r-1\"; access_key_id = \"AKIDPLAIN\"; access_key_secret = "         \
	"\"fake/plain\"; },\n"                                                 \
	"{ name = \"big\"; type = \"s3\"; bucket_url = \"" GRANTED_BIG "\"; "  \
	"region = \"r-2\"; access_key_id = \"AKIDBIG\"; access_key_secret = "  \
	"\"fake+big\"; session_token = \"to/ken+of=big\"; get = "              \
	"\"presigned\"; get_ttl = 3600; put_ttl = 900; set_public = true; "    \
	"sign_content_type = true; } );\n"                                     \
	"policy = { max_size = 1000; deny_extensions = ( \"exe\" ); };\n"      \
	"domains = ( { name = \"big.example.org\"; storage = \"big\"; "        \
	"max_size = 5000000000L; keep = 86400; allow_types = ( \"image/*\", "  \
	"\"text/plain\" ); purposes = ( { name = \"ephemeral\"; }, { name = "  \
	"\"permanent\"; max_size = 10; }, { name = \"profile\"; keep = 700; "  \
	"} ); } );\n"

#define GRANTED_MOST 1000 /* bytes of a file, unless its domain has more */

/* What was asked for, by another reading of the body. */
struct asked {
	json_t *root; /* NULL: not JSON */
	const char *jid;
	const char *filename;
	const char *purpose; /* "message" where none is named */
	int64_t size;        /* -1: none */
};

/* Takes the answer apart: both URLs, their signatures by a second signer
 * (fuzz/signer.h), their times, the key below the prefix. Ends the process
 * where one of them is wrong. */
void granted_check(const struct asked *asked, const char *text);

#endif
