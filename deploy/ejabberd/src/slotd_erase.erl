%%% Asks slotd to erase the files of deleted accounts, and keeps asking until it
%%% has answered 202. What is still to be asked is in a table on disk, so that it
%%% outlives restarts of either side.
%%%
%%% One process for each virtual host asks for one account after the other. When
%%% an answer is missing it starts again later, with those that are left.

-module(slotd_erase).

-behaviour(gen_server).

-export([start/1, stop/1, reload/1, remove_user/2]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2, terminate/2]).

-include("logger.hrl").

-define(MOD, mod_http_upload_slotd).
-define(FIRST, timer:seconds(1)). % doubled each time
-define(LAST, timer:minutes(10)).
%% Before it answers, slotd writes to each of its stores.
-define(TIMEOUT, timer:seconds(30)).

%% Of this node alone: an account is deleted at one.
-record(slotd_erase,
	{us = {<<>>, <<>>} :: {binary(), binary()} | '_',
	 since = 0 :: integer() | '_'}).

-record(state,
	{server_host :: binary(),
	 left = [] :: [{binary(), binary()}], % of this round
	 asking :: reference() | undefined, % the process
	 failed = false :: boolean(), % something in this round
	 timer :: reference() | undefined, % until the next round
	 delay = ?FIRST :: pos_integer(),
	 said = #{} :: #{binary() => true}}).

start(ServerHost) ->
    gen_mod:start_child(?MODULE, ServerHost, #{}).

stop(ServerHost) ->
    gen_mod:stop_child(?MODULE, ServerHost).

%% The options may have been mended: asks at once.
reload(ServerHost) ->
    gen_server:cast(proc(ServerHost), reload).

%% The hook. On disk before the account is gone.
remove_user(User, Server) ->
    US = {_, Host} = {jid:nodeprep(User), jid:nameprep(Server)},
    case gen_mod:get_module_opt(Host, ?MOD, rm_on_unregister) of
	true ->
	    change(fun() -> mnesia:write(
			      #slotd_erase{us = US,
					   since = os:system_time(second)})
		   end),
	    gen_server:cast(proc(Host), ask);
	false ->
	    ok
    end.

proc(ServerHost) ->
    gen_mod:get_module_proc(ServerHost, ?MODULE).

%%% gen_server

init([ServerHost, _]) ->
    process_flag(trap_exit, true),
    ejabberd_mnesia:create(
      ?MODULE, slotd_erase,
      [{disc_copies, [node()]}, {local_content, true},
       {attributes, record_info(fields, slotd_erase)}]),
    ejabberd_hooks:add(remove_user, ServerHost, ?MODULE, remove_user, 50),
    {ok, ask_all(#state{server_host = ServerHost})}.

handle_call(_Request, _From, State) ->
    {reply, {error, unknown}, State}.

handle_cast(ask, #state{asking = undefined, timer = undefined} = State) ->
    {noreply, ask_all(State)};
handle_cast(reload, #state{asking = undefined, timer = Timer} = State) ->
    misc:cancel_timer(Timer),
    {noreply, ask_all(State#state{timer = undefined, delay = ?FIRST})};
handle_cast(_Message, State) ->
    {noreply, State}.

handle_info({'DOWN', Ref, process, _, Result}, #state{asking = Ref} = State) ->
    {noreply, ask_next(take(Result, State#state{asking = undefined}))};
handle_info({timeout, Timer, again}, #state{timer = Timer} = State) ->
    {noreply, ask_all(State#state{timer = undefined})};
handle_info(_Info, State) ->
    {noreply, State}.

terminate(_Reason, #state{server_host = ServerHost}) ->
    ejabberd_hooks:delete(remove_user, ServerHost, ?MODULE, remove_user, 50).

%%% Asking

ask_all(#state{server_host = ServerHost} = State) ->
    case pending(ServerHost) of
	[] -> State#state{left = [], delay = ?FIRST, said = #{}};
	All -> ask_next(State#state{left = All, failed = false})
    end.

ask_next(#state{left = [US | Others], server_host = ServerHost} = State) ->
    {_, Ref} = spawn_monitor(fun() -> exit({asked, US, ask(US, ServerHost)})
			     end),
    State#state{left = Others, asking = Ref};
ask_next(#state{failed = true, delay = Delay} = State) ->
    Timer = erlang:start_timer(Delay, self(), again),
    State#state{timer = Timer, delay = min(2 * Delay, ?LAST)};
ask_next(State) -> %% perhaps more were added
    ask_all(State).

ask(US, ServerHost) ->
    {ok, Conf} = slotd_options:conf(
		   ServerHost, gen_mod:get_module_opts(ServerHost, ?MOD)),
    Path = <<"/files?jid=", (misc:url_encode(jid(US)))/binary>>,
    Deadline = erlang:monotonic_time(millisecond) + ?TIMEOUT,
    case slotd_client:ask(Conf, <<"DELETE">>, Path, <<>>, Deadline) of
	{answer, Code, Body} -> slotd_answer:erasure(Code, Body);
	{failed, Why} -> {again, false, in_time(Why, Deadline)}
    end.

%% The time here is not that of the option `timeout'.
in_time(Why, Deadline) ->
    case erlang:monotonic_time(millisecond) < Deadline of
	true -> Why;
	false -> io_lib:format("no answer within ~B s", [?TIMEOUT div 1000])
    end.

take({asked, US, erased}, State) ->
    Forgotten = forget(US, State),
    ?INFO_MSG("slotd erases the files of ~ts", [jid(US)]),
    Forgotten;
take({asked, US, no_jid}, State) ->
    say_once(error, ["slotd keeps the files of deleted accounts, it does not "
		     "take the JID ", jid(US)], forget(US, State));
take({asked, {_, Domain}, {to_mend, What}}, State) ->
    say_once(error, ["slotd keeps the files of deleted accounts, asking goes "
		     "on: ", What, Domain],
	     State#state{failed = true, left = []});
take({asked, _US, {again, This, Why}}, #state{left = Left} = State) ->
    Others = case This of
		 true -> Left;
		 false -> []
	     end,
    say_once(warning, ["Files of deleted accounts are still to be erased, "
		       "asking goes on; slotd: ", Why],
	     State#state{failed = true, left = Others});
take(Crash, State) ->
    ?ERROR_MSG("slotd_erase: ~0p", [Crash]),
    State#state{failed = true, left = []}.

say_once(Level, Text, #state{said = Said} = State) ->
    Line = unicode:characters_to_binary(Text),
    case {is_map_key(Line, Said), Level} of
	{true, _} -> ok;
	{false, error} -> ?ERROR_MSG("~ts", [Line]);
	{false, warning} -> ?WARNING_MSG("~ts", [Line])
    end,
    State#state{said = Said#{Line => true}}.

jid({User, Server}) ->
    jid:encode(jid:make(User, Server)).

%%% The table

pending(ServerHost) ->
    [US || #slotd_erase{us = US} <- mnesia:dirty_match_object(
				      #slotd_erase{us = {'_', ServerHost},
						   since = '_'})].

forget(US, #state{failed = Failed} = State) ->
    Done = change(fun() -> mnesia:delete({slotd_erase, US}) end),
    State#state{failed = Failed orelse Done /= ok}.

change(Fun) ->
    case mnesia:transaction(Fun) of
	{atomic, ok} ->
	    mnesia:sync_log(),
	    ok;
	{aborted, Why} ->
	    ?ERROR_MSG("Which files are to be erased cannot be kept on disk: "
		       "~0p", [Why]),
	    error
    end.
