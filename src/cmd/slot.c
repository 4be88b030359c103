#include "cmd/command.h"
#include "cmd/creds.h"
#include "endpoint/json.h"
#include "service/clock.h"
#include "service/random.h"

#include <stdio.h>
#include <stdlib.h>

static const char *jid, *size, *type;
static uint64_t bytes;

static int refuse(enum failure failure, const struct refusal *why)
{
	char memory[2 * FAILURE_DETAIL_MAX];
	struct buf detail;

	buf_init(&detail, memory, sizeof memory);
	failure_write_detail(&detail, failure, why);
	return command_fault(&command_slot, "%s: %s%s%s%s",
	    failure_entry(failure)->code, detail.at, why->reason ? " (" : "",
	    why->reason ? why->reason : "", why->reason ? ")" : "");
}

static int issue(
    const struct service *service, const struct slot_request *wanted)
{
	struct slot_request request = *wanted;
	char memory[CREDS_WHY + 128];
	struct refusal why = { 0 };
	struct slot slot;
	struct jid who;
	struct buf lack;
	uint8_t random[RANDOM_BYTES];
	enum failure failure;
	char *text;

	buf_init(&lack, memory, sizeof memory);
	random_bytes(random, sizeof random);
	request.jid = &who;
	failure = jid_read(span_of(jid), &who, &why);
	if (failure == FAILURE_NONE)
		failure = slot_issue(&service->issuers, &request,
		    clock_millis(), random, &slot, &why);
	if (failure == FAILURE_UNAVAILABLE && service_lacks(service, &lack))
		why.reason = lack.at;
	if (failure != FAILURE_NONE)
		return refuse(failure, &why);
	text = json_slot_write(&slot);
	if (!text)
		return EXIT_FAULT;
	puts(text);
	free(text);
	return EXIT_OK;
}

static bool check(char **operands)
{
	(void)operands;
	return command_number(&command_slot, size, UINT64_MAX,
	    "--size must be a number of bytes", &bytes);
}

static int run(const struct service *service, char **operands)
{
	/* No caller's rules apply to a command, only the policy's. */
	const struct caller anybody = { 0 };
	struct slot_request request = {
		.caller = &anybody,
		.filename = span_of(operands[0]),
		.type = type ? span_of(type) : (struct span){ NULL, 0 },
		.size = bytes,
	};

	service_wait(service, CREDS_WAIT_MS);
	return issue(service, &request);
}

static const struct command_option options[] = {
	{ "jid", .value = &jid, .needed = true },
	{ "size", .value = &size, .needed = true },
	{ "type", .value = &type },
	{ 0 },
};

const struct command command_slot = {
	"slot",
	"issue one slot without a server",
	"usage: slotd slot [-c FILE] --jid JID --size BYTES [--type TYPE]\n"
	"                  NAME\n"
	"\n"
	"Issues one slot and prints the JSON that POST /slot would answer.\n",
	.options = options,
	.operands_max = 1,
	.operand = "the file's name",
	.check = check,
	.with_service = run,
};
