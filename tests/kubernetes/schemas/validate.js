// Holds Kubernetes objects against the schemas of Kubernetes and of the
// Prometheus operator. Reads a JSON list from stdin; writes a JSON list with
// the faults of each. Run where the packages of package.json are.
"use strict";

const path = require("path");
const { createRequire } = require("module");
const from = createRequire(path.join(process.cwd(), "package.json"));

function classOf({ apiVersion, kind }) {
	const name = apiVersion.startsWith("monitoring.coreos.com/")
		? "@kubernetes-models/prometheus-operator" : "kubernetes-models";
	return from(`${name}/${apiVersion}/${kind}`)[kind];
}

// The schemas let unknown members pass, and Kubernetes drops them. What a
// validator knows it looks at; this notes what it never looked at.
function watch(value, where, unseen) {
	if (value === null || typeof value !== "object")
		return value;
	const inside = {};
	for (const name of Object.keys(value)) {
		inside[name] = watch(value[name], `${where}/${name}`, unseen);
		unseen.add(`${where}/${name}`);
	}
	return new Proxy(value, {
		get(target, name) {
			unseen.delete(`${where}/${String(name)}`);
			return name in inside ? inside[name] : target[name];
		},
	});
}

function faults(object) {
	const unseen = new Set(), found = [];
	let one;

	try {
		one = classOf(object);
	} catch (error) {
		return [`${object.apiVersion} ${object.kind}: no such kind`];
	}
	try {
		one.prototype.validate.call(watch(object, "", unseen));
	} catch (error) {
		found.push(error.message);
	}
	for (const place of unseen)
		if (![...unseen].some((other) => place.startsWith(other + "/")))
			found.push(`${place}: unknown`);
	return found;
}

let text = "";
process.stdin.on("data", (piece) => { text += piece; });
process.stdin.on("end", () => {
	process.stdout.write(JSON.stringify(JSON.parse(text).map(faults)));
});
