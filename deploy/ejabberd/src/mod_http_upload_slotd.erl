%%% XEP-0363, HTTP File Upload: asks slotd for the slots.
%%%
%%% One process for each virtual host answers service discovery and starts a
%%% process for each slot request, so that a slow answer delays nobody else.
%%% README.md has the options.

-module(mod_http_upload_slotd).

-behaviour(gen_mod).
-behaviour(gen_server).

-protocol({xep, 363, '1.2.0'}).

-export([start/2, stop/1, reload/3, depends/2, mod_opt_type/1, mod_options/1,
	 mod_doc/0]).
-export([pre_uninstall/0]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2, terminate/2]).

-include("logger.hrl").
-include("xmpp.hrl").

-define(PARTS, [slotd_options, slotd_client, slotd_answer, slotd_turns,
		slotd_places, slotd_erase]).
-define(LIMITS_EVERY, timer:hours(1)).
-define(LIMITS_AGAIN, timer:seconds(30)).
-define(OWN_AT_ONCE, 16). % for one JID
%% Requests that wait, in all and for one JID.
-define(WAITING_MAX, 5000).
-define(OWN_WAITING_MAX, 1500).
-define(SAID_EVERY, timer:minutes(1)).
-define(REFUSED_MAX, 10000).
-define(SIZE_MAX, 16#7fffffffffffffff).
-define(BODY_MAX, 16384).
-define(TYPE_MAX, 255). % bytes; slotd ignores longer ones
-define(NS_PURPOSE, <<"urn:xmpp:http:upload:purpose:0">>).

-record(state,
	{server_host :: binary(),
	 conf :: slotd_options:conf(),
	 limit = infinity :: pos_integer() | infinity, % as slotd says
	 purposes = #{} :: slotd_answer:purposes(), % those that it offers
	 limits_fault = none :: none | binary(), % the last one that was logged
	 limits_ask :: reference() | undefined, % the running request
	 limits_timer :: reference() | undefined,
	 running = #{} :: #{reference() => binary()}, % the JID of each process
	 turns = slotd_turns:new(?OWN_AT_ONCE) :: slotd_turns:turns(),
	 said = #{} :: #{binary() => non_neg_integer()}, % and how often since then
	 warned = false :: boolean(), % about http URLs
	 refused = #{} :: #{binary() => true}}). % JIDs that were logged

-record(request,
	{iq :: iq(), ns :: binary(), filename :: binary(),
	 size :: non_neg_integer(), type :: binary(), purpose :: purpose(),
	 deadline = 0 :: integer()}).

%% The members of the request to slotd that tell a purpose: none, its name, and
%% until when.
-type purpose() :: [{binary(), binary()}].

%%% gen_mod

-spec start(binary(), gen_mod:opts()) -> {ok, pid()} | {error, term()}.
start(ServerHost, Opts) ->
    case slotd_options:conf(ServerHost, Opts) of
	{ok, _} ->
	    %% Without Opts, which has the secret: supervisors print arguments.
	    Started = gen_mod:start_child(?MODULE, ServerHost, #{}),
	    slotd_erase:start(ServerHost),
	    Started;
	{error, Why} ->
	    {error, Why}
    end.

-spec stop(binary()) -> ok | {error, term()}.
stop(ServerHost) ->
    slotd_erase:stop(ServerHost),
    gen_mod:stop_child(?MODULE, ServerHost).

-spec reload(binary(), gen_mod:opts(), gen_mod:opts()) -> ok.
reload(ServerHost, _NewOpts, _OldOpts) ->
    Proc = gen_mod:get_module_proc(ServerHost, ?MODULE),
    %% A failure here would be logged with all options, including the secret.
    try gen_server:call(Proc, reload)
    catch exit:_ -> ok
    end,
    slotd_erase:reload(ServerHost).

-spec depends(binary(), gen_mod:opts()) -> [].
depends(_ServerHost, _Opts) ->
    [].

mod_opt_type(Option) ->
    slotd_options:type(Option).

-spec mod_options(binary()) -> [{atom(), term()} | atom()].
mod_options(ServerHost) ->
    slotd_options:defaults(ServerHost).

mod_doc() ->
    slotd_options:doc().

%% `ejabberdctl module_uninstall` and `module_upgrade` purge the code of this
%% module only.
pre_uninstall() ->
    slotd_places:stop(),
    [begin code:purge(Part), code:delete(Part) end || Part <- ?PARTS],
    ok.

%%% gen_server

init([ServerHost, _]) ->
    process_flag(trap_exit, true),
    {ok, Conf} = conf(ServerHost),
    State = #state{server_host = ServerHost, conf = Conf},
    routes([], maps:get(hosts, Conf), ServerHost),
    {ok, ask_limits(State)}.

handle_call(reload, _From, State) ->
    {reply, ok, reload(State)};
handle_call(_Request, _From, State) ->
    {reply, {error, unknown}, State}.

handle_cast({complaint, Text}, State) ->
    {noreply, complain(Text, State)};
handle_cast(http, State) ->
    {noreply, warn_of_http(State)};
handle_cast(_Message, State) ->
    {noreply, State}.

handle_info({route, #iq{type = Type, lang = Lang} = IQ}, State)
  when Type == get; Type == set ->
    try xmpp:decode_els(IQ) of
	Decoded -> {noreply, handle_iq(Decoded, purposes(IQ), State)}
    catch
	_:{xmpp_codec, Why} ->
	    Error = xmpp:err_bad_request(xmpp:io_format_error(Why), Lang),
	    ejabberd_router:route_error(IQ, Error),
	    {noreply, State}
    end;
handle_info({route, #message{} = Message}, State) ->
    ejabberd_router:route_error(Message, xmpp:err_service_unavailable()),
    {noreply, State};
handle_info({'DOWN', Ref, process, _, _}, State) ->
    {noreply, next(ended(Ref, State))};
handle_info({timeout, _, {said, Text}}, State) ->
    {noreply, say_again(Text, State)};
handle_info({limits, Ask, Result}, #state{limits_ask = Ask} = State) ->
    {noreply, take_limits(Result, State)};
handle_info({timeout, Timer, limits}, #state{limits_timer = Timer} = State) ->
    {noreply, ask_limits(State)};
handle_info(_Info, State) ->
    {noreply, State}.

terminate(_Reason, #state{conf = Conf, turns = Turns,
			  server_host = ServerHost}) ->
    routes(maps:get(hosts, Conf), [], ServerHost),
    [ejabberd_router:route_error(IQ, slotd_answer:unavailable())
     || #request{iq = IQ} <- slotd_turns:items(Turns)],
    ok.

reload(#state{server_host = ServerHost, conf = Old} = State) ->
    case conf(ServerHost) of
	{ok, New} ->
	    routes(maps:get(hosts, Old), maps:get(hosts, New), ServerHost),
	    ask_limits(State#state{conf = New, refused = #{}, warned = false,
				   limits_fault = none});
	{error, Why} ->
	    ?ERROR_MSG("mod_http_upload_slotd on ~ts goes on with its old "
		       "options: ~ts", [ServerHost, Why]),
	    State
    end.

%% The current options, also after a reload or a crash.
conf(ServerHost) ->
    slotd_options:conf(ServerHost,
		       gen_mod:get_module_opts(ServerHost, ?MODULE)).

routes(Old, New, ServerHost) ->
    [ejabberd_router:register_route(Host, ServerHost) || Host <- New -- Old],
    [ejabberd_router:unregister_route(Host) || Host <- Old -- New],
    ok.

%%% Requests

%% From the XML, because codecs before 2025-08 do not know purposes, and later
%% ones forget `expire-before'.
purposes(#iq{sub_els = [#xmlel{children = Children}]}) ->
    [purpose(El) || #xmlel{} = El <- Children,
		    fxml:get_tag_attr_s(<<"xmlns">>, El) == ?NS_PURPOSE];
purposes(_) ->
    [].

purpose(#xmlel{name = Name} = El) ->
    [{<<"purpose">>, Name} |
     case fxml:get_tag_attr(<<"expire-before">>, El) of
	 {value, Before} -> [{<<"expire_before">>, Before}];
	 false -> []
     end].

handle_iq(#iq{type = get, lang = Lang,
	      sub_els = [#disco_info{node = <<>>}]} = IQ, _, State) ->
    ejabberd_router:route(xmpp:make_iq_result(IQ, disco(Lang, State))),
    State;
handle_iq(#iq{type = get, sub_els = [#disco_items{node = <<>>}]} = IQ, _,
	  State) ->
    ejabberd_router:route(xmpp:make_iq_result(IQ, #disco_items{})),
    State;
handle_iq(#iq{type = get, lang = Lang} = IQ, [_, _ | _], State) ->
    %% One of them might be `ephemeral'.
    Text = <<"A file has only one purpose">>,
    ejabberd_router:route_error(IQ, xmpp:err_bad_request(Text, Lang)),
    State;
handle_iq(#iq{type = get,
	      sub_els = [#upload_request_0{filename = Name, size = Size,
					   'content-type' = Type}]} = IQ,
	  Purposes, State) ->
    enqueue(#request{iq = IQ, ns = ?NS_HTTP_UPLOAD_0, filename = Name,
		     size = Size, type = Type,
		     purpose = lists:append(Purposes)}, State);
handle_iq(#iq{type = get,
	      sub_els = [#upload_request{filename = Name, size = Size,
					 'content-type' = Type}]} = IQ,
	  Purposes, State) ->
    enqueue(#request{iq = IQ, ns = ?NS_HTTP_UPLOAD, filename = Name,
		     size = Size, type = Type,
		     purpose = lists:append(Purposes)}, State);
handle_iq(IQ, _, State) ->
    ejabberd_router:route_error(IQ, xmpp:err_service_unavailable()),
    State.

disco(Lang, #state{server_host = ServerHost, conf = Conf,
		   purposes = Purposes} = State) ->
    Forms = ejabberd_hooks:run_fold(disco_info, ServerHost, [],
				    [ServerHost, ?MODULE, <<>>, Lang]),
    Name = translate:translate(Lang, maps:get(name, Conf)),
    Namespaces = [?NS_HTTP_UPLOAD_0, ?NS_HTTP_UPLOAD],
    Offered = [<<?NS_PURPOSE/binary, "#", Purpose/binary>>
	       || Purpose <- maps:keys(Purposes)],
    #disco_info{identities = [#identity{category = <<"store">>,
					type = <<"file">>, name = Name}],
		features = [?NS_DISCO_INFO, ?NS_DISCO_ITEMS
			    | Namespaces ++ Offered],
		xdata = [form(NS, Max) || Max <- [max_size([], State)],
					  is_integer(Max),
					  NS <- Namespaces] ++ Forms}.

form(NS, Max) ->
    #xdata{type = result,
	   fields = [#xdata_field{type = hidden, var = <<"FORM_TYPE">>,
				  values = [NS]},
		     #xdata_field{var = <<"max-file-size">>,
				  values = [integer_to_binary(Max)]}]}.

%% The atom infinity compares greater than any number.
max_size(Purpose, #state{limit = Limit, purposes = Purposes,
			 conf = #{max_size := Max}}) ->
    Name = proplists:get_value(<<"purpose">>, Purpose, <<"message">>),
    min(maps:get(Name, Purposes, Limit), Max).

enqueue(#request{iq = #iq{from = From, lang = Lang} = IQ} = Request,
	#state{server_host = ServerHost, conf = #{access := Access},
	       turns = Turns} = State) ->
    Jid = bare(From),
    Full = slotd_turns:waiting(Turns) >= ?WAITING_MAX
	orelse slotd_turns:waiting(Jid, Turns) >= ?OWN_WAITING_MAX,
    case acl:match_rule(ServerHost, Access, From) of
	allow when not Full ->
	    next(wait(Jid, Request, State));
	allow ->
	    Text = <<"Too many wait for the upload service">>,
	    Error = xmpp:err_resource_constraint(Text, Lang),
	    ejabberd_router:route_error(IQ, Error),
	    State;
	_ ->
	    Text = <<"Access denied by service policy">>,
	    ejabberd_router:route_error(IQ, xmpp:err_forbidden(Text, Lang)),
	    log_refused(From, State)
    end.

wait(Jid, Request, #state{conf = Conf, turns = Turns} = State) ->
    Deadline = erlang:monotonic_time(millisecond) + maps:get(timeout, Conf),
    Whole = Request#request{deadline = Deadline},
    State#state{turns = slotd_turns:add(Jid, Whole, Turns)}.

%% No more processes than can have a place: waiting requests cost less.
next(#state{running = Running, turns = Turns,
	    conf = #{address := Address}} = State) ->
    case maps:size(Running) < slotd_client:at_once(Address) andalso slotd_turns:next(Turns) of
	{Jid, Request, Rest} -> next(run(Jid, Request, State#state{turns = Rest}));
	_ -> State
    end.

run(Jid, #request{purpose = Purpose} = Request,
    #state{conf = Conf, running = Running} = State) ->
    Max = max_size(Purpose, State),
    Server = self(),
    {_, Ref} = spawn_monitor(
		 fun() -> serve(Request, Conf, Max, Server) end),
    State#state{running = Running#{Ref => Jid}}.

ended(Ref, #state{running = Running, turns = Turns} = State) ->
    case maps:take(Ref, Running) of
	{Jid, Others} -> State#state{running = Others,
				     turns = slotd_turns:done(Jid, Turns)};
	error -> State
    end.

serve(#request{iq = IQ} = Request, Conf, Max, Server) ->
    Reply = try
		reply(Request, Conf, Max, Server)
	    catch
		Class:Why:Stack ->
		    ?ERROR_MSG("mod_http_upload_slotd: ~p:~p at ~0p",
			       [Class, Why, Stack]),
		    xmpp:make_error(IQ, slotd_answer:unavailable())
	    end,
    ejabberd_router:route(Reply).

reply(#request{iq = IQ} = Request, Conf, Max, Server) ->
    case slot(Request, Conf, Max) of
	{slot, Slot, Scheme} ->
	    [gen_server:cast(Server, http) || Scheme == http],
	    xmpp:make_iq_result(IQ, Slot);
	{error, Error} ->
	    xmpp:make_error(IQ, Error);
	{error, Error, quiet} ->
	    xmpp:make_error(IQ, Error);
	{error, Error, Why} ->
	    gen_server:cast(Server, {complaint, complaint(Why, Conf)}),
	    xmpp:make_error(IQ, Error)
    end.

slot(#request{size = Size, ns = NS}, #{max_size := Own}, Max)
  when Size > Own; Size > ?SIZE_MAX ->
    {error, slotd_answer:too_large(NS, Max)};
slot(#request{iq = #iq{from = From, lang = Lang}, filename = Name,
	      size = Size, type = Type, purpose = Purpose, ns = NS,
	      deadline = Deadline},
     #{max_size := Own} = Conf, _Max) ->
    Body = slotd_answer:json_encode(
	     maps:from_list([{<<"jid">>, bare(From)}, {<<"filename">>, Name},
			     {<<"size">>, Size}] ++
			    [{<<"content_type">>, Type}
			     || Type /= <<>>, byte_size(Type) =< ?TYPE_MAX] ++
			    Purpose)),
    if byte_size(Body) > ?BODY_MAX ->
	    Text = <<"The file name is too long">>,
	    {error, xmpp:err_bad_request(Text, Lang)};
       true ->
	    case slotd_client:ask(Conf, <<"POST">>, <<"/slot">>, Body,
				  Deadline) of
		{answer, Code, Answer} ->
		    slotd_answer:slot(Code, Answer, NS, Own);
		{failed, Why} ->
		    {error, slotd_answer:unavailable(), Why}
	    end
    end.

%% The same complaint is logged once a minute, because users can cause any
%% number.
complaint(Why, #{address := #{url := Url}}) ->
    unicode:characters_to_binary(
      io_lib:format("No slot from slotd at ~ts: ~ts", [Url, Why])).

%% Such slots work for tests on this machine, and clients elsewhere fail without
%% an error.
warn_of_http(#state{warned = true} = State) ->
    State;
warn_of_http(#state{conf = #{address := #{url := Url}}} = State) ->
    ?WARNING_MSG("slotd at ~ts gives http URLs, which most clients refuse in "
		 "silence: set its public_url (with S3 bucket_url, "
		 "download_url) to https", [Url]),
    State#state{warned = true}.

complain(Text, #state{said = Said} = State) ->
    case maps:find(Text, Said) of
	{ok, N} ->
	    State#state{said = Said#{Text => N + 1}};
	error ->
	    ?ERROR_MSG("~ts", [Text]),
	    say_later(Text, State)
    end.

say_later(Text, #state{said = Said} = State) ->
    erlang:start_timer(?SAID_EVERY, self(), {said, Text}),
    State#state{said = Said#{Text => 0}}.

say_again(Text, #state{said = Said} = State) ->
    case maps:get(Text, Said) of
	0 ->
	    State#state{said = maps:remove(Text, Said)};
	N ->
	    ?ERROR_MSG("~ts (and ~B times more)", [Text, N]),
	    say_later(Text, State)
    end.

bare(Jid) ->
    jid:encode(jid:remove_resource(Jid)).

%% Strangers are logged by their domain: they can use any number of names.
log_refused(#jid{lserver = Domain} = From, #state{refused = Refused} = State) ->
    Who = case lists:member(Domain, ejabberd_option:hosts()) of
	      true -> bare(From);
	      false -> Domain
	  end,
    if is_map_key(Who, Refused) ->
	    State;
       map_size(Refused) >= ?REFUSED_MAX ->
	    log_refused(From, State#state{refused = #{}});
       true ->
	    ?WARNING_MSG("Refused an upload slot to ~ts: the option 'access' "
			 "of mod_http_upload_slotd does not allow it (said "
			 "once)", [Who]),
	    State#state{refused = Refused#{Who => true}}
    end.

%%% Limits

ask_limits(#state{conf = Conf, server_host = ServerHost} = State) ->
    Server = self(),
    Ask = make_ref(),
    Deadline = erlang:monotonic_time(millisecond) + maps:get(timeout, Conf),
    spawn(fun() ->
		  Server ! {limits, Ask, limits(ServerHost, Conf, Deadline)}
	  end),
    again(?LIMITS_AGAIN, State#state{limits_ask = Ask}).

limits(ServerHost, Conf, Deadline) ->
    Path = <<"/limits?domain=", (misc:url_encode(ServerHost))/binary>>,
    case slotd_client:ask(Conf, <<"GET">>, Path, <<>>, Deadline) of
	{answer, Code, Body} -> slotd_answer:limits(Code, Body, ServerHost);
	{failed, Why} -> {error, Why}
    end.

take_limits({ok, Limit, Purposes}, State) ->
    again(?LIMITS_EVERY, State#state{limit = Limit, purposes = Purposes,
				     limits_fault = none});
take_limits({error, Text}, #state{conf = Conf, limits_fault = Last} = State) ->
    Why = unicode:characters_to_binary(Text),
    #{address := #{url := Url}} = Conf,
    [?WARNING_MSG("The size limit for uploads is not known, slotd at ~ts does "
		  "not tell: ~ts", [Url, Why]) || Why /= Last],
    again(?LIMITS_AGAIN, State#state{limits_fault = Why}).

again(After, #state{limits_timer = Old} = State) ->
    misc:cancel_timer(Old),
    State#state{limits_timer = erlang:start_timer(After, self(), limits)}.
