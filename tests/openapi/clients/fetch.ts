// openapi-typescript's types with openapi-fetch.
import createClient from "openapi-fetch";
import type { paths } from "./generated/paths";
import { authorization, base, huge, report, wanted } from "./common";

const client = createClient<paths>({ baseUrl: base });

client.use({
	async onRequest({ request }) {
		request.headers.set("Authorization", authorization(
			"/slot", await request.clone().text()));
		return request;
	},
});

async function main(): Promise<void> {
	const slot = await client.POST("/slot", { body: wanted });
	const refused = await client.POST("/slot", { body: huge });

	if (!slot.data || !refused.error)
		throw new Error(JSON.stringify([slot.error, refused.data]));
	await report(slot.data, refused.error);
}

void main();
