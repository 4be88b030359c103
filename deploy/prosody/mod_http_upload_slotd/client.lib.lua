-- Sends the requests of mod_http_upload_slotd to slotd. Waiting requests take turns, and a request that failed is
-- sent again once if that is safe. All hosts and components with the module share the places at one slotd.
--   local client = module:require "client"
--   local slotd = client { base = URL, authority = its host and port, path = of the URL, caller =, secret =, timeout =,
--                          sslctx = }
-- luacheck: std lua54, globals module
local new_nonce, hmac_sha256, http = require "util.id".medium, require "util.hashes".hmac_sha256, require "net.http";
local ANSWER_MAX = 65536; -- bytes
local RETRY_DELAY = 0.2; -- seconds
-- Requests to one slotd at once, in all (it refuses more than 64 connections of an address) and for one JID;
-- requests that wait, in all and for one JID.
local FLYING_MAX, OWN_MAX, QUEUED_MAX, OWN_QUEUED_MAX = 32, 8, 5000, 1500;
local LOST = { ["closed"] = true, ["connection-closed"] = true, ["connection refused"] = true }; -- worth another try

return function (to)
	local jobs, closing, fly, launch = {}, false, nil, nil;
	local queues, turns, queued = {}, {}, 0; -- a queue of jobs for each bare JID; queues with jobs take turns
	-- The state of a slotd that all hosts with this module share. Hosts with a job take turns by their launchers.
	local slotds = module:shared("/*/http_upload_slotd/slotds");
	local slotd = slotds[to.authority] or { flying = 0, queued = 0, launchers = {} };
	slotds[to.authority] = slotd;

	local function authorization(method, target, body)
		local ts, nonce = ("%d"):format(os.time()), new_nonce();
		local text = table.concat({ "slotd-v1", to.caller, method, target, ts, nonce, body }, "\n");
		return ("Slot-HMAC-SHA256 id=%s, ts=%s, nonce=%s, sig=%s"):format(to.caller, ts, nonce,
			hmac_sha256(to.secret, text, true));
	end
	local function take_turn(queue)
		local waits = queue[queue.first];
		if waits and not queue.listed and queue.flying < OWN_MAX then
			queue.listed, turns[#turns + 1] = true, queue;
			if not turns.listed then turns.listed, slotd.launchers[#slotd.launchers + 1] = true, launch; end
		end
		if not waits and queue.flying == 0 and queues[queue.owner] == queue then queues[queue.owner] = nil; end
	end
	local function land(job)
		if job.flight then
			slotd.flying, job.queue.flying = slotd.flying - 1, job.queue.flying - 1;
			take_turn(job.queue);
		end
		job.flight, job.request = nil, nil;
	end
	-- Sends one job of this host; false if there is none.
	function launch()
		local queue = table.remove(turns, 1);
		if not queue then turns.listed = false; return false; end
		local first, job = queue.first, queue[queue.first];
		queue[first], queue.first, queue.listed = nil, first + 1, false;
		queued, slotd.queued = queued - 1, slotd.queued - 1;
		if jobs[job] then fly(job); end
		take_turn(queue);
		return true;
	end
	local function pump()
		if slotd.pumping then return; end
		slotd.pumping = true;
		while slotd.flying < FLYING_MAX and slotd.launchers[1] do
			local next_launch = table.remove(slotd.launchers, 1);
			local ok, more = pcall(next_launch); -- an error of one host must not stop the others
			if not ok then module:log("error", "%s", more); end
			if more then slotd.launchers[#slotd.launchers + 1] = next_launch; end
		end
		slotd.pumping = false;
	end
	local function enqueue(_, job)
		local queue = queues[job.owner] or job.queue or { owner = job.owner, first = 1, last = 0, flying = 0 };
		if closing then return; end
		queues[job.owner], job.queue, queue.last = queue, queue, queue.last + 1;
		queued, slotd.queued = queued + 1, slotd.queued + 1;
		queue[queue.last] = job;
		take_turn(queue);
		pump();
	end
	-- Ends a job once; later results are dropped. Status 0 means no answer, for the reason in body.
	local function finish(job, status, body)
		if not jobs[job] then return; end
		jobs[job] = nil;
		job.timer:stop();
		local request = job.request;
		land(job);
		if request and request.cancel then request:cancel(); end
		job.done(status, body);
		pump();
	end
	function fly(job)
		local flight, is_post = {}, job.method == "POST";
		job.flight, job.tries = flight, job.tries + 1;
		slotd.flying, job.queue.flying = slotd.flying + 1, job.queue.flying + 1;
		local request = http.request(to.base..job.target, {
			method = job.method, body = is_post and job.body or nil, sslctx = to.sslctx;
			headers = {
				Host = to.authority, ["Content-Type"] = is_post and "application/json" or nil;
				Authorization = authorization(job.method, to.path..job.target, job.body);
			};
		}, function (body, status)
			if job.flight ~= flight then return; end
			land(job);
			if job.tries > 1 or status ~= 0 or not LOST[body] then return finish(job, status, body); end
			module:add_timer(RETRY_DELAY, enqueue, job);
			pump();
		end);
		if job.flight == flight and request then request.body_size_limit, job.request = ANSWER_MAX, request; end
	end
	local self = {};
	-- Calls done(status, body) within the time limit, to.timeout unless given. Status 0 means no answer, for the
	-- reason in body.
	function self.ask(owner, method, target, body, done, timeout)
		local job = { owner = owner, method = method, target = target, body = body, done = done, tries = 0 };
		jobs[job] = true;
		job.timer = module:add_timer(timeout or to.timeout, function () finish(job, 0, "timeout"); end);
		enqueue(nil, job);
	end
	-- Whether the queue is full, for this owner or in all.
	function self.is_full(owner)
		local own = queues[owner];
		return own and own.last - own.first + 1 >= OWN_QUEUED_MAX or slotd.queued >= QUEUED_MAX;
	end
	-- Ends running requests; others get their places.
	function self.close()
		closing = true;
		for i = #slotd.launchers, 1, -1 do
			if slotd.launchers[i] == launch then table.remove(slotd.launchers, i); end
		end
		turns, slotd.queued = { listed = true }, slotd.queued - queued;
		for job in pairs(jobs) do finish(job, 0, "unloaded"); end
	end
	return self;
end
