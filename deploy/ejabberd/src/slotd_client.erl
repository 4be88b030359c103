%%% Sends requests to slotd over HTTP/1.1: signs, sends, waits, and sends once
%%% more if that is safe.
%%%
%%% Each request has a connection of its own. slotd may close an idle connection
%%% just as the next request leaves, and then nobody can tell whether slotd has
%%% seen the request.
%%%
%%% httpc does not fit: after a 503 with Retry-After it repeats a request with
%%% the same nonce, and it does not tell a truncated answer from no answer.

-module(slotd_client).

-export([address/1, is_loopback/1, at_once/1, ask/5]).

-export_type([address/0, conf/0, result/0]).

-define(ANSWER_MAX, 65536).
%% Requests to a slotd at once. slotd accepts 64 connections from the address of
%% another machine.
-define(AT_ONCE, 48).
-define(AT_ONCE_LOOPBACK, 256).
-define(PAUSE, 250).
%% The whole answer is parsed again with each packet that arrives.
-define(CHUNKS_MAX, 100).

-type address() :: #{transport := gen_tcp | ssl, host := string(),
		     port := inet:port_number(), path := binary(),
		     url := binary()}.
%% The secret is a function, so that no log or crash report can print it.
-type conf() :: #{address := address(), caller := binary(),
		  secret := fun(() -> binary()), ca_file := binary(),
		  server_host := binary(), _ => _}.
-type result() :: {answer, 100..999, binary()} | {failed, iodata()}.

%% The parts of url, or what is wrong with it.
-spec address(binary()) -> {ok, address()} | {error, string()}.
address(Url) ->
    Printable = re:run(Url, "^[!-~]+$", [dollar_endonly]) /= nomatch,
    case Printable andalso uri_string:parse(Url) of
	#{userinfo := _} ->
	    {error, "has a user name; caller and secret go into options"};
	#{query := _} ->
	    {error, "must not have a '?'"};
	#{fragment := _} ->
	    {error, "must not have a '#'"};
	#{scheme := Scheme, host := Host, path := Path} = Uri
	  when Host /= <<>> ->
	    Port = maps:get(port, Uri, undefined),
	    address(string:lowercase(Scheme), Host, Port, Path, Url);
	_ ->
	    {error, "must be like http://127.0.0.1:8363"}
    end.

address(<<"http">>, Host, Port, Path, Url) ->
    address(gen_tcp, Host, port(Port, 80), Path, Url);
address(<<"https">>, Host, Port, Path, Url) ->
    address(ssl, Host, port(Port, 443), Path, Url);
address(Transport, Host, Port, Path, Url)
  when is_atom(Transport), Port > 0, Port < 65536 ->
    {ok, #{transport => Transport, host => binary_to_list(Host),
	   port => Port, path => string:trim(Path, trailing, "/"),
	   url => Url}};
address(Transport, _Host, _Port, _Path, _Url) when is_atom(Transport) ->
    {error, "has a port that does not exist"};
address(_Scheme, _Host, _Port, _Path, _Url) ->
    {error, "must start with http:// or https://"}.

port(undefined, Default) -> Default;
port(Port, _Default) -> Port.

%% Whether a URL's host is this machine itself.
-spec is_loopback(string()) -> boolean().
is_loopback(Host) ->
    case inet:parse_strict_address(Host) of
	{ok, {127, _, _, _}} -> true;
	{ok, {0, 0, 0, 0, 0, 0, 0, 1}} -> true;
	{ok, _} -> false;
	{error, _} -> string:lowercase(Host) == "localhost"
    end.

-spec at_once(address()) -> pos_integer().
at_once(#{host := Host}) ->
    case is_loopback(Host) of
	true -> ?AT_ONCE_LOOPBACK;
	false -> ?AT_ONCE
    end.

%% The answer to `Method Path`; Path is appended to url. Deadline is in
%% milliseconds of the monotonic clock. The calling process must end soon after:
%% that closes the connections, and frees its place.
-spec ask(conf(), binary(), binary(), binary(), integer()) -> result().
ask(#{address := #{host := Host, port := Port} = Address,
      server_host := ServerHost} = Conf, Method, Path, Body, Deadline) ->
    case slotd_places:enter({Host, Port}, at_once(Address), ServerHost,
			    left(Deadline)) of
	true -> ask_twice(Conf, Method, Path, Body, Deadline);
	false -> {failed, "too many questions to it are open, within the "
			  "option 'timeout' none ended"}
    end.

ask_twice(Conf, Method, Path, Body, Deadline) ->
    case once(Conf, Method, Path, Body, Deadline) of
	{again, Pause, _} ->
	    timer:sleep(min(Pause, left(Deadline))),
	    case once(Conf, Method, Path, Body, Deadline) of
		{again, _, Why} -> {failed, Why};
		Result -> Result
	    end;
	Result ->
	    Result
    end.

once(#{address := #{transport := T} = Address} = Conf, Method, Path, Body,
     Deadline) ->
    Options = options(T, Conf, Deadline),
    case connect(Address, Options, Deadline) of
	{ok, Socket} ->
	    Request = request(Conf, Method, Path, Body),
	    case T:send(Socket, Request) of
		{error, Why} when Why /= closed, Why /= econnreset ->
		    fault(Why);
		_ -> %% closed, perhaps after an answer
		    receive_answer(T, Socket, <<>>, Deadline)
	    end;
	{error, Why} ->
	    fault(Why)
    end.

left(Deadline) ->
    max(0, Deadline - erlang:monotonic_time(millisecond)).

%%% The request

request(#{address := Address, caller := Caller, secret := Secret}, Method,
	Path, Body) ->
    Target = <<(maps:get(path, Address))/binary, Path/binary>>,
    Ts = integer_to_binary(os:system_time(second)),
    Nonce = hex(crypto:strong_rand_bytes(16)),
    Signed = lists:join($\n, [<<"slotd-v1">>, Caller, Method, Target, Ts,
			      Nonce, Body]),
    Sig = hex(crypto:mac(hmac, sha256, Secret(), Signed)),
    [Method, " ", Target, " HTTP/1.1\r\n"
     "Host: ", authority(Address), "\r\n"
     "Authorization: Slot-HMAC-SHA256 id=", Caller, ", ts=", Ts,
     ", nonce=", Nonce, ", sig=", Sig, "\r\n"
     "Accept: application/json, application/problem+json\r\n"
     "User-Agent: mod_http_upload_slotd\r\n"
     "Connection: close\r\n",
     content(Method, Body),
     "\r\n", Body].

content(_Method, <<>>) ->
    [];
content(_Method, Body) ->
    ["Content-Type: application/json\r\n"
     "Content-Length: ", integer_to_binary(byte_size(Body)), "\r\n"].

authority(#{transport := T, host := Host, port := Port}) ->
    Name = case lists:member($:, Host) of
	       true -> ["[", Host, "]"];
	       false -> Host
	   end,
    case {T, Port} of
	{gen_tcp, 80} -> Name;
	{ssl, 443} -> Name;
	_ -> [Name, ":", integer_to_binary(Port)]
    end.

hex(Bytes) ->
    << <<(hex_digit(N))>> || <<N:4>> <= Bytes >>.

hex_digit(N) when N < 10 -> $0 + N;
hex_digit(N) -> $a + N - 10.

%%% The connection

options(gen_tcp, _Conf, Deadline) ->
    %% Otherwise a reset in the middle of an answer looks like its end.
    [{show_econnreset, true} | tcp_options(Deadline)];
options(ssl, #{ca_file := File}, Deadline) ->
    Match = public_key:pkix_verify_hostname_match_fun(https),
    [{verify, verify_peer}, {cacertfile, File}, {depth, 10},
     {customize_hostname_check, [{match_fun, Match}]}, {log_level, none}
     | tcp_options(Deadline)].

tcp_options(Deadline) ->
    [binary, {active, false}, {nodelay, true},
     {send_timeout, max(1, left(Deadline))}].

connect(#{host := Host} = Address, Options, Deadline) ->
    case inet:parse_strict_address(Host) of
	{ok, Ip} when tuple_size(Ip) == 4 ->
	    connect(Address, Ip, [inet], Options, Deadline);
	{ok, Ip} ->
	    connect(Address, Ip, [inet6], Options, Deadline);
	{error, _} ->
	    connect(Address, Host, [inet, inet6], Options, Deadline)
    end.

connect(#{transport := T, port := Port} = Address, Host, [Family | Others],
	Options, Deadline) ->
    case T:connect(Host, Port, [Family | Options], left(Deadline)) of
	{error, Why} when Others /= [], is_atom(Why), Why /= timeout,
			  Why /= closed ->
	    %% Of two errors, the one that is not about the name says more.
	    case connect(Address, Host, Others, Options, Deadline) of
		{error, nxdomain} -> {error, Why};
		Result -> Result
	    end;
	Result ->
	    Result
    end.

%%% The answer

receive_answer(T, Socket, Seen, Deadline) ->
    case T:recv(Socket, 0, left(Deadline)) of
	{ok, Data} ->
	    All = <<Seen/binary, Data/binary>>,
	    case response(All, open) of
		more when byte_size(All) > ?ANSWER_MAX ->
		    {failed, "its answer is longer than any slot"};
		more ->
		    receive_answer(T, Socket, All, Deadline);
		Result ->
		    Result
	    end;
	{error, closed} when Seen /= <<>> ->
	    case response(Seen, closed) of
		more -> {failed, "its answer ends in the middle"};
		Result -> Result
	    end;
	{error, Why} when Seen /= <<>>, Why /= timeout ->
	    {failed, "its answer ends in the middle"};
	{error, Why} ->
	    fault(Why)
    end.

response(Data, State) ->
    case erlang:decode_packet(http_bin, Data, []) of
	{ok, {http_response, _, Code, _}, Rest} when Code >= 100, Code < 1000 ->
	    headers(Rest, Code, #{}, State);
	{more, _} ->
	    more;
	_ ->
	    {failed, "what answers there does not speak HTTP"}
    end.

headers(Data, Code, Known, State) ->
    case erlang:decode_packet(httph_bin, Data, []) of
	{ok, {http_header, _, 'Content-Length', _, _}, _}
	  when is_map_key('Content-Length', Known) ->
	    {failed, "its answer has two Content-Length headers"};
	{ok, {http_header, _, Name, _, Value}, Rest} ->
	    headers(Rest, Code, Known#{Name => Value}, State);
	{ok, http_eoh, Rest} when Code < 200 ->
	    response(Rest, State);
	{ok, http_eoh, Rest} ->
	    case body(Rest, Known, State) of
		{ok, Body} -> {answer, Code, Body};
		Other -> Other
	    end;
	{more, _} ->
	    more;
	_ ->
	    {failed, "its answer has a malformed header"}
    end.

body(Data, #{'Transfer-Encoding' := _}, _State) ->
    chunks(Data, <<>>, ?CHUNKS_MAX);
body(Data, #{'Content-Length' := Text}, _State) ->
    case string:to_integer(Text) of
	{Length, <<>>} when Length >= 0, byte_size(Data) >= Length ->
	    {ok, binary:part(Data, 0, Length)};
	{Length, <<>>} when Length >= 0 ->
	    more;
	_ ->
	    {failed, "its answer has a malformed Content-Length"}
    end;
body(Data, _Known, closed) ->
    {ok, Data};
body(_Data, _Known, open) ->
    more.

chunks(_Data, _Done, 0) ->
    {failed, "its answer is in more chunks than a slot needs"};
chunks(Data, Done, Left) ->
    case re:run(Data, "^([0-9A-Fa-f]{1,8})[^\r\n]*\r\n",
		[{capture, all, index}]) of
	{match, [{0, Skip}, {0, Digits}]} ->
	    Size = binary_to_integer(binary:part(Data, 0, Digits), 16),
	    case Data of
		_ when Size == 0 ->
		    {ok, Done};
		<<_:Skip/binary, Chunk:Size/binary, "\r\n", Rest/binary>> ->
		    chunks(Rest, <<Done/binary, Chunk/binary>>, Left - 1);
		_ ->
		    more
	    end;
	nomatch ->
	    more
    end.

%%% What went wrong, for the log; `again` if a second try does no harm

fault(closed) ->
    {again, 0, "it closes the connection without an answer"};
fault(econnreset) ->
    fault(closed);
fault(einval) -> %% closed before TLS began
    fault(closed);
fault(econnrefused) ->
    {again, ?PAUSE, "connection refused; is it running, and does its "
     "'listen' match the option 'url'?"};
fault(timeout) ->
    {failed, "no answer within the option 'timeout'"};
fault(nxdomain) ->
    {failed, "the host name in the option 'url' is not known"};
fault({tls_alert, {unknown_ca, _}}) ->
    {failed, "its certificate is not of an authority known here; see the "
     "option 'ca_file'"};
fault({tls_alert, {Alert, _}}) ->
    {failed, io_lib:format("TLS fails: ~ts", [Alert])};
fault({options, Why}) ->
    {failed, io_lib:format("TLS cannot start: ~0p; see the option 'ca_file'",
			   [Why])};
fault(Why) when is_atom(Why) ->
    {failed, inet:format_error(Why)};
fault(Why) ->
    {failed, io_lib:format("~0p", [Why])}.
