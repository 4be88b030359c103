-- wrk's requests: POST /slot, each signed with a nonce of its own.
--
-- Arguments: SEED SECRET COUNT AFTER CALLERS [END]. COUNT requests are signed
-- before the clock runs. AFTER them, "fresh" ones are signed as they are sent,
-- or the same are sent "again". With CALLERS, caller number n is c<n>, asks for
-- domain d<n>.example.org and signs with its number behind SECRET; 0: it is
-- "prosody". After END requests wrk ends.
local ffi = require("ffi")
ffi.cdef [[
const void *EVP_sha256(void);
unsigned char *HMAC(const void *md, const void *key, int key_len,
	const char *data, size_t len, unsigned char *mac, unsigned int *mac_len);
]]

local BODY = '{"jid":"juliet@%s/balcony","filename":"très cool.jpg",' ..
	'"size":23456,"content_type":"image/jpeg"}'
local mac = ffi.new("unsigned char[32]")
local mac_len = ffi.new("unsigned int[1]")
local hex = {}
local ready = {}
local seed, secret, count, again, callers, last
local threads = {}

for byte = 0, 255 do
	hex[byte] = string.format("%02x", byte)
end

local function sign(key, text)
	local digits = {}
	ffi.C.HMAC(ffi.C.EVP_sha256(), key, #key, text, #text, mac, mac_len)
	for i = 0, 31 do
		digits[i + 1] = hex[mac[i]]
	end
	return table.concat(digits)
end

local function make(number)
	local id, domain, key = "prosody", "example.org", secret
	if callers > 0 then
		id = "c" .. number % callers
		domain = "d" .. number % callers .. ".example.org"
		key = secret .. number % callers
	end
	local body = BODY:format(domain)
	local nonce = string.format("%s%08x", seed, number)
	local ts = tostring(os.time())
	local sig = sign(key, table.concat({
		"slotd-v1", id, "POST", "/slot", ts, nonce, body }, "\n"))
	return table.concat({
		"POST /slot HTTP/1.1", "Host: localhost",
		"Content-Type: application/json", "Content-Length: " .. #body,
		"Authorization: Slot-HMAC-SHA256 id=" .. id .. ", ts=" .. ts ..
		", nonce=" .. nonce .. ", sig=" .. sig, "", body }, "\r\n")
end

function setup(thread)
	table.insert(threads, thread)
	thread:set("mark", string.format("%02x", #threads))
end

function init(args)
	seed, secret = args[1] .. mark, args[2]
	count, again = tonumber(args[3]), args[4] == "again"
	callers, last = tonumber(args[5]), tonumber(args[6])
	sent = 0
	for number = 1, count do
		ready[number] = make(number)
	end
end

function request()
	sent = sent + 1
	if sent == last then
		os.exit(0)
	end
	if again then
		return ready[sent % count + 1]
	end
	return ready[sent] or make(sent)
end

function done(summary, latency)
	local all, errors = 0, summary.errors
	for _, thread in ipairs(threads) do
		all = all + thread:get("sent")
	end
	io.write(string.format(
		'{"sent": %d, "answered": %d, "seconds": %f, "p99": %f, ' ..
		'"refused": %d, "failed": %d}\n',
		all, summary.requests, summary.duration / 1e6,
		latency:percentile(99), errors.status,
		errors.connect + errors.read + errors.write + errors.timeout))
end
