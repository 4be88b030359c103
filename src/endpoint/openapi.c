#include "http/reply.h"
#include "endpoint/routes.h"

/* api/openapi.yaml, byte for byte. The path is relative to the top folder,
 * where make runs the compiler. */
extern const char openapi_begin[];
extern const char openapi_end[];

__asm__(".section .rodata\n"
	".global openapi_begin\n"
	"openapi_begin:\n"
	".incbin \"api/openapi.yaml\"\n"
	".global openapi_end\n"
	"openapi_end:\n"
	".byte 0\n"
	".previous\n");

static void answer(struct request *request)
{
	const struct span text = { openapi_begin,
		(size_t)(openapi_end - openapi_begin) };
	struct reply reply = reply_static(200, "application/yaml", text);

	reply_send(request, &reply);
}

const struct endpoint openapi_get = { .method = "GET", .end = answer };
