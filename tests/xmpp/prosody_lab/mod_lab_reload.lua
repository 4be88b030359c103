-- For tests: an iq of type set asks to reload or unload a module.
--   <do xmlns='lab:modules' what='reload' name='…' host='…'/>
-- luacheck: std lua54, globals module
local modulemanager = require "core.modulemanager";
local configmanager = require "core.configmanager";
local st = require "util.stanza";

module:hook("iq-set/host/lab:modules:do", function (event)
	local attr = event.stanza.tags[1].attr;
	if attr.config then configmanager.load(attr.config); end
	local done, why = modulemanager[attr.what](attr.host, attr.name);
	module:send(done and st.reply(event.stanza)
		or st.error_reply(event.stanza, "cancel", "internal-server-error", tostring(why)));
	return true;
end);
