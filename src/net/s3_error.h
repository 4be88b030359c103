#ifndef NET_S3_ERROR_H
#define NET_S3_ERROR_H

#include "core/span.h"

#include <stdbool.h>

/* The error codes of stores, as in <Code>AccessDenied</Code>.
 * docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */

#define S3_ERROR_CODE 48

/* The code of a refusal's body, letters and digits alone; "": there is none. */
void s3_error_read(struct span body, char ret_code[S3_ERROR_CODE]);

/* Whether the code says that the same request may succeed when it is sent
 * again. The HTTP status does not tell: AWS sends RequestTimeout with 400, and
 * OperationAborted with 409. */
bool s3_error_passes(const char *code);

#endif
