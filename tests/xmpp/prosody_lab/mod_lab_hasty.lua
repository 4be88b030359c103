-- For tests: timers of a minute or more end after a thousandth of it, so that
-- what happens every hour can be seen; those of a second try end when the
-- file "go" is there.
-- luacheck: std lua54, globals module, read globals prosody
module:set_global();
local api = require "core.moduleapi";
local add_timer = api.add_timer;

local function is_there(path)
	local file = io.open(path);
	if file then file:close(); end
	return file;
end

local function wait(self, delay, callback, ...)
	local go, args = prosody.paths.config.."/go", { n = select("#", ...), ... };
	module:log("info", "lab: a timer of %g s waits", delay);
	return add_timer(self, 0.02, function (now)
		if not is_there(go) then return 0.02; end
		return callback(now, (table.unpack or unpack)(args, 1, args.n)); -- luacheck: ignore 113
	end);
end

function api:add_timer(delay, callback, ...)
	if self.name == "http_upload_slotd" then
		if delay < 1 then return wait(self, delay, callback, ...); end
		if delay >= 60 then
			module:log("info", "lab: a timer of %d s", delay);
			delay = delay / 1000;
		end
	end
	return add_timer(self, delay, callback, ...);
end

function module.unload()
	api.add_timer = add_timer;
end
