-- XEP-0363 HTTP File Upload with slots from slotd. Prosody 0.12 and 13.
--
--   Component "upload.example.org" "http_upload_slotd"
--       http_upload_slotd_url = "http://127.0.0.1:8363"
--       http_upload_slotd_caller = "prosody"
--       http_upload_slotd_secret_file = "/etc/prosody/slotd.secret"
--
-- or "http_upload_slotd" in modules_enabled of a VirtualHost. Options:
--
-- http_upload_slotd_url          where slotd is, http or https, with the path that a proxy gives it
-- http_upload_slotd_caller       our id among slotd's callers
-- http_upload_slotd_secret       that caller's secret, or
-- http_upload_slotd_secret_file  the file it is in; a newline at its end is dropped
-- http_upload_slotd_timeout      seconds until a client gets an answer (5)
-- http_upload_slotd_access       list of JIDs and domains that may upload; nobody else may then. Default: users
--                                of every VirtualHost here, or of the one that has the module; on Prosody 13 if
--                                their role may "http_upload_slotd:upload", as "prosody:registered" may
-- http_upload_slotd_size_limit   bytes; can only lower slotd's own limit
-- http_upload_slotd_cafile       the CA of slotd's https certificate, instead of the system's

-- luacheck: std lua54, globals module, read globals prosody
local new_cache, new_nonce = require "util.cache".new, require "util.id".medium;
local new_form, datetime = require "util.dataforms".new, require "util.datetime".datetime;
local hmac_sha256, json = require "util.hashes".hmac_sha256, require "util.json";
local http, urlencode = require "net.http", require "util.http".urlencode;
local jid, st = require "util.jid", require "util.stanza";
local valid_utf8 = require "util.encodings".utf8.valid;

local NS, NS_OLD = "urn:xmpp:http:upload:0", "urn:xmpp:http:upload";
local FLYING_MAX = 32; -- slotd ends connections beyond 64 of an address
local BODY_MAX, ANSWER_MAX, SIZE_MAX = 16384, 65536, 2^53 - 1; -- bytes
local RETRY_DELAY, MINUTE, HOUR = 0.2, 60, 3600; -- seconds

-- The scheme, the host and what follows it.
local function split_url(text)
	local scheme, host, rest = text:match("^(https?)://([%w._-]+)(.*)$");
	if scheme then return scheme, host, rest; end
	return text:match("^(https?)://(%[[%x:.]+%])(.*)$");
end

-- Options ------------------------------------------------------------------
local faulty = false;
local function fault(option, what, ...)
	faulty = true;
	module:log("error", "http_upload_slotd_"..option.." "..what, ...);
end

local function read_url()
	local text = module:get_option_string("http_upload_slotd_url");
	if not text then return fault("url", "is missing; slotd's is like http://127.0.0.1:8363"); end
	local scheme, host, rest = split_url(text);
	local port, path = (rest or "?"):match("^(:?%d*)([%w._~%%/-]*)$");
	if not port or port ~= "" and not port:find("^:%d") or path ~= "" and path:sub(1, 1) ~= "/" then
		return fault("url", "is %q, not http:// or https:// with a host, a port and a path", text);
	end
	return { scheme = scheme, authority = host..port, path = path:gsub("/+$", "") };
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
	if secret and secret ~= "" then return secret; end
	return fault(path and "secret_file" or "secret", "is missing or empty");
end

local function read_number(name, default, get)
	local option = "http_upload_slotd_"..name;
	local value = get(module, option, default);
	if module:get_option(option) == nil or value and value > 0 and value < math.huge then return value; end
	return fault(name, "is not a number above 0");
end

-- Two sets: who may upload, and the domains of those. Nil without the option.
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

-- Nil leaves it to Prosody's own settings, with the system's CAs.
local function read_sslctx(scheme)
	local path = module:get_option_path("http_upload_slotd_cafile", nil, "config");
	if scheme ~= "https" or not path then return nil; end
	local context, why = require "core.certmanager".create_context("http_upload_slotd port 0", "client",
		{ cafile = path, capath = false, verify = "peer" });
	return context or fault("cafile", "cannot be used, %s: %s", path, why);
end

local url, secret, caller = read_url(), read_secret(), module:get_option_string("http_upload_slotd_caller", "");
if not caller:find("^[%w._-]+$") or #caller > 64 then
	fault("caller", "is missing, or not 1 to 64 of the characters A-Z a-z 0-9 . _ -");
end
local timeout = read_number("timeout", 5, module.get_option_period or module.get_option_number);
local size_limit = read_number("size_limit", nil, module.get_option_number);
local access, access_domains = read_access();
local sslctx = url and read_sslctx(url.scheme);
local is_component = module:get_host_type() == "component";
if faulty then return module:set_status("error", "Options are missing or wrong (see log)"); end
local base = url.scheme.."://"..url.authority..url.path;

-- Asking slotd -------------------------------------------------------------
local jobs, waiting, flying, pumping, closing = {}, {}, 0, false, false;

local function authorization(method, target, body)
	local ts, nonce = ("%d"):format(os.time()), new_nonce();
	local sig = hmac_sha256(secret,
		table.concat({ "slotd-v1", caller, method, target, ts, nonce, body }, "\n"), true);
	return ("Slot-HMAC-SHA256 id=%s, ts=%s, nonce=%s, sig=%s"):format(caller, ts, nonce, sig);
end

-- No answer, for one of these reasons: it is asked again.
local LOST = { ["closed"] = true, ["connection-closed"] = true, ["connection refused"] = true };

local function land(job)
	if job.flight then flying = flying - 1; end
	job.flight, job.request = nil, nil;
end

local fly;
local function pump()
	if pumping or closing then return; end
	pumping = true;
	while flying < FLYING_MAX and waiting[1] do
		local job = table.remove(waiting, 1);
		if jobs[job] then fly(job); end
	end
	pumping = false;
end

local function enqueue(_, job)
	waiting[#waiting + 1] = job;
	pump();
end

-- Ends a job once; what comes later is dropped. Status 0 is no answer, for the reason in body.
local function finish(job, status, body, headers)
	if not jobs[job] then return; end
	jobs[job] = nil;
	job.timer:stop();
	local request = job.request;
	land(job);
	if request and request.cancel then request:cancel(); end
	job.done(status, body, headers);
	pump();
end

function fly(job)
	local flight, is_post = {}, job.method == "POST";
	job.flight, job.tries, flying = flight, job.tries + 1, flying + 1;
	local request = http.request(base..job.target, {
		method = job.method, body = is_post and job.body or nil, sslctx = sslctx;
		headers = {
			Host = url.authority, ["Content-Type"] = is_post and "application/json" or nil;
			Authorization = authorization(job.method, url.path..job.target, job.body);
		};
	}, function (body, status, response)
		if job.flight ~= flight then return; end
		land(job);
		if job.tries == 1 and status == 0 and LOST[body] then
			module:add_timer(RETRY_DELAY, enqueue, job);
			return pump();
		end
		finish(job, status, body, status ~= 0 and response.headers);
	end);
	if job.flight == flight and request then
		request.body_size_limit, job.request = ANSWER_MAX, request;
	end
end

-- Calls done(status, body, headers) within the time limit.
local function ask(method, target, body, done)
	local job = { method = method, target = target, body = body, done = done, tries = 0 };
	jobs[job] = true;
	job.timer = module:add_timer(timeout, function () finish(job, 0, "timeout"); end);
	enqueue(nil, job);
end

-- Reading answers ----------------------------------------------------------
-- The stanza errors of RFC 6120.
local TYPES = " auth cancel continue modify wait ";
local CONDITIONS = " bad-request conflict feature-not-implemented forbidden gone internal-server-error item-not-found "
	.. "jid-malformed not-acceptable not-allowed not-authorized policy-violation recipient-unavailable redirect "
	.. "registration-required remote-server-not-found remote-server-timeout resource-constraint service-unavailable "
	.. "subscription-required undefined-condition unexpected-request ";

-- What the operator has to mend, by reason, code or status.
local REASONS = {
	["timeout"] = ("no answer within http_upload_slotd_timeout, %g s"):format(timeout);
	["closed"] = "it closed the connection without an answer";
	["certificate-chain-invalid"] = "its certificate is not trusted; http_upload_slotd_cafile can name its CA";
	["certificate-verify-failed"] = "its certificate is not for the host in http_upload_slotd_url";
	["clock-skew"] = "its clock and the one of this machine differ";
	[401] = "it does not know http_upload_slotd_caller with this secret, or a proxy changed the request";
	[404] = "there is no slotd at http_upload_slotd_url", [502] = "a proxy does not reach slotd";
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

local function complaint(status, body)
	if status == 0 then return REASONS[body] or "no usable answer: "..tostring(body); end
	local code = decode(body).code;
	local why = REASONS[code] or REASONS[status];
	code = type(code) == "string" and code:match("^[%w-]+$");
	return ("it answered %d%s%s"):format(status, code and " "..code or "", why and ": "..why or "");
end

-- What is wrong with a URL; nil if nothing is. The URL itself is secret.
local function url_fault(value)
	local scheme, host, rest = split_url(type(value) == "string" and value or "");
	local path = rest and rest:match("^:?%d*(.*)$");
	if not path or path ~= "" and not path:find("^[/?][%w._~:/?%[%]@!$&'()*+,;=%%-]*$") then
		return "without JSON that has https URLs in ASCII as put and get";
	elseif scheme == "http" and host ~= "localhost" and host ~= "[::1]" and not host:find("^127%.%d+%.%d+%.%d+$") then
		return "http URLs where clients want https; look at slotd's public_url, bucket_url, download_url";
	end
end

-- The three headers that XEP-0363 allows, spelled as it does.
local function allowed_headers(given)
	local found, headers = {}, {};
	for name, value in pairs(type(given) == "table" and given or {}) do
		local is_good = type(value) == "string" and valid_utf8(value) and not value:find("%c");
		found[tostring(name):lower()] = is_good and value or nil;
	end
	for _, name in ipairs { "Authorization", "Cookie", "Expires" } do
		if found[name:lower()] then headers[#headers + 1] = { name = name, value = found[name:lower()] }; end
	end
	return headers;
end

-- The stanza error that slotd names; nil if it names none.
local function named_error(problem, headers)
	local named = type(problem.xmpp) == "table" and problem.xmpp or {};
	if not is_one_of(CONDITIONS, named.condition) or not is_one_of(TYPES, named.type) then return nil; end
	local err = { type = named.type, condition = named.condition };
	if type(problem.detail) == "string" and valid_utf8(problem.detail) then
		err.text = problem.detail:gsub("%c", " "):gsub("\239\191[\190\191]", "");
	end
	err.max = is_size(problem.max_file_size) and math.min(problem.max_file_size, size_limit or SIZE_MAX) or nil;
	local seconds = tonumber(headers["retry-after"]);
	if tostring(problem.retry_at):find("^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d%.?%d*Z$") then
		err.retry = problem.retry_at;
	elseif named.condition == "resource-constraint" and is_size(seconds) and seconds < 2^31 then
		err.retry = datetime(os.time() + seconds);
	end
	return err;
end

-- A slot; or nil, the error for the client, and what to log if the operator has to mend something.
local function read_slot(status, body, headers)
	local err = { type = "wait", condition = "service-unavailable", text = "The upload service is not available" };
	if status == 0 then
		if body == "timeout" then err.text = "The upload service did not answer in time"; end
		return nil, err, not closing and complaint(0, body);
	end
	local answer = decode(body);
	if status ~= 200 then
		local named = named_error(answer, headers);
		return nil, named or err, (not named or status >= 500) and complaint(status, body);
	end
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
	-- Prosody 13. A user's role is kept by the user's host.
	local authz = prosody.hosts[domain].authz;
	authz.add_default_permission("prosody:registered", "http_upload_slotd:upload");
	local role = authz.get_user_role(node);
	return role and role:may("http_upload_slotd:upload") or module:may(":upload", from);
end

-- The size that is advertised ----------------------------------------------
local limits, forms, advertised = {}, {}, nil;

local function limit_of(domain)
	local size = limits[domain] and limits[domain].size;
	return size and math.min(size, size_limit or SIZE_MAX) or size_limit;
end

local function advertise(limit)
	if limit == advertised then return; end
	for _, form in ipairs(forms) do module:remove_item("extension", form); end
	forms, advertised = {}, limit;
	for i, ns in ipairs(limit and { NS, NS_OLD } or {}) do
		forms[i] = new_form({ { name = "FORM_TYPE", type = "hidden", value = ns }, { name = "max-file-size" } })
			:form({ ["max-file-size"] = limit }, "result");
		module:add_extension(forms[i]);
	end
end

-- Calls done(whether that failed).
local function ask_limit(domain, done)
	local entry = limits[domain] or {};
	limits[domain] = entry;
	ask("GET", "/limits?domain="..urlencode(domain), "", function (status, body)
		local size = status == 200 and decode(body).max_size;
		if closing then return; end
		if is_size(size) then
			if entry.size ~= size then module:log("info", "Files of %s may have %d bytes", domain, size); end
			entry.size, entry.failed = size, false;
		elseif not entry.failed then
			entry.failed = true;
			module:log("error", "slotd at %s, asked for the limits of %s: %s", base, domain, complaint(status, body));
		end
		if not is_component then advertise(limit_of(module.host)); end
		done(entry.failed);
	end);
end

-- Asks for one domain after the other: slots come through in between.
local function ask_limits()
	local names, failed = {}, false;
	for domain in pairs(access_domains or prosody.hosts) do
		if is_served(domain) then names[#names + 1] = domain; end
	end
	local function go_on(last_failed)
		failed = failed or last_failed;
		local domain = table.remove(names);
		if domain then return ask_limit(domain, go_on); end
		module:add_timer(failed and MINUTE or HOUR, ask_limits);
	end
	go_on(false);
end

-- Stanzas ------------------------------------------------------------------
local function send_error(stanza, ns, err)
	local reply = st.error_reply(stanza, err.type, err.condition, err.text);
	if err.max then
		reply:tag("file-too-large", { xmlns = ns }):text_tag("max-file-size", ("%d"):format(err.max)):up();
	end
	if err.retry then reply:tag("retry", { xmlns = ns, stamp = err.retry }):up(); end
	module:send(reply);
	return true;
end

local function send_slot(stanza, ns, slot)
	local reply = st.reply(stanza):tag("slot", { xmlns = ns });
	if ns == NS_OLD then
		reply:text_tag("put", slot.put):text_tag("get", slot.get);
	else
		reply:tag("get", { url = slot.get }):up():tag("put", { url = slot.put });
		for _, header in ipairs(slot.headers) do reply:text_tag("header", header.value, { name = header.name }); end
	end
	module:send(reply);
end

-- What slotd is to be sent, or nil and the error.
local function read_request(stanza, ns)
	local request, from = stanza.tags[1], stanza.attr.from;
	local function field(name)
		if ns == NS then return request.attr[name]; end
		return request:get_child_text(name);
	end
	local name, size = field("filename"), (field("size") or ""):match("^%s*0*(%d+)%s*$");
	local media_type = field("content-type");
	if not name or not size then
		return nil, { type = "modify", condition = "bad-request",
			text = name and "The size is not a number of bytes" or "The file name is missing" };
	elseif #size > 16 or tonumber(size) > (size_limit or SIZE_MAX) then
		return nil, { type = "modify", condition = "not-acceptable", text = "The file is too large",
			max = limit_of(jid.host(from)) };
	end
	-- The size as it came: json.encode may write it as a float.
	local body = ('{"jid":%s,"filename":%s,"size":%s%s}'):format(json.encode(from), json.encode(name), size,
		(media_type or "") ~= "" and ',"content_type":'..json.encode(media_type) or "");
	if #body <= BODY_MAX then return body; end
	return nil, { type = "modify", condition = "bad-request", text = "The file name is too long" };
end

local function on_request(stanza, ns)
	local from = stanza.attr.from;
	local bare = jid.bare(from);
	if not may_upload(from) then
		if not refused:get(bare) then module:log("info", "%s may not upload: see http_upload_slotd_access", bare); end
		refused:set(bare, true);
		return send_error(stanza, ns, { type = "auth", condition = "forbidden", text = "You may not upload files" });
	end
	local body, fault_of_client = read_request(stanza, ns);
	if not body then return send_error(stanza, ns, fault_of_client); end
	ask("POST", "/slot", body, function (status, answer, headers)
		local slot, err, complain = read_slot(status, answer, headers);
		if slot then return send_slot(stanza, ns, slot); end
		send_error(stanza, ns, err);
		if complain then return module:log("error", "slotd at %s: %s", base, complain); end
		module:log("info", "No slot for %s: %s", bare, err.text or err.condition);
	end);
	return true;
end

function module.unload()
	closing = true;
	for job in pairs(jobs) do finish(job, 0, "unloaded"); end
end

module:depends("disco");
module:add_identity("store", "file", is_component and module:get_option_string("name") or "HTTP File Upload");
for _, ns in ipairs { NS, NS_OLD } do
	module:add_feature(ns);
	module:hook("iq-get/host/"..ns..":request", function (event) return on_request(event.stanza, ns); end);
end
advertise(size_limit);
module:hook("iq-get/host/http://jabber.org/protocol/disco#info:query", function (event)
	local domain = is_component and jid.host(event.stanza.attr.from) or module.host;
	if not limits[domain] and is_served(domain) then ask_limit(domain, function () end); end
	advertise(limit_of(domain));
end, 1);
if prosody.start_time then ask_limits(); else module:hook_global("server-started", ask_limits); end
