-- Counts slots and bytes in sliding windows, in parts as in quota/windows.h: a
-- part counts until the last grant in it has left the window, so that no grant
-- counts too short.
-- KEYS: the user's, the domain's, the nonce's, and that of the account whose
-- bytes are counted, mostly the user's again (all with one hash tag).
-- ARGV: the function, the time in unix milliseconds (0: this server's), and
-- what the function wants.

local shapes = { m = { 60, 10 }, d = { 86400, 9600 } }
local STEP_BACK = 60

local function clock()
	local now = tonumber(ARGV[2])
	if now == 0 then
		local time = redis.call("TIME")
		now = time[1] * 1000 + math.floor(time[2] / 1000)
	end
	return now
end

local now = clock()
local second = math.ceil(now / 1000)

local function whole(number)
	return string.format("%.0f", number)
end

local function put(parts, window, last, amount)
	local number = math.floor(last / shapes[window][2])
	local part = parts[window][number]
	if not part then
		parts[window][number] = { amount = amount, last = last }
		return number
	end
	part.amount = part.amount + amount
	part.last = math.max(part.last, last)
	return number
end

local function counts(window, part)
	return (part.last + shapes[window][1]) * 1000 > now
end

local function write(key, parts, window, number)
	local part = parts[window][number]
	redis.call("HSET", key, window .. whole(number),
		whole(part.amount) .. " " .. whole(part.last))
end

-- A key expires when nothing in it counts.
local function keep(key, parts)
	local long = next(parts.d) ~= nil
	redis.call("EXPIRE", key, (long and 86400 or 60) + 2 * STEP_BACK)
end

-- To be called when this server's clock went back by more than a minute: all
-- grants keep their age.
local function age(key, parts, newest)
	local aged = { m = {}, d = {} }
	for window, shape in pairs(shapes) do
		for _, part in pairs(parts[window]) do
			-- The clock may have gone back a little before,
			-- unseen.
			local behind = math.max(0, newest - part.last - STEP_BACK - 1)
			if behind < shape[1] and behind <= second then
				put(aged, window, second - behind, part.amount)
			end
		end
	end
	redis.call("DEL", key)
	for window in pairs(shapes) do
		for number in pairs(aged[window]) do
			write(key, aged, window, number)
		end
	end
	keep(key, aged)
	return aged
end

-- The parts of a key that count. Deletes the others.
local function load(key)
	local parts, newest, old = { m = {}, d = {} }, 0, {}
	local flat = redis.call("HGETALL", key)
	for i = 1, #flat, 2 do
		local window, number = string.match(flat[i], "^([md])(%d+)$")
		local amount, last = string.match(flat[i + 1], "^(%d+) (%d+)$")
		local part = { amount = tonumber(amount), last = tonumber(last) }
		if counts(window, part) then
			parts[window][tonumber(number)] = part
			newest = math.max(newest, part.last)
		else
			old[#old + 1] = flat[i]
		end
	end
	if #old > 0 then
		redis.call("HDEL", key, unpack(old))
	end
	if newest - second > STEP_BACK then
		return age(key, parts, newest)
	end
	return parts
end

local function used(parts, window)
	local sum = 0
	for _, part in pairs(parts[window]) do
		sum = sum + part.amount
	end
	return sum
end

-- The second at which at most this much counts; 0: that is so now.
local function free(parts, window, most)
	local sum, at, numbers = used(parts, window), 0, {}
	for number in pairs(parts[window]) do
		numbers[#numbers + 1] = number
	end
	table.sort(numbers)
	for _, number in ipairs(numbers) do
		if sum <= most then
			break
		end
		local part = parts[window][number]
		sum = sum - part.amount
		at = part.last + shapes[window][1]
	end
	return at
end

local function add(key, parts, window, amount)
	if amount > 0 then
		write(key, parts, window, put(parts, window, second, amount))
		keep(key, parts)
	end
end

local functions = {}

-- size, slots per minute, bytes per day, the domain's bytes per day, and for
-- how many milliseconds the nonce holds (0: there is none). Gives what was
-- hit (0 nothing, 1 a rate, 2 a quota, 3 the nonce is there), the time, when
-- to try again (0: never), and the account's bytes.
function functions.take()
	local size, slots = tonumber(ARGV[3]), tonumber(ARGV[4])
	local bytes, domain_bytes = tonumber(ARGV[5]), tonumber(ARGV[6])
	local hit, again = 0, 0

	if ARGV[7] ~= "0" and
		not redis.call("SET", KEYS[3], "", "NX", "PX", ARGV[7]) then
		return { 3, 0, 0, 0 }
	end
	local user, account, domain
	if slots > 0 or (bytes > 0 and KEYS[4] == KEYS[1]) then
		user = load(KEYS[1])
	end
	if bytes > 0 then
		account = KEYS[4] == KEYS[1] and user or load(KEYS[4])
	end
	if domain_bytes > 0 then
		domain = load(KEYS[2])
	end
	local function limit(parts, window, amount, most, what)
		local at = most > 0 and free(parts, window, most - amount) or 0
		if most > 0 and amount > most then
			hit, again = 2, math.huge
		elseif at > 0 then
			hit, again = math.max(hit, what), math.max(again, at)
		end
	end
	limit(user, "m", 1, slots, 1)
	limit(account, "d", size, bytes, 2)
	limit(domain, "d", size, domain_bytes, 2)
	if hit > 0 then
		return { hit, now, again == math.huge and 0 or again, 0 }
	end
	add(KEYS[1], user, "m", math.min(slots, 1))
	add(KEYS[4], account, "d", bytes > 0 and size or 0)
	add(KEYS[2], domain, "d", domain_bytes > 0 and size or 0)
	return { 0, now, 0, bytes > 0 and used(account, "d") or 0 }
end

-- Takes a charge back: arguments as take, with its time, without a nonce.
function functions.back()
	local function sub(key, window, amount, limit)
		local number = math.floor(second / shapes[window][2])
		local field = window .. whole(number)
		local text = limit ~= "0" and redis.call("HGET", key, field)
		local have, last = string.match(text or "", "^(%d+) (%d+)$")
		if not have then
			return
		end
		have = tonumber(have) - amount
		if have > 0 then
			redis.call("HSET", key, field, whole(have) .. " " .. last)
		else
			redis.call("HDEL", key, field)
		end
	end
	local size = tonumber(ARGV[3])
	sub(KEYS[1], "m", 1, ARGV[4])
	sub(KEYS[4], "d", size, ARGV[5])
	sub(KEYS[2], "d", size, ARGV[6])
	return { 0 }
end

-- Forgets the user; the domain as well unless the argument is 0.
function functions.reset()
	redis.call("DEL", KEYS[1])
	if ARGV[3] ~= "0" then
		redis.call("DEL", KEYS[2])
	end
	return { 0 }
end

-- Gives slots and when the next of them frees (unix seconds; 0: none is
-- used), and the same of bytes, and of the domain's.
function functions.use()
	local function first(parts, window)
		return free(parts, window, used(parts, window) - 1)
	end
	local user, domain = load(KEYS[1]), load(KEYS[2])
	return { used(user, "m"), first(user, "m"), used(user, "d"),
		first(user, "d"), used(domain, "d"), first(domain, "d") }
end

-- Tries all commands that the others need, and leaves nothing behind.
function functions.probe()
	redis.call("SET", KEYS[3], "", "NX", "PX", 1000)
	redis.call("HSET", KEYS[1], "m0", "1 1")
	redis.call("EXPIRE", KEYS[1], 1)
	redis.call("HGET", KEYS[1], "m0")
	load(KEYS[1])
	redis.call("DEL", KEYS[1])
	return { 0 }
end

return functions[ARGV[1]]()
