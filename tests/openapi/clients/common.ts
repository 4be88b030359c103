// What the clients share: the caller's signature and the way of one file.
import { createHmac, randomBytes } from "node:crypto";

const base = process.env["SLOTD_BASE"] ?? "";
const secret = process.env["SLOTD_SECRET"] ?? "";

export { base };
export const wanted = {
	jid: "juliet@example.org", filename: "cat.jpg", size: 9,
	content_type: "image/jpeg",
};
export const huge = { ...wanted, size: 1073741825 };

export function authorization(target: string, body: string): string {
	const ts = Math.floor(Date.now() / 1000);
	const nonce = randomBytes(8).toString("hex");
	const sig = createHmac("sha256", secret).update(
		`slotd-v1\nprosody\nPOST\n${target}\n${ts}\n${nonce}\n${body}`,
	).digest("hex");

	return `Slot-HMAC-SHA256 id=prosody, ts=${ts}, nonce=${nonce}, sig=${sig}`;
}

// fetch with a signature, for clients that take one of the user's.
export const signedFetch = (url: string, init?: RequestInit) => {
	const headers = new Headers(init?.headers);

	headers.set("Authorization", authorization(
		new URL(url).pathname, String(init?.body ?? "")));
	return fetch(url, { ...init, headers });
};

interface Slot {
	get: string;
	put: string;
	headers: Record<string, string>;
	expires: string;
}

// The slot is used; what became of it is printed for the test to judge.
export async function report(
	slot: Slot, problem: { code: string; max_file_size?: number },
): Promise<void> {
	const put = await fetch(slot.put, {
		method: "PUT", body: "some file", headers: slot.headers });
	const got = await fetch(slot.get);

	console.log(JSON.stringify({
		put: put.status, type: got.headers.get("Content-Type"),
		file: await got.text(), code: problem.code,
		max: problem.max_file_size, expires: slot.expires }));
}
