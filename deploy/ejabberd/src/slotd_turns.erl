%%% A queue of items that wait for a place. Each item has an owner. Owners take
%%% turns, and none has more than a given number of places; the items of one
%%% owner are served in order.

-module(slotd_turns).

-export([new/1, add/3, next/1, done/2, waiting/1, waiting/2, items/1]).

-export_type([turns/0]).

%% An owner is in `turns`, once, while it has a waiting item and less than
%% `most` places.
-record(turns,
	{most :: pos_integer(),
	 waiting = 0 :: non_neg_integer(), % of all owners
	 queues = #{} :: #{term() => queue:queue()},
	 places = #{} :: #{term() => pos_integer()},
	 turns = queue:new() :: queue:queue()}).

-opaque turns() :: #turns{}.

-spec new(pos_integer()) -> turns().
new(Most) ->
    #turns{most = Most}.

-spec add(term(), term(), turns()) -> turns().
add(Owner, Item, #turns{queues = Queues, waiting = N} = T) ->
    Queue = maps:get(Owner, Queues, queue:new()),
    Listed = case queue:is_empty(Queue) andalso may_have_more(Owner, T) of
		 true -> list(Owner, T);
		 false -> T
	     end,
    Listed#turns{queues = Queues#{Owner => queue:in(Item, Queue)},
		 waiting = N + 1}.

%% Gives the next item a place.
-spec next(turns()) -> {term(), term(), turns()} | none.
next(#turns{turns = Turns, queues = Queues, places = Places,
	    waiting = N} = T) ->
    case queue:out(Turns) of
	{empty, _} ->
	    none;
	{{value, Owner}, Others} ->
	    {{value, Item}, Rest} = queue:out(maps:get(Owner, Queues)),
	    Place = maps:get(Owner, Places, 0) + 1,
	    {Owner, Item,
	     go_on(Owner, Rest, T#turns{turns = Others, waiting = N - 1,
					places = Places#{Owner => Place}})}
    end.

go_on(Owner, Rest, #turns{queues = Queues} = T) ->
    case queue:is_empty(Rest) of
	true ->
	    T#turns{queues = maps:remove(Owner, Queues)};
	false ->
	    Kept = T#turns{queues = Queues#{Owner => Rest}},
	    case may_have_more(Owner, T) of
		true -> list(Owner, Kept);
		false -> Kept
	    end
    end.

%% One of the owner's places is free.
-spec done(term(), turns()) -> turns().
done(Owner, #turns{queues = Queues, places = Places} = T) ->
    Listed = case is_map_key(Owner, Queues)
		 andalso not may_have_more(Owner, T) of
		 true -> list(Owner, T);
		 false -> T
	     end,
    Left = case maps:get(Owner, Places) of
	       1 -> maps:remove(Owner, Places);
	       N -> Places#{Owner => N - 1}
	   end,
    Listed#turns{places = Left}.

may_have_more(Owner, #turns{places = Places, most = Most}) ->
    maps:get(Owner, Places, 0) < Most.

list(Owner, #turns{turns = Turns} = T) ->
    T#turns{turns = queue:in(Owner, Turns)}.

%% How many items wait.
-spec waiting(turns()) -> non_neg_integer().
waiting(#turns{waiting = N}) ->
    N.

%% How many items of one owner wait.
-spec waiting(term(), turns()) -> non_neg_integer().
waiting(Owner, #turns{queues = Queues}) ->
    queue:len(maps:get(Owner, Queues, queue:new())).

%% All waiting items.
-spec items(turns()) -> [term()].
items(#turns{queues = Queues}) ->
    lists:append([queue:to_list(Queue) || Queue <- maps:values(Queues)]).
