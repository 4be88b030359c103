// The classes of OpenAPI Generator+.
import { SlotsApi } from "./generated/plus";
import { base, huge, report, signedFetch, wanted } from "./common";

const api = new SlotsApi(undefined, base, signedFetch);

async function main(): Promise<void> {
	const slot = await api.slotPost(wanted);
	const refused: unknown = await api.slotPost(huge).catch(
		(error: unknown) => error);

	if (!(refused instanceof Response))
		throw new Error(JSON.stringify(refused));
	await report(slot, await refused.json());
}

void main();
