%%% Places for requests to a slotd, for all virtual hosts of this node together:
%%% slotd limits the connections of one address. A process keeps its place until
%%% it ends; hosts take turns.
%%%
%%% This is one process, started by the first request.

-module(slotd_places).

-behaviour(gen_server).

-export([enter/4, stop/0]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2]).

-record(slotd,
	{most :: pos_integer(),
	 held = 0 :: non_neg_integer(),
	 turns :: slotd_turns:turns()}). % waiting processes, by host

-record(state,
	{slotds = #{} :: #{term() => #slotd{}},
	 holders = #{} :: #{reference() => {term(), binary()}}}).

%% Gets the calling process one of the Most places at Slotd. False if none was
%% free within so many milliseconds.
-spec enter(term(), pos_integer(), binary(), non_neg_integer()) -> boolean().
enter(Slotd, Most, Host, Timeout) ->
    try gen_server:call(server(), {enter, Slotd, Most, Host}, Timeout)
    catch exit:{timeout, _} -> false
    end.

-spec stop() -> ok.
stop() ->
    case whereis(?MODULE) of
	undefined -> ok;
	Pid -> gen_server:stop(Pid)
    end.

server() ->
    case gen_server:start({local, ?MODULE}, ?MODULE, [], []) of
	{ok, Pid} -> Pid;
	{error, {already_started, Pid}} -> Pid
    end.

init([]) ->
    {ok, #state{}}.

handle_call({enter, Name, Most, Host}, From, #state{slotds = Slotds} = State) ->
    New = #slotd{most = Most, turns = slotd_turns:new(Most)},
    #slotd{turns = Turns} = Slotd = maps:get(Name, Slotds, New),
    Waiting = Slotd#slotd{turns = slotd_turns:add(Host, From, Turns)},
    {noreply, grant(Name, Waiting, State)}.

handle_cast(_Message, State) ->
    {noreply, State}.

handle_info({'DOWN', Ref, process, _, _},
	    #state{slotds = Slotds, holders = Holders} = State) ->
    {{Name, Host}, Others} = maps:take(Ref, Holders),
    #slotd{held = Held, turns = Turns} = Slotd = maps:get(Name, Slotds),
    Less = Slotd#slotd{held = Held - 1, turns = slotd_turns:done(Host, Turns)},
    {noreply, grant(Name, Less, State#state{holders = Others})};
handle_info(_Info, State) ->
    {noreply, State}.

%% If a process has ended meanwhile, its monitor fires at once.
grant(Name, #slotd{most = Most, held = Held, turns = Turns} = Slotd,
      #state{slotds = Slotds, holders = Holders} = State) ->
    case Held < Most andalso slotd_turns:next(Turns) of
	{Host, {Pid, _} = From, Rest} ->
	    Ref = monitor(process, Pid),
	    gen_server:reply(From, true),
	    grant(Name, Slotd#slotd{held = Held + 1, turns = Rest},
		  State#state{holders = Holders#{Ref => {Name, Host}}});
	none when Held == 0 ->
	    State#state{slotds = maps:remove(Name, Slotds)};
	_ ->
	    State#state{slotds = Slotds#{Name => Slotd}}
    end.
