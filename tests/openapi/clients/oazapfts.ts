// oazapfts' functions.
import { slotPost } from "./generated/oazapfts";
import { base, huge, report, signedFetch, wanted } from "./common";

const options = { baseUrl: base, fetch: signedFetch as typeof fetch };

async function main(): Promise<void> {
	const slot = await slotPost(wanted, options);
	const refused = await slotPost(huge, options);

	if (slot.status !== 200 || refused.status !== 413)
		throw new Error(JSON.stringify([slot, refused]));
	await report(slot.data, refused.data);
}

void main();
