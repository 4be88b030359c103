#include "store/relay_private.h"

#include "net/s3_error.h"

#include <stdio.h>
#include <string.h>

/* How an upload ended: a failure, and a reason for the log. */

static enum failure judge_status(long status, const char *code)
{
	if (s3_error_passes(code))
		return FAILURE_UNAVAILABLE;
	if (status == 409 || status == 412)
		return FAILURE_ALREADY_EXISTS;
	if (status == 507 || strstr(code, "Quota") || strstr(code, "Full"))
		return FAILURE_INSUFFICIENT_STORAGE;
	if (status == 408 || status == 429 || status >= 500)
		return FAILURE_UNAVAILABLE;
	return FAILURE_INTERNAL;
}

static const char *word_for(CURLcode code)
{
	switch (code) {
	case CURLE_ABORTED_BY_CALLBACK:
		return "cut off: the service is stopping";
	case CURLE_OPERATION_TIMEDOUT:
		return "took too long";
	case CURLE_WRITE_ERROR:
		return "sent headers without an end";
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_FAIL_REWIND:
		return "closed the connection";
	default:
		return curl_easy_strerror(code);
	}
}

static void judge_refusal(struct relay_upload *upload, long status)
{
	char word[S3_ERROR_CODE];

	s3_error_read(span_of(upload->body), word);
	upload->failure = judge_status(status, word);
	snprintf(upload->reason, sizeof upload->reason,
	    "the store answered %ld%s%s%s", status, *word ? " " : "", word,
	    status == 501 && upload->condition
		? ": the next PUT goes without If-None-Match"
		: "");
}

void relay_judge(struct relay_upload *upload, CURLcode code)
{
	long status = 0;

	/* libcurl takes a head that breaks off for a whole answer. */
	if (code == CURLE_OK && !upload->answered)
		code = CURLE_RECV_ERROR;
	curl_easy_getinfo(
	    upload->handle->curl, CURLINFO_RESPONSE_CODE, &status);
	upload->reason[0] = '\0';
	/* A store that answers before it has read all may close early: the
	 * answer counts, not what libcurl says of the connection. */
	if (status >= 300) {
		judge_refusal(upload, status);
	} else if (upload->answered && upload->given != upload->size) {
		upload->failure = FAILURE_UNAVAILABLE;
		snprintf(upload->reason, sizeof upload->reason,
		    "the store answered %ld before it had the whole file",
		    status);
	} else if (code != CURLE_OK || status < 200) {
		upload->failure = FAILURE_UNAVAILABLE;
		snprintf(upload->reason, sizeof upload->reason,
		    "the store: %s%s", word_for(code),
		    upload->given == upload->size
			? " after the whole file was sent: it may have kept it"
			: "");
	} else {
		upload->failure = FAILURE_NONE;
	}
}
