-- For tests: Prosody ends in order when its standard input ends. SIGTERM would interrupt Prosody 0.12 between any two
-- steps: if it works on a connection then, it goes on with one that it has closed, and says "attempt to index a nil
-- value (field 'conn')" in net/server_epoll.lua, or crashes.
-- luacheck: std lua54, globals module, read globals prosody
module:set_global();
require "net.server".watchfd(0, function (watch)
	watch:close();
	prosody.main_thread:run(function () prosody.shutdown("standard input ended"); end);
end);
