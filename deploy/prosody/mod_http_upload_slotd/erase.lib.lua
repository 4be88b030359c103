-- Asks slotd to erase the files of deleted accounts, and keeps asking until it has answered 202. What is still to be
-- asked is kept in Prosody's storage, so that it outlives restarts of either side.
--   local erase = module:require "erase" { ask = of the client, slotd = how the log calls it,
--                                          explain = function (status, body): what went wrong, and the answer's code }
-- luacheck: std lua54, globals module
local sha1, urlencode = require "util.hashes".sha1, require "util.http".urlencode;
local TIMEOUT = 30; -- seconds: before it answers, slotd writes to each of its stores
local FIRST, LAST = 1, 600; -- seconds from one round of questions to the next, doubled from the one to the other
-- What has to be mended at slotd, by the code of its answer. It is about all accounts.
local TO_MEND = {
	["forbidden"] = "its allow_domains do not let this caller speak for %s";
	["not-implemented"] = "its keys do not tell whose a file is; set its key_file, with {owner} in storage.key";
};

return function (to)
	local store = module:open_store("http_upload_slotd_erase");
	local pending, delay, busy, closing, said = {}, FIRST, false, false, {};
	local ask_all;

	local function say_once(level, text)
		if not said[text] then module:log(level, "%s", text); end
		said[text] = true;
	end
	-- Names of files have a greatest length, which a JID can exceed.
	local function keep(jid, value)
		local ok, why = store:set(sha1(jid, true), value);
		if not ok then module:log("error", "Which files are to be erased cannot be kept on disk: %s", why); end
	end
	local function forget(jid)
		pending[jid] = nil;
		keep(jid, nil);
	end
	local function go_on(failed)
		if not next(pending) then
			busy, delay, said = false, FIRST, {};
		elseif not failed then
			ask_all();
		else
			module:add_timer(delay, ask_all);
			delay = math.min(delay * 2, LAST);
		end
	end
	-- True if the next question may be answered better.
	local function take(jid, status, body)
		local why, code = to.explain(status, body);
		if status == 202 then
			forget(jid);
			module:log("info", "slotd erases the files of %s", jid);
		elseif code == "bad-request" then -- it never gave this JID a slot
			forget(jid);
			say_once("error", ("slotd at %s keeps the files of deleted accounts, it does not take the JID %s")
				:format(to.slotd, jid));
		elseif TO_MEND[code] then
			say_once("error", ("slotd at %s keeps the files of deleted accounts, asking goes on: %s")
				:format(to.slotd, TO_MEND[code]:format(module.host)));
		else
			if body == "timeout" then why = ("no answer within %d s"):format(TIMEOUT); end
			if status == 404 then why = "it answered 404: it is too old, or http_upload_slotd_url is not its address"; end
			say_once("warn", ("Files of deleted accounts are still to be erased, asking goes on; slotd at %s: %s")
				:format(to.slotd, why));
		end
		return not pending[jid] or status >= 500 and not TO_MEND[code];
	end
	-- One question at a time, so that slot requests get their turn in between.
	function ask_all()
		local jids, failed = {}, false;
		for jid in pairs(pending) do jids[#jids + 1] = jid; end
		local function ask_next()
			local jid = table.remove(jids);
			if closing then return; end
			if not jid then return go_on(failed); end
			to.ask(module.host, "DELETE", "/files?jid="..urlencode(jid), "", function (status, body)
				if closing then return; end
				if not take(jid, status, body) then jids = {}; end
				failed = failed or pending[jid] ~= nil;
				ask_next();
			end, TIMEOUT);
		end
		ask_next();
	end

	local self = {};
	-- From here on slotd is asked for this account.
	function self.add(jid)
		pending[jid] = true;
		keep(jid, { jid = jid });
		if not busy then self.start(); end
	end
	-- Goes on with what was not answered before Prosody ended.
	function self.start()
		busy = true;
		ask_all();
	end
	function self.close()
		closing = true;
	end
	local function no_keys() end -- storage "none" has no users()
	local keys, state, first = (store.users or no_keys)(store);
	for key in keys or no_keys, state, first do
		local kept = store:get(key);
		if kept and kept.jid then pending[kept.jid] = true; end
	end
	return self;
end
