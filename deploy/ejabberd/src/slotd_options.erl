%%% The options of mod_http_upload_slotd.

-module(slotd_options).

-export([type/1, defaults/1, doc/0, conf/2]).

-export_type([conf/0]).

-include("logger.hrl").

-type conf() :: #{address := slotd_client:address(), caller := binary(),
		  secret := fun(() -> binary()), ca_file := binary(),
		  timeout := pos_integer(), hosts := [binary()],
		  name := binary(), access := term(),
		  max_size := pos_integer() | infinity,
		  server_host := binary()}.

-spec type(atom()) -> econf:validator().
type(url) ->
    econf:and_then(
      econf:binary(),
      fun(Url) ->
	      case slotd_client:address(Url) of
		  {ok, Address} -> Address;
		  {error, Why} -> econf:fail({invalid_syntax, "url " ++ Why})
	      end
      end);
type(caller) ->
    econf:binary("^[A-Za-z0-9._-]{1,64}$");
type(secret) ->
    econf:and_then(econf:binary(),
		   fun(Secret) -> checked("The option 'secret'", Secret) end);
type(secret_file) ->
    %% The option's value is the content of the file, so that a reload sees a
    %% new secret.
    econf:and_then(
      econf:file(),
      fun(Path) ->
	      {ok, Data} = file:read_file(Path),
	      checked(Path, re:replace(Data, "\n\\z", "", [{return, binary}]))
      end);
type(ca_file) ->
    econf:pem();
type(timeout) ->
    econf:timeout(second);
type(hosts) ->
    econf:hosts();
type(host) ->
    econf:host();
type(service_name) ->
    econf:binary();
type(access) ->
    econf:acl();
type(max_size) ->
    econf:pos_int(infinity);
type(rm_on_unregister) ->
    econf:bool().

%% Where names the file or option, for the log.
checked(Where, Secret) when byte_size(Secret) >= 16 ->
    warn_of_litter(Where, Secret),
    Secret;
checked(_Where, _Secret) ->
    econf:fail({invalid_syntax, "a secret has at least 16 bytes"}).

%% What editors and pasting leave. slotd does not drop it either, so with it on
%% one side only the answer is 401.
warn_of_litter(Where, Secret) ->
    case [What || {Pattern, What} <- [{"^\\xef\\xbb\\xbf",
				       "begins with a byte order mark"},
				      {"\r", "has a carriage return"},
				      {"\n", "has more than one line"},
				      {"^\\s|\\s\\z", "has blanks at an end"}],
		  re:run(Secret, Pattern) /= nomatch] of
	[What | _] ->
	    ?WARNING_MSG("~ts ~ts, which counts as part of the secret",
			 [Where, What]);
	[] ->
	    ok
    end.

-spec defaults(binary()) -> [{atom(), term()} | atom()].
defaults(ServerHost) ->
    [url,
     caller,
     {secret, undefined},
     {secret_file, undefined},
     {ca_file, undefined},
     {timeout, timer:seconds(5)},
     {host, <<"upload.", ServerHost/binary>>},
     {hosts, []},
     {service_name, <<"S3 Upload">>},
     {access, local},
     {max_size, infinity},
     {rm_on_unregister, true}].

doc() ->
    #{desc =>
	  ["XEP-0363: HTTP File Upload. It asks slotd, a service that issues "
	   "upload slots on S3-compatible storage or on its own disk."],
      opts =>
	  [{url, #{value => "URL", desc =>
		   ["The http or https URL of slotd. Required."]}},
	   {caller, #{value => "ID", desc =>
		      ["The id of a caller in slotd's configuration. "
		       "Required."]}},
	   {secret, #{value => "Secret", desc =>
		      ["The secret of that caller. Either this or "
		       "'secret_file' is required."]}},
	   {secret_file, #{value => "Path", desc =>
			   ["A file with the secret."]}},
	   {ca_file, #{value => "Path", desc =>
		       ["PEM file of the authorities to trust for slotd's "
			"certificate. The default is the value of the "
			"top-level option 'ca_file'."]}},
	   {timeout, #{value => "timeout()", desc =>
		       ["The longest time that a client waits for its "
			"answer. The default value is '5 seconds'."]}},
	   {hosts, #{value => "[Host, ...]", desc =>
		     ["The addresses of the service. '@HOST@' stands for the "
		      "virtual host. The default is 'upload.@HOST@'."]}},
	   {host, #{value => "Host", desc =>
		    ["The same for a single address. Prefer 'hosts'."]}},
	   {service_name, #{value => "Name", desc =>
			    ["The name of the service. The default value is "
			     "'S3 Upload'."]}},
	   {access, #{value => "AccessName", desc =>
		      ["Who may upload. The default value is 'local'."]}},
	   {max_size, #{value => "Size", desc =>
			["The largest file, in bytes. It can only lower "
			 "slotd's own limit. The default value is "
			 "'infinity'."]}},
	   {rm_on_unregister, #{value => "true | false", desc =>
				["Whether a user's files are erased with the "
				 "account. The default value is 'true'."]}}],
      example =>
	  ["modules:",
	   "  mod_http_upload_slotd:",
	   "    url: http://127.0.0.1:8363",
	   "    caller: ejabberd",
	   "    secret_file: /etc/ejabberd/slotd.secret"]}.

%% All settings of the module, or what is wrong with the options together.
-spec conf(binary(), gen_mod:opts()) -> {ok, conf()} | {error, string()}.
conf(ServerHost, Opts) ->
    case secret(Opts) of
	{ok, Secret} ->
	    Hosts = [misc:expand_keyword(<<"@HOST@">>, Host, ServerHost)
		     || Host <- gen_mod:get_opt_hosts(Opts)],
	    CaFile = case gen_mod:get_opt(ca_file, Opts) of
			 undefined -> ejabberd_option:ca_file();
			 Path -> Path
		     end,
	    {ok, #{address => gen_mod:get_opt(url, Opts),
		   caller => gen_mod:get_opt(caller, Opts),
		   secret => Secret,
		   ca_file => CaFile,
		   timeout => gen_mod:get_opt(timeout, Opts),
		   hosts => Hosts,
		   name => gen_mod:get_opt(service_name, Opts),
		   access => gen_mod:get_opt(access, Opts),
		   max_size => gen_mod:get_opt(max_size, Opts),
		   server_host => ServerHost}};
	Error ->
	    Error
    end.

%% Inside a function the secret stays out of every log.
secret(Opts) ->
    case {gen_mod:get_opt(secret, Opts), gen_mod:get_opt(secret_file, Opts)} of
	{undefined, undefined} ->
	    {error, "one of the options 'secret' and 'secret_file' is needed"};
	{Secret, undefined} ->
	    {ok, fun() -> Secret end};
	{undefined, Secret} ->
	    {ok, fun() -> Secret end};
	_ ->
	    {error, "the options 'secret' and 'secret_file' exclude each other"}
    end.
