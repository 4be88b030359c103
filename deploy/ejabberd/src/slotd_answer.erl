%%% What slotd's answers mean for an XMPP client, and for the log. Pure
%%% functions, without requests or state.

-module(slotd_answer).

-export([slot/4, limits/3, erasure/2, too_large/2, unavailable/0, json_encode/1]).

-export_type([purposes/0]).

-include("xmpp.hrl").

-define(DETAIL_MAX, 300).

%% The log's part is `quiet` if slotd worked as it should: it has its own log.
%% A slot's scheme is http if one of its URLs is http.
-type outcome() :: {slot, xmlel(), https | http}
		  | {error, stanza_error(), quiet | iodata()}.

%% The largest file of each purpose that slotd offers, in bytes.
-type purposes() :: #{binary() => pos_integer()}.

%% The answer to POST /slot, for a request in namespace NS. Max is the largest
%% size that this side allows.
-spec slot(100..999, binary(), binary(), integer() | infinity) -> outcome().
slot(200, Body, NS, _Max) ->
    case json_decode(Body) of
	#{<<"put">> := Put, <<"get">> := Get} = Slot ->
	    Schemes = [url(Put), url(Get)],
	    case [Why || {unusable, Why} <- Schemes] of
		[] ->
		    Headers = headers(maps:get(<<"headers">>, Slot, #{})),
		    {slot, slot_element(NS, Put, Get, Headers),
		     case lists:member(http, Schemes) of
			 true -> http;
			 false -> https
		     end};
		[Why | _] ->
		    {error, unavailable(), Why}
	    end;
	_ ->
	    {error, unavailable(),
	     "status 200 without a slot in it; does the option 'url' name "
	     "slotd?"}
    end;
slot(Code, Body, NS, Max) ->
    case json_decode(Body) of
	#{<<"xmpp">> := #{<<"condition">> := Name} = Xmpp} = Problem ->
	    case condition(Name) of
		unknown ->
		    {error, unavailable(),
		     "an error with a stanza error that XMPP does not know"};
		{Condition, Default} ->
		    Type = type(maps:get(<<"type">>, Xmpp, none), Default),
		    Error = #stanza_error{type = Type, reason = Condition,
					  text = text(Problem),
					  sub_els = more(Problem, NS, Max)},
		    {error, Error, worth_a_line(Code, Problem)}
	    end;
	#{} = Problem ->
	    {error, unavailable(), hint(Code, Problem)};
	_ ->
	    {error, unavailable(), hint(Code, #{})}
    end.

%% The answer to GET /limits for Domain: the largest file, in bytes, and by
%% purpose.
-spec limits(100..999, binary(), binary()) -> {ok, pos_integer(), purposes()}
						  | {error, iodata()}.
limits(Code, Body, Domain) ->
    case json_decode(Body) of
	#{<<"max_size">> := Max} = Limits
	  when Code == 200, is_integer(Max), Max > 0 ->
	    {ok, Max, purposes(maps:get(<<"purposes">>, Limits, none), Max)};
	#{<<"code">> := <<"forbidden">>} when Code == 403 ->
	    {error, ["status 403, forbidden: ", Domain, " is not in "
		     "allow_domains of this caller in slotd's configuration"]};
	#{} = Problem when Code /= 200 ->
	    {error, hint(Code, Problem)};
	_ ->
	    {error, hint(Code, #{})}
    end.

purposes(#{} = Purposes, Default) ->
    maps:from_list([{Name, purpose(Purpose, Default)}
		    || {Name, Purpose} <- maps:to_list(Purposes),
		       re:run(Name, "^[A-Za-z0-9._-]+$", [dollar_endonly])
			   /= nomatch]);
purposes(_, _) ->
    #{}.

purpose(#{<<"max_size">> := Max}, _) when is_integer(Max), Max > 0 -> Max;
purpose(_, Default) -> Default.

%% The answer to DELETE /files: done; or that it does not take the JID, which it
%% then never gave a slot; or what has to be mended at slotd, for all accounts;
%% or why to ask again, and whether that is about this JID alone.
-spec erasure(100..999, binary()) -> erased | no_jid | {to_mend, iodata()}
					 | {again, boolean(), iodata()}.
erasure(202, _Body) ->
    erased;
erasure(Code, Body) ->
    case json_decode(Body) of
	#{<<"code">> := <<"forbidden">>} ->
	    {to_mend, "its allow_domains do not let this caller speak for "};
	#{<<"code">> := <<"not-implemented">>} ->
	    {to_mend, "its keys do not tell whose a file is: set its "
	     "key_file, with {owner} in storage.key; they are of "};
	#{<<"code">> := <<"bad-request">>} ->
	    no_jid;
	_ when Code == 404 ->
	    {again, false, "status 404; it is too old, or the option 'url' is "
	     "not its address"};
	#{} = Problem ->
	    {again, Code >= 500, hint(Code, Problem)};
	_ ->
	    {again, Code >= 500, hint(Code, #{})}
    end.

-spec too_large(binary(), integer() | infinity) -> stanza_error().
too_large(NS, Max) ->
    #stanza_error{type = modify, reason = 'not-acceptable',
		  text = xmpp:mk_text(<<"The file is too large">>),
		  sub_els = [max_element(NS, Max) || is_integer(Max)]}.

-spec unavailable() -> stanza_error().
unavailable() ->
    Text = <<"The upload service cannot answer just now">>,
    #stanza_error{type = wait, reason = 'service-unavailable',
		  text = xmpp:mk_text(Text)}.

%%% Slots

%% RFC 3986 ASCII, and https unless the URL leads to this machine.
url(Url) when is_binary(Url) ->
    Clean = re:run(Url, "^[!-~]+$", [dollar_endonly]) /= nomatch,
    case Clean andalso uri_string:parse(Url) of
	#{scheme := Scheme, host := Host} when Host /= <<>> ->
	    case string:lowercase(Scheme) of
		<<"https">> ->
		    https;
		<<"http">> ->
		    plain(slotd_client:is_loopback(binary_to_list(Host)));
		_ ->
		    {unusable, "a slot whose URL is neither https nor http"}
	    end;
	_ ->
	    {unusable, "a slot whose URL is malformed"}
    end;
url(_) ->
    {unusable, "a slot whose URL is malformed"}.

plain(true) ->
    http;
plain(false) ->
    {unusable, "a slot with an http URL, and clients want https; in slotd's "
     "configuration see public_url, or bucket_url and download_url"}.

%% With any other name or spelling clients reject the whole slot.
headers(#{} = Headers) ->
    [{Name, Value} || Name <- [<<"Authorization">>, <<"Cookie">>,
			       <<"Expires">>],
		      {Key, Value} <- maps:to_list(Headers),
		      string:lowercase(Key) == string:lowercase(Name),
		      is_binary(Value), is_clean(Value)];
headers(_) ->
    [].

is_clean(Value) ->
    re:run(Value, "[\\x{0}-\\x{1f}\\x{7f}\\x{fffe}\\x{ffff}]", [unicode])
	== nomatch.

slot_element(?NS_HTTP_UPLOAD_0 = NS, Put, Get, Headers) ->
    Children = [#xmlel{name = <<"header">>, attrs = [{<<"name">>, Name}],
		       children = [{xmlcdata, Value}]}
		|| {Name, Value} <- Headers],
    element(<<"slot">>, NS,
	    [#xmlel{name = <<"put">>, attrs = [{<<"url">>, Put}],
		    children = Children},
	     #xmlel{name = <<"get">>, attrs = [{<<"url">>, Get}]}]);
slot_element(NS, Put, Get, _Headers) ->
    element(<<"slot">>, NS, [text_element(<<"put">>, Put),
			     text_element(<<"get">>, Get)]).

element(Name, NS, Children) ->
    #xmlel{name = Name, attrs = [{<<"xmlns">>, NS}], children = Children}.

text_element(Name, Text) ->
    #xmlel{name = Name, children = [{xmlcdata, Text}]}.

%%% Errors

%% The conditions of RFC 6120 that need no content, with their usual types.
condition(Name) ->
    Known = [{'bad-request', modify}, {conflict, cancel},
	     {'feature-not-implemented', cancel}, {forbidden, auth},
	     {'internal-server-error', cancel}, {'item-not-found', cancel},
	     {'jid-malformed', modify}, {'not-acceptable', modify},
	     {'not-allowed', cancel}, {'not-authorized', auth},
	     {'policy-violation', modify}, {'recipient-unavailable', wait},
	     {'registration-required', auth},
	     {'remote-server-not-found', cancel},
	     {'remote-server-timeout', wait}, {'resource-constraint', wait},
	     {'service-unavailable', cancel},
	     {'subscription-required', auth},
	     {'undefined-condition', cancel}, {'unexpected-request', wait}],
    case [Pair || {Atom, _} = Pair <- Known,
		  atom_to_binary(Atom, latin1) == Name] of
	[Pair] -> Pair;
	[] -> unknown
    end.

type(<<"auth">>, _) -> auth;
type(<<"cancel">>, _) -> cancel;
type(<<"continue">>, _) -> continue;
type(<<"modify">>, _) -> modify;
type(<<"wait">>, _) -> wait;
type(_, Default) -> Default.

text(#{<<"detail">> := Detail}) when is_binary(Detail) ->
    %% Characters that XML cannot carry would end the client's connection.
    Chars = [C || C <- unicode:characters_to_list(Detail),
		  C >= $\s, C /= 16#7f, C /= 16#fffe, C /= 16#ffff],
    xmpp:mk_text(unicode:characters_to_binary(
		   lists:sublist(Chars, ?DETAIL_MAX)));
text(_) ->
    [].

more(Problem, NS, Max) ->
    [max_element(NS, min(Size, Max))
     || #{<<"max_file_size">> := Size} <- [Problem],
	is_integer(Size), Size >= 0] ++
    [#xmlel{name = <<"retry">>, attrs = [{<<"xmlns">>, NS},
					 {<<"stamp">>, Stamp}]}
     || #{<<"retry_at">> := Stamp} <- [Problem], is_stamp(Stamp)].

max_element(NS, Max) ->
    element(<<"file-too-large">>, NS,
	    [text_element(<<"max-file-size">>, integer_to_binary(Max))]).

is_stamp(Stamp) when is_binary(Stamp) ->
    re:run(Stamp, "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?"
	   "(Z|[+-]\\d\\d:\\d\\d)$", [dollar_endonly]) /= nomatch;
is_stamp(_) ->
    false.

%%% The log

worth_a_line(Code, Problem) when Code >= 500 -> status(Code, Problem);
worth_a_line(_Code, _Problem) -> quiet.

%% What the operator has to correct.
hint(_, #{<<"code">> := <<"unauthorized">>}) ->
    "it refuses this caller; compare the options 'caller' and 'secret' with "
    "'callers' in slotd's configuration, slotd's log has the reason";
hint(_, #{<<"code">> := <<"clock-skew">>}) ->
    "the clocks here and there differ too much; set both right";
hint(_, #{<<"code">> := <<"replayed">>}) ->
    "it has seen this request before; something in between sends requests "
    "twice";
hint(_, #{<<"code">> := <<"forbidden">>, <<"detail">> := _} = Problem) ->
    status(403, Problem);
hint(404, _) ->
    "status 404; the option 'url' must be slotd's address, without /slot";
hint(Code, _) when Code >= 300, Code < 400 ->
    io_lib:format("status ~B, a redirect; put the final address into the "
		  "option 'url'", [Code]);
hint(Code, #{<<"code">> := _} = Problem) ->
    status(Code, Problem);
hint(Code, _) ->
    io_lib:format("status ~B without slotd's JSON; does the option 'url' "
		  "name slotd, or does a proxy answer for it?", [Code]).

status(Code, Problem) ->
    case {maps:get(<<"code">>, Problem, none), text(Problem)} of
	{Name, [#text{data = Detail}]} when is_binary(Name) ->
	    io_lib:format("status ~B, ~ts: ~ts",
			  [Code, clean(Name), Detail]);
	{_, [#text{data = Detail}]} ->
	    io_lib:format("status ~B: ~ts", [Code, Detail]);
	_ ->
	    io_lib:format("status ~B", [Code])
    end.

clean(Name) ->
    re:replace(Name, "[^A-Za-z0-9_-]", "", [global, unicode]).

%%% JSON: builds for Erlang/OTP 27 and later have no jiffy, and ejabberd 23 has
%%% no functions of its own yet.

-spec json_encode(map()) -> binary().
json_encode(Term) ->
    case erlang:function_exported(misc, json_encode, 1) of
	true -> misc:json_encode(Term);
	false -> iolist_to_binary(jiffy:encode(Term))
    end.

%% Text that is no JSON becomes `none`.
json_decode(Body) ->
    try
	case erlang:function_exported(misc, json_decode, 1) of
	    true -> misc:json_decode(Body);
	    false -> jiffy:decode(Body, [return_maps])
	end
    catch
	_:_ -> none
    end.
