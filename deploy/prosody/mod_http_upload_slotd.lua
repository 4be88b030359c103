-- XEP-0363 HTTP File Upload with slots from slotd. Prosody 0.12 and 13.
--   Component "upload.example.org" "http_upload_slotd"
--       http_upload_slotd_url = "http://127.0.0.1:8363"
--       http_upload_slotd_caller = "prosody"
--       http_upload_slotd_secret_file = "/etc/prosody/slotd.secret"
-- or "http_upload_slotd" in modules_enabled of a VirtualHost. Options:
-- http_upload_slotd_url          slotd's http or https URL, with the path if a proxy puts slotd below one
-- http_upload_slotd_caller       our id in slotd's callers
-- http_upload_slotd_secret_file  a file with that caller's secret (or _secret: the secret itself)
-- http_upload_slotd_timeout      seconds within which a client gets an answer (5)
-- http_upload_slotd_access       list of the JIDs and domains that may upload. Default: users of all VirtualHosts, or
--                                of the module's host (Prosody 13: with permission "http_upload_slotd:upload")
-- http_upload_slotd_size_limit   bytes; it can only lower slotd's own limit
-- http_upload_slotd_erase        whether the files of deleted accounts are erased (true)
-- http_upload_slotd_cafile       the CA of slotd's https certificate, instead of the system's
-- luacheck: std lua54, globals module, read globals prosody
local new_cache, new_form = require "util.cache".new, require "util.dataforms".new;
local valid_utf8, urlencode = require "util.encodings".utf8.valid, require "util.http".urlencode;
local jid, json, st = require "util.jid", require "util.json", require "util.stanza";
local TYPE_MAX = 255; -- bytes; slotd ignores longer ones
local NS, NS_OLD, NO_XML = "urn:xmpp:http:upload:0", "urn:xmpp:http:upload", "\239\191[\190\191]"; -- U+FFFE, U+FFFF
local NS_PURPOSE = "urn:xmpp:http:upload:purpose:0";
local BODY_MAX, SIZE_MAX = 16384, 2^53 - 1; -- bytes
local MINUTE, HOUR = 60, 3600; -- seconds

-- The scheme, the host with its port, and the rest of a URL; nil if the text is no http or https URL.
local function split_url(text)
	local scheme, authority, rest = text:match("^(https?)://([^/?#]*)(.*)$");
	local host = authority and authority:gsub(":%d*$", "") or ""; -- in two steps: one would try each digit as both
	if host:find("^[%w._-]+$") or host:find("^%[[%x:.]+%]$") then return scheme, authority, rest; end
end

-- Options ------------------------------------------------------------------
local faulty = false;
local function fault(option, what, ...)
	faulty = true;
	module:log("error", "http_upload_slotd_"..option.." "..what, ...);
end
local function read_url()
	local scheme, authority, path = split_url(module:get_option_string("http_upload_slotd_url", ""));
	if scheme and not path:find("[^%w._~%%/-]") then
		path = path:gsub("/+$", "");
		return scheme.."://"..authority..path, authority, path;
	end
	return fault("url", "is missing or wrong; it is like http://127.0.0.1:8363 or https://HOST/PATH");
end
-- What editors and pasting leave. slotd does not drop it either, so with it on one side only the answer is 401.
local function warn_of_litter(of, text)
	local litter = text:find("^\239\187\191") and "begins with a byte order mark"
		or text:find("\r") and "has a carriage return" or text:find("\n") and "has more than one line"
		or (text:find("^%s") or text:find("%s$")) and "has blanks at an end";
	if litter then module:log("warn", "%s %s, which counts as part of the secret", of, litter); end
end
local function read_secret()
	local secret = module:get_option_string("http_upload_slotd_secret");
	local path = module:get_option_path("http_upload_slotd_secret_file", nil, "config");
	if secret and path then return fault("secret", "and http_upload_slotd_secret_file are both set"); end
	if path then
		local file, why = io.open(path, "rb");
		if file then secret, why = file:read("*a"); file:close(); end
		if not secret then return fault("secret_file", "cannot be read: %s", why); end
		secret = secret:gsub("\n$", "");
	end
	if secret and secret ~= "" then
		warn_of_litter(path or "http_upload_slotd_secret", secret);
		return secret;
	end
	return fault(path and "secret_file" or "secret", "is missing or empty");
end
local function read_number(name, default, get)
	local option = "http_upload_slotd_"..name;
	local value = get(module, option, default);
	if module:get_option(option) == nil or value and value > 0 and value < math.huge then return value; end
	return fault(name, "is not a number above 0");
end
-- Two sets: JIDs and domains that may upload, and their domains. Nil without the option.
local function read_access()
	local jids, domains = {}, {};
	for _, entry in ipairs(module:get_option_array("http_upload_slotd_access", {})) do
		local prepped = type(entry) == "string" and jid.prep(entry);
		if not prepped or jid.resource(prepped) then
			return fault("access", "has %q, neither a bare JID nor a domain", tostring(entry));
		end
		jids[prepped], domains[jid.host(prepped)] = true, true;
	end
	if next(jids) then return jids, domains; end
end
-- Nil means Prosody's own settings, with the system's CAs.
local function read_sslctx()
	local path = module:get_option_path("http_upload_slotd_cafile", nil, "config");
	if not path then return nil; end
	local context, why = require "core.certmanager".create_context("http_upload_slotd port 0", "client",
		{ cafile = path, capath = false, verify = "peer" });
	return context or fault("cafile", "cannot be used, %s: %s", path, why);
end

local base, authority, path = read_url();
local secret, caller = read_secret(), module:get_option_string("http_upload_slotd_caller", "");
if not caller:find("^[%w._-]+$") or #caller > 64 then
	fault("caller", "is missing, or not 1 to 64 of the characters A-Z a-z 0-9 . _ -");
end
local timeout = read_number("timeout", 5, module.get_option_period or module.get_option_number);
local size_limit = read_number("size_limit", nil, module.get_option_number);
local ceiling, sslctx = size_limit or SIZE_MAX, read_sslctx();
local access, access_domains = read_access();
local is_component = module:get_host_type() == "component";
if faulty then return module:set_status("error", "Options are missing or wrong (see log)"); end
local closing, slotd = false, module:require "client" { base = base, authority = authority, path = path;
	caller = caller, secret = secret, timeout = timeout, sslctx = sslctx };

-- Reading answers ----------------------------------------------------------
local TYPES = " auth cancel continue modify wait "; -- of RFC 6120's stanza errors
local CONDITIONS = " bad-request conflict feature-not-implemented forbidden gone internal-server-error item-not-found "
	.. "jid-malformed not-acceptable not-allowed not-authorized policy-violation recipient-unavailable redirect "
	.. "registration-required remote-server-not-found remote-server-timeout resource-constraint service-unavailable "
	.. "subscription-required undefined-condition unexpected-request ";

-- What the operator has to correct, by reason, code or status.
local NOT_TRUSTED = "its certificate is not trusted; http_upload_slotd_cafile can name its CA";
local REASONS = {
	["timeout"] = ("no answer within http_upload_slotd_timeout, %g s"):format(timeout);
	["certificate-chain-invalid"] = NOT_TRUSTED, ["certificate verify failed"] = NOT_TRUSTED;
	["certificate-verify-failed"] = "its certificate is not for the host in http_upload_slotd_url";
	["closed"] = "it ended the connection without an answer", ["clock-skew"] = "its clock and ours differ";
	[401] = "it does not know http_upload_slotd_caller with this secret, or a proxy changed the request";
	[404] = "http_upload_slotd_url must be slotd's address, without /slot", [502] = "a proxy does not reach slotd";
};

local function is_one_of(list, word)
	return type(word) == "string" and word:find("^[a-z-]+$") and list:find(" "..word.." ", 1, true);
end
local function is_size(value)
	return type(value) == "number" and value >= 0 and value <= SIZE_MAX and value % 1 == 0;
end
local function decode(text)
	local ok, value = pcall(json.decode, text);
	return ok and type(value) == "table" and value or {};
end
-- A text, and the code of slotd's answer if it has one.
local function complaint(status, body)
	if status == 0 then return REASONS[body] or "no usable answer: "..tostring(body); end
	local code = decode(body).code;
	local why = REASONS[code] or REASONS[status];
	code = type(code) == "string" and #code < 40 and code:match("^[%w-]+$");
	return ("it answered %d%s%s"):format(status, code and " "..code or "", why and ": "..why or ""), code;
end
-- Logs the same complaint at most once a minute, because users can cause any number.
local said = {};
local function complain(text)
	said[text] = (said[text] or -1) + 1;
	if said[text] > 0 then return; end
	module:log("error", "%s", text);
	module:add_timer(MINUTE, function ()
		if said[text] > 0 then module:log("error", "%s (and %d times more)", text, said[text]); end
		said[text] = nil;
	end);
end
-- Says what is wrong with a URL, or nil. The URL itself is secret.
local function url_fault(value)
	local scheme, server, rest = split_url(type(value) == "string" and value or "");
	if not scheme or rest:find("[^%w._~:/?%[%]@!$&'()*+,;=%%-]") then
		return "without JSON that has https URLs in ASCII as put and get";
	end
	local host = server:gsub(":%d*$", "");
	if scheme == "http" and host ~= "localhost" and host ~= "[::1]" and not host:find("^127%.%d+%.%d+%.%d+$") then
		return "http URLs where clients want https; look at slotd's public_url, bucket_url, download_url";
	end
end
-- Once: such slots work for tests on this machine, and clients elsewhere fail without an error.
local warned = false;
local function warn_of_http(slot)
	if warned or slot.put:sub(1, 5) ~= "http:" and slot.get:sub(1, 5) ~= "http:" then return; end
	warned = true;
	module:log("warn", "slotd at %s gives http URLs, which most clients refuse in silence: "
		.."set its public_url (with S3 bucket_url, download_url) to https", base);
end
-- The three headers that XEP-0363 allows, in its spelling.
local function allowed_headers(given)
	local headers = {};
	for key, value in pairs(type(given) == "table" and given or {}) do
		local name = ({ authorization = "Authorization", cookie = "Cookie", expires = "Expires" })[tostring(key):lower()];
		local is_text = type(value) == "string" and valid_utf8(value) and not value:find("%c") and not value:find(NO_XML);
		if name and is_text then headers[name] = value; end
	end
	return headers;
end
-- The stanza error that slotd's answer names, or nil.
local function named_error(problem)
	local named = type(problem.xmpp) == "table" and problem.xmpp or {};
	if not is_one_of(CONDITIONS, named.condition) or not is_one_of(TYPES, named.type) then return nil; end
	local text, stamp, max = problem.detail, tostring(problem.retry_at), problem.max_file_size;
	text = type(text) == "string" and valid_utf8(text) and text;
	return {
		type = named.type, condition = named.condition;
		text = text and text:gsub("%c", " "):gsub(NO_XML, "") or nil;
		max = is_size(max) and ("%d"):format(math.min(max, ceiling)) or nil;
		retry = stamp:match("^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d%.?%d*Z$");
	};
end
-- A slot; or nil, the error for the client, and what the operator has to correct, if anything.
local function read_slot(status, body)
	local err = { type = "wait", condition = "service-unavailable", text = "The upload service is not available" };
	if body == "timeout" then err.text = "The upload service did not answer in time"; end
	if status == 0 then return nil, err, not closing and complaint(0, body); end
	local answer = decode(body);
	local named = status ~= 200 and named_error(answer);
	if status ~= 200 then return nil, named or err, (not named or status >= 500) and complaint(status, body); end
	local what = url_fault(answer.put) or url_fault(answer.get);
	if what then return nil, err, "unusable answer, "..what; end
	return { put = answer.put, get = answer.get, headers = allowed_headers(answer.headers) };
end

-- Who may upload -----------------------------------------------------------
local refused = new_cache(1000);
local function is_served(domain)
	if access then return access_domains[domain]; end
	local host = prosody.hosts[domain];
	return host and host.type == "local" and (is_component or domain == module.host);
end
local function may_upload(from)
	local node, domain = jid.split(from);
	if access then return access[jid.bare(from)] or access[domain]; end
	if not is_served(domain) then return module.may and module:may(":upload", from); end
	if not module.may or not node then return true; end
	local authz = prosody.hosts[domain].authz; -- Prosody 13: the user's host knows the user's role
	authz.add_default_permission("prosody:registered", "http_upload_slotd:upload");
	local role = authz.get_user_role(node);
	return role and role:may("http_upload_slotd:upload") or module:may(":upload", from);
end

-- What is advertised -------------------------------------------------------
local UNTOLD = { purposes = {} };
local limits, items, advertised = {}, {}, nil; -- limits by domain; false if slotd has not told any
-- What slotd says of a domain: its largest size, and that of each purpose that it offers; nil if it says nothing.
local function read_limits(answer)
	if not is_size(answer.max_size) then return nil; end
	local told = { max = answer.max_size, purposes = {} };
	for name, of in pairs(type(answer.purposes) == "table" and answer.purposes or {}) do
		local max = type(of) == "table" and of.max_size;
		if tostring(name):find("^[%w._-]+$") then told.purposes[name] = is_size(max) and max or told.max; end
	end
	return told;
end
local function limit_of(domain, purpose)
	local told = limits[domain] or UNTOLD;
	local max = told.purposes[purpose or "message"] or told.max;
	return max and math.min(max, ceiling) or size_limit;
end
local function advertise(domain)
	local told, limit = limits[domain] or UNTOLD, limit_of(domain);
	if told == advertised then return; end
	for _, item in ipairs(items) do module:remove_item(item.kind, item.value); end
	items, advertised = {}, told;
	local function add(kind, value)
		items[#items + 1] = { kind = kind, value = value };
		module:add_item(kind, value);
	end
	for name in pairs(told.purposes) do add("feature", NS_PURPOSE.."#"..name); end
	for _, ns in ipairs(limit and { NS, NS_OLD } or {}) do
		add("extension", new_form({ { name = "FORM_TYPE", type = "hidden", value = ns }, { name = "max-file-size" } })
			:form({ ["max-file-size"] = limit }, "result"));
	end
end
-- Asks for one domain after the other, so that slot requests get their turn in between.
local function ask_limits()
	local names, failed = {}, false;
	for domain in pairs(access_domains or prosody.hosts) do
		if is_served(domain) then names[#names + 1] = domain; end
	end
	local function ask_next()
		local domain = table.remove(names);
		if not domain then return module:add_timer(failed and MINUTE or HOUR, ask_limits); end
		slotd.ask(module.host, "GET", "/limits?domain="..urlencode(domain), "", function (status, body)
			if closing then return; end
			local told, old = status == 200 and read_limits(decode(body)) or false, limits[domain];
			if told then
				if not old or old.max ~= told.max then
					module:log("info", "Files of %s may have %d bytes", domain, told.max);
				end
			elseif old ~= false then
				local why, code = complaint(status, body);
				if code == "forbidden" then
					why = why..": "..domain.." is not in allow_domains of the caller "..caller.." in slotd's configuration";
				end
				complain(("slotd at %s, limits of %s: %s"):format(base, domain, why));
			end
			limits[domain] = told;
			failed = failed or not told;
			if not is_component then advertise(module.host); end
			ask_next();
		end);
	end
	ask_next();
end

-- Stanzas ------------------------------------------------------------------
local function reply_with(stanza, ns, slot, err)
	local reply = slot and st.reply(stanza):tag("slot", { xmlns = ns })
		or st.error_reply(stanza, err.type, err.condition, err.text);
	if slot and ns == NS_OLD then
		reply:text_tag("put", slot.put):text_tag("get", slot.get);
	elseif slot then
		reply:tag("get", { url = slot.get }):up():tag("put", { url = slot.put });
		for name, value in pairs(slot.headers) do reply:text_tag("header", value, { name = name }); end
	else
		if err.max then reply:tag("file-too-large", { xmlns = ns }):text_tag("max-file-size", err.max):up(); end
		if err.retry then reply:tag("retry", { xmlns = ns, stamp = err.retry }):up(); end
	end
	module:send(reply);
	return true;
end
-- XEP-0363's purpose, as members for the request to slotd, and its name. What slotd does not know or offer, it refuses.
-- Nil if there are several: one might be ephemeral.
local function read_purpose(request)
	local found;
	for child in request:childtags(nil, NS_PURPOSE) do
		if found then return nil; end
		found = child;
	end
	if not found then return ""; end
	local before = found.attr["expire-before"];
	return ',"purpose":'..json.encode(found.name)..(before and ',"expire_before":'..json.encode(before) or ""), found.name;
end
-- The body of the request to slotd; or nil and the error.
local function read_request(request, ns, from)
	local given = ns == NS and request.attr or { filename = request:get_child_text("filename"),
		size = request:get_child_text("size"), ["content-type"] = request:get_child_text("content-type") };
	local function refuse(condition, text, max)
		return nil, { type = "modify", condition = condition, text = text, max = max and ("%d"):format(max) };
	end
	local name, size, media_type = given.filename, (given.size or ""):match("^%s*(%d+)%s*$"), given["content-type"];
	if not name or not size then return refuse("bad-request", "The file name or a size in bytes is missing"); end
	local members, purpose = read_purpose(request);
	if not members then return refuse("bad-request", "A file has only one purpose"); end
	size = size:gsub("^0+(%d)", "%1"); -- in two steps: one pattern would try again at each zero
	if #size > 16 or tonumber(size) > ceiling then
		return refuse("not-acceptable", "The file is too large", limit_of(jid.host(from), purpose));
	end
	if media_type and (media_type == "" or #media_type > TYPE_MAX) then media_type = nil; end
	-- The size as text: json.encode might write it as a float.
	local body = ('{"jid":%s,"filename":%s,"size":%s%s%s}'):format(json.encode(from), json.encode(name), size,
		media_type and ',"content_type":'..json.encode(media_type) or "", members);
	if #body > BODY_MAX then return refuse("bad-request", "The file name is too long"); end
	return body;
end
local function on_request(stanza, ns)
	local bare, domain = jid.bare(stanza.attr.from), jid.host(stanza.attr.from);
	if not may_upload(stanza.attr.from) then
		local is_ours = (prosody.hosts[domain] or {}).type == "local";
		local who = is_ours and bare or domain; -- strangers can use any number of names
		if not refused:get(who) then module:log("info", "%s may not upload: see http_upload_slotd_access", who); end
		refused:set(who, true);
		return reply_with(stanza, ns, nil, { type = "auth", condition = "forbidden", text = "You may not upload files" });
	end
	local body, refusal = read_request(stanza.tags[1], ns, stanza.attr.from);
	local full = { type = "wait", condition = "resource-constraint", text = "Too many requests wait" };
	if slotd.is_full(bare) then refusal = refusal or full; end
	if refusal then return reply_with(stanza, ns, nil, refusal); end
	slotd.ask(bare, "POST", "/slot", body, function (status, answer)
		local slot, err, what = read_slot(status, answer);
		reply_with(stanza, ns, slot, err);
		if slot then warn_of_http(slot); end
		if what then return complain(("slotd at %s: %s"):format(base, what)); end
		if err then module:log("info", "No slot for %s: %s", bare, err.text or err.condition); end
	end);
	return true;
end
local erase = module:require "erase" { ask = slotd.ask, slotd = base, explain = complaint };
if module:get_option_boolean("http_upload_slotd_erase", true) then
	module:hook_global("user-deleted", function (event)
		if is_served(event.host) then erase.add(jid.join(event.username, event.host)); end
	end);
end
function module.unload()
	closing = true;
	erase.close();
	slotd.close();
end

module:depends("disco");
module:add_identity("store", "file", is_component and module:get_option_string("name") or "HTTP File Upload");
for _, ns in ipairs { NS, NS_OLD } do
	module:add_feature(ns);
	module:hook("iq-get/host/"..ns..":request", function (event) return on_request(event.stanza, ns); end);
end
advertise(module.host);
module:hook("iq-get/host/http://jabber.org/protocol/disco#info:query", function (event)
	advertise(is_component and jid.host(event.stanza.attr.from) or module.host);
end, 1);
local function start()
	ask_limits();
	erase.start();
end
if prosody.start_time then start(); else module:hook_global("server-started", start); end
