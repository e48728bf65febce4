# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_redos_global_optspecs
    string join \n p/project= f/file= o/output= q/quiet v/verbose color= H/host= h/help V/version
end

function __fish_redos_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_redos_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_redos_using_subcommand
    set -l cmd (__fish_redos_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c redos -n "__fish_redos_needs_command" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_needs_command" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_needs_command" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_needs_command" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_needs_command" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_needs_command" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_needs_command" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_needs_command" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_needs_command" -s V -l version -d 'Print version'
complete -c redos -n "__fish_redos_needs_command" -f -a "up" -d 'Create the cluster, or repair it, until it is ready'
complete -c redos -n "__fish_redos_needs_command" -f -a "down" -d 'Remove the cluster; its data stays unless told otherwise'
complete -c redos -n "__fish_redos_needs_command" -f -a "status" -d 'Show who is master, what Sentinels and proxies say, and the verdict'
complete -c redos -n "__fish_redos_needs_command" -f -a "ps" -d 'List the containers of the cluster'
complete -c redos -n "__fish_redos_needs_command" -f -a "ls" -d 'List all clusters of this Docker host'
complete -c redos -n "__fish_redos_needs_command" -f -a "plan" -d 'Show what \'up\' would do and why, and change nothing'
complete -c redos -n "__fish_redos_needs_command" -f -a "scale" -d 'Change how many nodes there are, without losing a write or the quorum'
complete -c redos -n "__fish_redos_needs_command" -f -a "failover" -d 'Make a replica the master, without losing a write'
complete -c redos -n "__fish_redos_needs_command" -f -a "stop" -d 'Stop nodes, or the whole cluster in good order; nothing is removed'
complete -c redos -n "__fish_redos_needs_command" -f -a "start" -d 'Start nodes that are stopped, or the whole cluster, and wait until it is ready'
complete -c redos -n "__fish_redos_needs_command" -f -a "restart" -d 'Restart nodes one after the other, a master last and after a switchover'
complete -c redos -n "__fish_redos_needs_command" -f -a "url" -d 'Print the URL to connect to, password included'
complete -c redos -n "__fish_redos_needs_command" -f -a "env" -d 'Print variables to connect with, for a shell, Compose or a program'
complete -c redos -n "__fish_redos_needs_command" -f -a "cli" -d 'Talk to a Redis node or a Sentinel with redis-cli, logged in'
complete -c redos -n "__fish_redos_needs_command" -f -a "exec" -d 'Run a program in a node'
complete -c redos -n "__fish_redos_needs_command" -f -a "logs" -d 'Show what nodes log, in order of time'
complete -c redos -n "__fish_redos_needs_command" -f -a "events" -d 'Tell what happened: Sentinels and Docker as one story'
complete -c redos -n "__fish_redos_needs_command" -f -a "sentinel" -d 'Show what each Sentinel says, side by side'
complete -c redos -n "__fish_redos_needs_command" -f -a "doctor" -d 'Find what is wrong, why it matters and what helps; repair it with --fix'
complete -c redos -n "__fish_redos_needs_command" -f -a "explain" -d 'Explain a finding of doctor by its id, offline'
complete -c redos -n "__fish_redos_needs_command" -f -a "failover-test" -d 'Measure a failover under load: outage, lost writes and why, and a verdict'
complete -c redos -n "__fish_redos_needs_command" -f -a "verify" -d 'Judge the history of a failover test once more'
complete -c redos -n "__fish_redos_needs_command" -f -a "chaos" -d 'Inflict one fault on a node, for a time'
complete -c redos -n "__fish_redos_needs_command" -f -a "images" -d 'Get the images, or carry them to a host without a registry'
complete -c redos -n "__fish_redos_needs_command" -f -a "init" -d 'Write a commented redos.yaml'
complete -c redos -n "__fish_redos_needs_command" -f -a "config" -d 'Show all settings and where each comes from'
complete -c redos -n "__fish_redos_needs_command" -f -a "completions" -d 'Print a script that completes redos in a shell'
complete -c redos -n "__fish_redos_needs_command" -f -a "man" -d 'Print the manual page'
complete -c redos -n "__fish_redos_needs_command" -f -a "version" -d 'Print the versions of redos, of the Engine, and of the images that are pulled'
complete -c redos -n "__fish_redos_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c redos -n "__fish_redos_using_subcommand up" -l timeout -d 'The longest wait for a ready cluster' -r
complete -c redos -n "__fish_redos_using_subcommand up" -l masters -d 'Master groups, each with its own replicas and its own ports' -r
complete -c redos -n "__fish_redos_using_subcommand up" -l replicas -d 'Replicas of each master' -r
complete -c redos -n "__fish_redos_using_subcommand up" -l sentinels -d 'Sentinels, which watch all groups; an odd number' -r
complete -c redos -n "__fish_redos_using_subcommand up" -l quorum -d 'Sentinels that must agree that a master is down [default: the majority]' -r
complete -c redos -n "__fish_redos_using_subcommand up" -l proxies -d 'HAProxies; the ports of each are 100 above those of the one before' -r
complete -c redos -n "__fish_redos_using_subcommand up" -l bind -d 'Address of the Docker host to publish on; 0.0.0.0 opens the cluster to its networks' -r
complete -c redos -n "__fish_redos_using_subcommand up" -l port -d 'Port for writes, 2 more for each further group; 0 lets Docker choose all ports' -r
complete -c redos -n "__fish_redos_using_subcommand up" -l read-port -d 'Port for reads from replicas, 2 more for each further group [default: the write port plus 1]' -r
complete -c redos -n "__fish_redos_using_subcommand up" -l stats-port -d 'Port of the proxy\'s statistics page and metrics [default: the write port plus 2025]' -r
complete -c redos -n "__fish_redos_using_subcommand up" -l subnet -d 'Subnet of the cluster\'s network, at least a /28; auto takes one of Docker\'s address pools' -r
complete -c redos -n "__fish_redos_using_subcommand up" -l network -d 'Existing Docker network to use, which redos never removes; auto makes one for the cluster' -r
complete -c redos -n "__fish_redos_using_subcommand up" -l memory -d 'Most memory of a node, such as 512mb; redis:4gb is for the nodes of a kind (redis, sentinel, proxy)' -r
complete -c redos -n "__fish_redos_using_subcommand up" -l cpus -d 'Most CPUs of a node, such as 1.5 or redis:2' -r
complete -c redos -n "__fish_redos_using_subcommand up" -l ulimits -d 'Limits of the processes of a node, such as nofile=65536 or redis:memlock=0' -r
complete -c redos -n "__fish_redos_using_subcommand up" -l log -d 'Docker log driver of a node and its options, such as journald, or json-file max-size=50m' -r
complete -c redos -n "__fish_redos_using_subcommand up" -l labels -d 'Further labels of the containers, such as team=shop or redis:tier=data' -r
complete -c redos -n "__fish_redos_using_subcommand up" -l password-file -d 'File with the password of applications; without one a random password is made' -r
complete -c redos -n "__fish_redos_using_subcommand up" -l replication-password-file -d 'File with the password of replicas at their master; without one a random password is made' -r
complete -c redos -n "__fish_redos_using_subcommand up" -l persistence -d 'What Redis keeps on disk: both (append-only file and snapshots), aof, rdb or none' -r
complete -c redos -n "__fish_redos_using_subcommand up" -l data-dir -d 'Directory of the Docker host for the data, one folder per node [default: a named volume per node]' -r
complete -c redos -n "__fish_redos_using_subcommand up" -l file-prefix -d 'Put before the names of the snapshot and the append-only file' -r
complete -c redos -n "__fish_redos_using_subcommand up" -l redis -d 'Further directive of redis.conf, such as maxmemory=256mb; an empty value takes it back' -r
complete -c redos -n "__fish_redos_using_subcommand up" -l redis-conf -d 'A redis.conf whose directives are taken over; those that redos sets itself are named and left out' -r
complete -c redos -n "__fish_redos_using_subcommand up" -l pubsub-patterns -d 'Patterns that applications may use in PSUBSCRIBE, separated by spaces; * allows all, also those that match the Sentinels\' channels' -r
complete -c redos -n "__fish_redos_using_subcommand up" -l down-after -d 'Time without an answer after which a Sentinel considers a node down' -r
complete -c redos -n "__fish_redos_using_subcommand up" -l failover-timeout -d 'Time limit of a failover\'s phases; a failed one is tried again after twice this' -r
complete -c redos -n "__fish_redos_using_subcommand up" -l check-interval -d 'Time between two checks of a node by the proxy' -r
complete -c redos -n "__fish_redos_using_subcommand up" -l proxy-hold -d 'Time for which the proxy holds a new connection for writes while there is no master; 0 closes it at once' -r
complete -c redos -n "__fish_redos_using_subcommand up" -l stats-user -d 'User of the statistics page' -r
complete -c redos -n "__fish_redos_using_subcommand up" -l stats-password-file -d 'File with the password of the statistics page; without one a random password is made' -r
complete -c redos -n "__fish_redos_using_subcommand up" -l redis-image -d 'Image of Redis (or Valkey) and Sentinel; auto finds, pulls or makes one' -r
complete -c redos -n "__fish_redos_using_subcommand up" -l proxy-image -d 'Image of HAProxy; auto finds, pulls or makes one' -r
complete -c redos -n "__fish_redos_using_subcommand up" -l modules -d 'Modules of Redis: image (those that its own entry point loads) or none' -r
complete -c redos -n "__fish_redos_using_subcommand up" -l follow -d 'Existing Redis server to copy and to send writes to, host:port; none takes over from it' -r
complete -c redos -n "__fish_redos_using_subcommand up" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand up" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand up" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand up" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand up" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand up" -l remove-unknown-users -d 'Remove the users of Redis nodes and Sentinels that redos did not make, and end their connections'
complete -c redos -n "__fish_redos_using_subcommand up" -l dry-run -d 'Show what it would do and why, and change nothing'
complete -c redos -n "__fish_redos_using_subcommand up" -s y -l yes -d 'Ask nothing, also in a terminal'
complete -c redos -n "__fish_redos_using_subcommand up" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand up" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand up" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand down" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand down" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand down" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand down" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand down" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand down" -l volumes -d 'Remove the volumes too: all data and passwords of the cluster'
complete -c redos -n "__fish_redos_using_subcommand down" -l dry-run -d 'Show what it would do and why, and change nothing'
complete -c redos -n "__fish_redos_using_subcommand down" -s y -l yes -d 'Ask nothing, also in a terminal'
complete -c redos -n "__fish_redos_using_subcommand down" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand down" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand down" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand status" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand status" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand status" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand status" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand status" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand status" -s w -l watch -d 'Show it again and again until interrupted'
complete -c redos -n "__fish_redos_using_subcommand status" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand status" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand status" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand ps" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand ps" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand ps" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand ps" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand ps" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand ps" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand ps" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand ps" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand ls" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand ls" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand ls" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand ls" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand ls" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand ls" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand ls" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand ls" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand plan" -l masters -d 'Master groups, each with its own replicas and its own ports' -r
complete -c redos -n "__fish_redos_using_subcommand plan" -l replicas -d 'Replicas of each master' -r
complete -c redos -n "__fish_redos_using_subcommand plan" -l sentinels -d 'Sentinels, which watch all groups; an odd number' -r
complete -c redos -n "__fish_redos_using_subcommand plan" -l quorum -d 'Sentinels that must agree that a master is down [default: the majority]' -r
complete -c redos -n "__fish_redos_using_subcommand plan" -l proxies -d 'HAProxies; the ports of each are 100 above those of the one before' -r
complete -c redos -n "__fish_redos_using_subcommand plan" -l bind -d 'Address of the Docker host to publish on; 0.0.0.0 opens the cluster to its networks' -r
complete -c redos -n "__fish_redos_using_subcommand plan" -l port -d 'Port for writes, 2 more for each further group; 0 lets Docker choose all ports' -r
complete -c redos -n "__fish_redos_using_subcommand plan" -l read-port -d 'Port for reads from replicas, 2 more for each further group [default: the write port plus 1]' -r
complete -c redos -n "__fish_redos_using_subcommand plan" -l stats-port -d 'Port of the proxy\'s statistics page and metrics [default: the write port plus 2025]' -r
complete -c redos -n "__fish_redos_using_subcommand plan" -l subnet -d 'Subnet of the cluster\'s network, at least a /28; auto takes one of Docker\'s address pools' -r
complete -c redos -n "__fish_redos_using_subcommand plan" -l network -d 'Existing Docker network to use, which redos never removes; auto makes one for the cluster' -r
complete -c redos -n "__fish_redos_using_subcommand plan" -l memory -d 'Most memory of a node, such as 512mb; redis:4gb is for the nodes of a kind (redis, sentinel, proxy)' -r
complete -c redos -n "__fish_redos_using_subcommand plan" -l cpus -d 'Most CPUs of a node, such as 1.5 or redis:2' -r
complete -c redos -n "__fish_redos_using_subcommand plan" -l ulimits -d 'Limits of the processes of a node, such as nofile=65536 or redis:memlock=0' -r
complete -c redos -n "__fish_redos_using_subcommand plan" -l log -d 'Docker log driver of a node and its options, such as journald, or json-file max-size=50m' -r
complete -c redos -n "__fish_redos_using_subcommand plan" -l labels -d 'Further labels of the containers, such as team=shop or redis:tier=data' -r
complete -c redos -n "__fish_redos_using_subcommand plan" -l password-file -d 'File with the password of applications; without one a random password is made' -r
complete -c redos -n "__fish_redos_using_subcommand plan" -l replication-password-file -d 'File with the password of replicas at their master; without one a random password is made' -r
complete -c redos -n "__fish_redos_using_subcommand plan" -l persistence -d 'What Redis keeps on disk: both (append-only file and snapshots), aof, rdb or none' -r
complete -c redos -n "__fish_redos_using_subcommand plan" -l data-dir -d 'Directory of the Docker host for the data, one folder per node [default: a named volume per node]' -r
complete -c redos -n "__fish_redos_using_subcommand plan" -l file-prefix -d 'Put before the names of the snapshot and the append-only file' -r
complete -c redos -n "__fish_redos_using_subcommand plan" -l redis -d 'Further directive of redis.conf, such as maxmemory=256mb; an empty value takes it back' -r
complete -c redos -n "__fish_redos_using_subcommand plan" -l redis-conf -d 'A redis.conf whose directives are taken over; those that redos sets itself are named and left out' -r
complete -c redos -n "__fish_redos_using_subcommand plan" -l pubsub-patterns -d 'Patterns that applications may use in PSUBSCRIBE, separated by spaces; * allows all, also those that match the Sentinels\' channels' -r
complete -c redos -n "__fish_redos_using_subcommand plan" -l down-after -d 'Time without an answer after which a Sentinel considers a node down' -r
complete -c redos -n "__fish_redos_using_subcommand plan" -l failover-timeout -d 'Time limit of a failover\'s phases; a failed one is tried again after twice this' -r
complete -c redos -n "__fish_redos_using_subcommand plan" -l check-interval -d 'Time between two checks of a node by the proxy' -r
complete -c redos -n "__fish_redos_using_subcommand plan" -l proxy-hold -d 'Time for which the proxy holds a new connection for writes while there is no master; 0 closes it at once' -r
complete -c redos -n "__fish_redos_using_subcommand plan" -l stats-user -d 'User of the statistics page' -r
complete -c redos -n "__fish_redos_using_subcommand plan" -l stats-password-file -d 'File with the password of the statistics page; without one a random password is made' -r
complete -c redos -n "__fish_redos_using_subcommand plan" -l redis-image -d 'Image of Redis (or Valkey) and Sentinel; auto finds, pulls or makes one' -r
complete -c redos -n "__fish_redos_using_subcommand plan" -l proxy-image -d 'Image of HAProxy; auto finds, pulls or makes one' -r
complete -c redos -n "__fish_redos_using_subcommand plan" -l modules -d 'Modules of Redis: image (those that its own entry point loads) or none' -r
complete -c redos -n "__fish_redos_using_subcommand plan" -l follow -d 'Existing Redis server to copy and to send writes to, host:port; none takes over from it' -r
complete -c redos -n "__fish_redos_using_subcommand plan" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand plan" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand plan" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand plan" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand plan" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand plan" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand plan" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand plan" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand scale" -l masters -d 'Master groups, each with its own replicas and its own ports' -r
complete -c redos -n "__fish_redos_using_subcommand scale" -l replicas -d 'Replicas of each master' -r
complete -c redos -n "__fish_redos_using_subcommand scale" -l sentinels -d 'Sentinels, which watch all groups; an odd number' -r
complete -c redos -n "__fish_redos_using_subcommand scale" -l proxies -d 'HAProxies; the ports of each are 100 above those of the one before' -r
complete -c redos -n "__fish_redos_using_subcommand scale" -l timeout -d 'The longest wait for a ready cluster' -r
complete -c redos -n "__fish_redos_using_subcommand scale" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand scale" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand scale" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand scale" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand scale" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand scale" -l force -d 'Allow an even number of Sentinels, and the removal of a group that holds keys'
complete -c redos -n "__fish_redos_using_subcommand scale" -l dry-run -d 'Show what it would do and why, and change nothing'
complete -c redos -n "__fish_redos_using_subcommand scale" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand scale" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand scale" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand failover" -l to -d 'The replica to promote; without one the most complete' -r
complete -c redos -n "__fish_redos_using_subcommand failover" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand failover" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand failover" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand failover" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand failover" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand failover" -l dry-run -d 'Show what it would do and why, and change nothing'
complete -c redos -n "__fish_redos_using_subcommand failover" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand failover" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand failover" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand stop" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand stop" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand stop" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand stop" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand stop" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand stop" -l force -d 'Allow what costs more than these nodes: the quorum, a group\'s master, the last proxy, data that are not on disk'
complete -c redos -n "__fish_redos_using_subcommand stop" -l dry-run -d 'Show what it would do and why, and change nothing'
complete -c redos -n "__fish_redos_using_subcommand stop" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand stop" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand stop" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand start" -l timeout -d 'The longest wait until they serve' -r
complete -c redos -n "__fish_redos_using_subcommand start" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand start" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand start" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand start" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand start" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand start" -l dry-run -d 'Show what it would do and why, and change nothing'
complete -c redos -n "__fish_redos_using_subcommand start" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand start" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand start" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand restart" -l timeout -d 'The longest wait until all of them serve again' -r
complete -c redos -n "__fish_redos_using_subcommand restart" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand restart" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand restart" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand restart" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand restart" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand restart" -l force -d 'Allow what costs more than a restart: the quorum for a moment, writes while a master restarts'
complete -c redos -n "__fish_redos_using_subcommand restart" -l dry-run -d 'Show what it would do and why, and change nothing'
complete -c redos -n "__fish_redos_using_subcommand restart" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand restart" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand restart" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand url" -s g -l group -d 'Master group, by name or number' -r
complete -c redos -n "__fish_redos_using_subcommand url" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand url" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand url" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand url" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand url" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand url" -l read -d 'The port for reads from replicas, which may be a moment behind'
complete -c redos -n "__fish_redos_using_subcommand url" -l stats -d 'The statistics page of the proxy, with its user and password'
complete -c redos -n "__fish_redos_using_subcommand url" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand url" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand url" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand env" -s g -l group -d 'Master group, by name or number' -r
complete -c redos -n "__fish_redos_using_subcommand env" -l format -d 'For whom: shell, dotenv, json, compose or github' -r -f -a "shell\t'`export NAME=\'value\'`, for a POSIX shell'
dotenv\t'`NAME="value"`, for files of Compose and its like'
json\t'A JSON object'
compose\t'A YAML mapping'
github\t'`NAME=value`, for the file that `GITHUB_ENV` names'"
complete -c redos -n "__fish_redos_using_subcommand env" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand env" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand env" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand env" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand env" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand env" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand env" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand env" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand cli" -s g -l group -d 'Master group, by name or number' -r
complete -c redos -n "__fish_redos_using_subcommand cli" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand cli" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand cli" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand cli" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand cli" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand cli" -l read -d 'Talk to a replica in sync'
complete -c redos -n "__fish_redos_using_subcommand cli" -l admin -d 'Log in as the user of redos, who may do everything'
complete -c redos -n "__fish_redos_using_subcommand cli" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand cli" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand cli" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand exec" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand exec" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand exec" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand exec" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand exec" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand exec" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand exec" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand exec" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand logs" -l since -d 'Only what was logged within this time' -r
complete -c redos -n "__fish_redos_using_subcommand logs" -l tail -d 'The last lines of each node' -r
complete -c redos -n "__fish_redos_using_subcommand logs" -l grep -d 'Only lines that contain this text' -r
complete -c redos -n "__fish_redos_using_subcommand logs" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand logs" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand logs" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand logs" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand logs" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand logs" -l follow -d 'Go on with what is logged from now on, until Ctrl-C'
complete -c redos -n "__fish_redos_using_subcommand logs" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand logs" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand logs" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand events" -l since -d 'How far back' -r
complete -c redos -n "__fish_redos_using_subcommand events" -l exec -d 'Run this command for each event from now on, with the event as JSON on its standard input' -r
complete -c redos -n "__fish_redos_using_subcommand events" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand events" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand events" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand events" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand events" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand events" -l follow -d 'Go on with what happens from now on, until Ctrl-C'
complete -c redos -n "__fish_redos_using_subcommand events" -l all -d 'Tell each step of a failover as well, and what the Sentinels learn of each other'
complete -c redos -n "__fish_redos_using_subcommand events" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand events" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand events" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand sentinel" -s g -l group -d 'About one master group, by name or number; all unless given' -r
complete -c redos -n "__fish_redos_using_subcommand sentinel" -s n -l node -d 'One Sentinel; all unless given' -r
complete -c redos -n "__fish_redos_using_subcommand sentinel" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand sentinel" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand sentinel" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand sentinel" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand sentinel" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand sentinel" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand sentinel" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand sentinel" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c redos -n "__fish_redos_using_subcommand doctor" -l timeout -d 'With --fix: the longest wait for a ready cluster' -r
complete -c redos -n "__fish_redos_using_subcommand doctor" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand doctor" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand doctor" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand doctor" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand doctor" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand doctor" -l fix -d 'Repair what \'up\' repairs, after showing the plan'
complete -c redos -n "__fish_redos_using_subcommand doctor" -s y -l yes -d 'With --fix: ask nothing'
complete -c redos -n "__fish_redos_using_subcommand doctor" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand doctor" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand doctor" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand explain" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand explain" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand explain" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand explain" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand explain" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand explain" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand explain" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand explain" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand failover-test" -l fault -d 'What happens to the master: pause, kill, stop, freeze, disconnect, partition, reset, latency=50ms, loss=5%, throttle=1mbit, slow, no-fork, client-pause, oom or fill-disk=256mb as in \'redos chaos\'; isolate (cut off from its peers, not from the proxy); restart, switchover or sentinel-failover' -r
complete -c redos -n "__fish_redos_using_subcommand failover-test" -l rounds -d 'Number of rounds' -r
complete -c redos -n "__fish_redos_using_subcommand failover-test" -l rate -d 'Requests per second, of all clients together' -r
complete -c redos -n "__fish_redos_using_subcommand failover-test" -l deadline -d 'How long after its intended time a request may be answered [default: 1 s, and as long as the proxy holds a new connection]' -r
complete -c redos -n "__fish_redos_using_subcommand failover-test" -l clients -d 'Kinds of clients: lasting, fresh, pipeline, counter, queue, pubsub, reader [default: all]' -r
complete -c redos -n "__fish_redos_using_subcommand failover-test" -l durability -d 'What counts as an acknowledgement: \'ack\', the master\'s answer; or \'wait\', that a replica has it too' -r
complete -c redos -n "__fish_redos_using_subcommand failover-test" -l max-outage -d 'The longest write outage of any kind of client that passes' -r
complete -c redos -n "__fish_redos_using_subcommand failover-test" -l max-lost -d 'Acknowledged writes that may be lost in a round' -r
complete -c redos -n "__fish_redos_using_subcommand failover-test" -l hold -d 'How long the fault lasts [default: until 2 s after the failover]' -r
complete -c redos -n "__fish_redos_using_subcommand failover-test" -l seed -d 'Where the random choices come from, to make them again' -r
complete -c redos -n "__fish_redos_using_subcommand failover-test" -l report -d 'Write history.ndjson, report.json, junit.xml and report.html into this folder' -r -F
complete -c redos -n "__fish_redos_using_subcommand failover-test" -s g -l group -d 'Master group, by name or number' -r
complete -c redos -n "__fish_redos_using_subcommand failover-test" -l proxy -d 'Test a Redis that redos did not make: the address that its clients write to' -r
complete -c redos -n "__fish_redos_using_subcommand failover-test" -l read-proxy -d 'The address that its clients read from' -r
complete -c redos -n "__fish_redos_using_subcommand failover-test" -l sentinel -d 'Addresses of its Sentinels' -r
complete -c redos -n "__fish_redos_using_subcommand failover-test" -l container -d 'The containers of its Redis nodes' -r
complete -c redos -n "__fish_redos_using_subcommand failover-test" -l password-file -d 'File with its password' -r -F
complete -c redos -n "__fish_redos_using_subcommand failover-test" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand failover-test" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand failover-test" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand failover-test" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand failover-test" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand failover-test" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand failover-test" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand failover-test" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand verify" -l report -d 'Write report.json, junit.xml and report.html into this folder' -r -F
complete -c redos -n "__fish_redos_using_subcommand verify" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand verify" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand verify" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand verify" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand verify" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand verify" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand verify" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand verify" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand chaos; and not __fish_seen_subcommand_from pause kill stop freeze disconnect slow no-fork partition reset latency loss throttle client-pause oom fill-disk unpause start restart ls heal agent guard help" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and not __fish_seen_subcommand_from pause kill stop freeze disconnect slow no-fork partition reset latency loss throttle client-pause oom fill-disk unpause start restart ls heal agent guard help" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand chaos; and not __fish_seen_subcommand_from pause kill stop freeze disconnect slow no-fork partition reset latency loss throttle client-pause oom fill-disk unpause start restart ls heal agent guard help" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and not __fish_seen_subcommand_from pause kill stop freeze disconnect slow no-fork partition reset latency loss throttle client-pause oom fill-disk unpause start restart ls heal agent guard help" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and not __fish_seen_subcommand_from pause kill stop freeze disconnect slow no-fork partition reset latency loss throttle client-pause oom fill-disk unpause start restart ls heal agent guard help" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and not __fish_seen_subcommand_from pause kill stop freeze disconnect slow no-fork partition reset latency loss throttle client-pause oom fill-disk unpause start restart ls heal agent guard help" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand chaos; and not __fish_seen_subcommand_from pause kill stop freeze disconnect slow no-fork partition reset latency loss throttle client-pause oom fill-disk unpause start restart ls heal agent guard help" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand chaos; and not __fish_seen_subcommand_from pause kill stop freeze disconnect slow no-fork partition reset latency loss throttle client-pause oom fill-disk unpause start restart ls heal agent guard help" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand chaos; and not __fish_seen_subcommand_from pause kill stop freeze disconnect slow no-fork partition reset latency loss throttle client-pause oom fill-disk unpause start restart ls heal agent guard help" -f -a "pause" -d 'Freeze its processes, as \'docker pause\' does'
complete -c redos -n "__fish_redos_using_subcommand chaos; and not __fish_seen_subcommand_from pause kill stop freeze disconnect slow no-fork partition reset latency loss throttle client-pause oom fill-disk unpause start restart ls heal agent guard help" -f -a "kill" -d 'End it by a signal, and start it again'
complete -c redos -n "__fish_redos_using_subcommand chaos; and not __fish_seen_subcommand_from pause kill stop freeze disconnect slow no-fork partition reset latency loss throttle client-pause oom fill-disk unpause start restart ls heal agent guard help" -f -a "stop" -d 'Stop it in good order, and start it again'
complete -c redos -n "__fish_redos_using_subcommand chaos; and not __fish_seen_subcommand_from pause kill stop freeze disconnect slow no-fork partition reset latency loss throttle client-pause oom fill-disk unpause start restart ls heal agent guard help" -f -a "freeze" -d 'Freeze it by a signal, unnoticed by Docker'
complete -c redos -n "__fish_redos_using_subcommand chaos; and not __fish_seen_subcommand_from pause kill stop freeze disconnect slow no-fork partition reset latency loss throttle client-pause oom fill-disk unpause start restart ls heal agent guard help" -f -a "disconnect" -d 'Disconnect it from its network'
complete -c redos -n "__fish_redos_using_subcommand chaos; and not __fish_seen_subcommand_from pause kill stop freeze disconnect slow no-fork partition reset latency loss throttle client-pause oom fill-disk unpause start restart ls heal agent guard help" -f -a "slow" -d 'Leave it 1 % of a CPU'
complete -c redos -n "__fish_redos_using_subcommand chaos; and not __fish_seen_subcommand_from pause kill stop freeze disconnect slow no-fork partition reset latency loss throttle client-pause oom fill-disk unpause start restart ls heal agent guard help" -f -a "no-fork" -d 'Keep it from forking, and so from saving'
complete -c redos -n "__fish_redos_using_subcommand chaos; and not __fish_seen_subcommand_from pause kill stop freeze disconnect slow no-fork partition reset latency loss throttle client-pause oom fill-disk unpause start restart ls heal agent guard help" -f -a "partition" -d 'Drop its packets: all, those of some nodes, one way or both'
complete -c redos -n "__fish_redos_using_subcommand chaos; and not __fish_seen_subcommand_from pause kill stop freeze disconnect slow no-fork partition reset latency loss throttle client-pause oom fill-disk unpause start restart ls heal agent guard help" -f -a "reset" -d 'Reset its connections and refuse new ones'
complete -c redos -n "__fish_redos_using_subcommand chaos; and not __fish_seen_subcommand_from pause kill stop freeze disconnect slow no-fork partition reset latency loss throttle client-pause oom fill-disk unpause start restart ls heal agent guard help" -f -a "latency" -d 'Delay its packets'
complete -c redos -n "__fish_redos_using_subcommand chaos; and not __fish_seen_subcommand_from pause kill stop freeze disconnect slow no-fork partition reset latency loss throttle client-pause oom fill-disk unpause start restart ls heal agent guard help" -f -a "loss" -d 'Drop some of its packets at random'
complete -c redos -n "__fish_redos_using_subcommand chaos; and not __fish_seen_subcommand_from pause kill stop freeze disconnect slow no-fork partition reset latency loss throttle client-pause oom fill-disk unpause start restart ls heal agent guard help" -f -a "throttle" -d 'Limit its bandwidth, in each direction'
complete -c redos -n "__fish_redos_using_subcommand chaos; and not __fish_seen_subcommand_from pause kill stop freeze disconnect slow no-fork partition reset latency loss throttle client-pause oom fill-disk unpause start restart ls heal agent guard help" -f -a "client-pause" -d 'Have its clients\' writes wait, as CLIENT PAUSE does'
complete -c redos -n "__fish_redos_using_subcommand chaos; and not __fish_seen_subcommand_from pause kill stop freeze disconnect slow no-fork partition reset latency loss throttle client-pause oom fill-disk unpause start restart ls heal agent guard help" -f -a "oom" -d 'Let it run out of memory, so that the kernel kills it'
complete -c redos -n "__fish_redos_using_subcommand chaos; and not __fish_seen_subcommand_from pause kill stop freeze disconnect slow no-fork partition reset latency loss throttle client-pause oom fill-disk unpause start restart ls heal agent guard help" -f -a "fill-disk" -d 'Fill the disk that its data are on, if that is a small disk of its own'
complete -c redos -n "__fish_redos_using_subcommand chaos; and not __fish_seen_subcommand_from pause kill stop freeze disconnect slow no-fork partition reset latency loss throttle client-pause oom fill-disk unpause start restart ls heal agent guard help" -f -a "unpause" -d 'Undo a pause, and unpause what \'docker pause\' froze'
complete -c redos -n "__fish_redos_using_subcommand chaos; and not __fish_seen_subcommand_from pause kill stop freeze disconnect slow no-fork partition reset latency loss throttle client-pause oom fill-disk unpause start restart ls heal agent guard help" -f -a "start" -d 'Undo a kill or a stop, and start what does not run'
complete -c redos -n "__fish_redos_using_subcommand chaos; and not __fish_seen_subcommand_from pause kill stop freeze disconnect slow no-fork partition reset latency loss throttle client-pause oom fill-disk unpause start restart ls heal agent guard help" -f -a "restart" -d 'Stop it in good order and start it again at once'
complete -c redos -n "__fish_redos_using_subcommand chaos; and not __fish_seen_subcommand_from pause kill stop freeze disconnect slow no-fork partition reset latency loss throttle client-pause oom fill-disk unpause start restart ls heal agent guard help" -f -a "ls" -d 'List the faults that are not undone yet'
complete -c redos -n "__fish_redos_using_subcommand chaos; and not __fish_seen_subcommand_from pause kill stop freeze disconnect slow no-fork partition reset latency loss throttle client-pause oom fill-disk unpause start restart ls heal agent guard help" -f -a "heal" -d 'Undo all faults of all clusters, or those of some nodes'
complete -c redos -n "__fish_redos_using_subcommand chaos; and not __fish_seen_subcommand_from pause kill stop freeze disconnect slow no-fork partition reset latency loss throttle client-pause oom fill-disk unpause start restart ls heal agent guard help" -f -a "agent" -d 'Hold a network fault beside a container'
complete -c redos -n "__fish_redos_using_subcommand chaos; and not __fish_seen_subcommand_from pause kill stop freeze disconnect slow no-fork partition reset latency loss throttle client-pause oom fill-disk unpause start restart ls heal agent guard help" -f -a "guard" -d 'Undo a fault when its time is over, should its redos not'
complete -c redos -n "__fish_redos_using_subcommand chaos; and not __fish_seen_subcommand_from pause kill stop freeze disconnect slow no-fork partition reset latency loss throttle client-pause oom fill-disk unpause start restart ls heal agent guard help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from pause" -s g -l group -d 'Master group, by name or number' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from pause" -l seed -d 'Where the choice among several nodes comes from, to make it again' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from pause" -l for -d 'How long it lasts' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from pause" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from pause" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from pause" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from pause" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from pause" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from pause" -l force -d 'Do it although a second Redis node would be out, or the quorum lost'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from pause" -l dry-run -d 'Say what would be hit, and do nothing'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from pause" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from pause" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from pause" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from kill" -l signal -d 'SIGKILL, SIGTERM, SIGINT, SIGSEGV or SIGABRT' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from kill" -s g -l group -d 'Master group, by name or number' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from kill" -l seed -d 'Where the choice among several nodes comes from, to make it again' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from kill" -l for -d 'How long it lasts' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from kill" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from kill" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from kill" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from kill" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from kill" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from kill" -l force -d 'Do it although a second Redis node would be out, or the quorum lost'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from kill" -l dry-run -d 'Say what would be hit, and do nothing'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from kill" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from kill" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from kill" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from stop" -s g -l group -d 'Master group, by name or number' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from stop" -l seed -d 'Where the choice among several nodes comes from, to make it again' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from stop" -l for -d 'How long it lasts' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from stop" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from stop" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from stop" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from stop" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from stop" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from stop" -l force -d 'Do it although a second Redis node would be out, or the quorum lost'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from stop" -l dry-run -d 'Say what would be hit, and do nothing'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from stop" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from stop" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from stop" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from freeze" -s g -l group -d 'Master group, by name or number' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from freeze" -l seed -d 'Where the choice among several nodes comes from, to make it again' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from freeze" -l for -d 'How long it lasts' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from freeze" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from freeze" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from freeze" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from freeze" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from freeze" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from freeze" -l force -d 'Do it although a second Redis node would be out, or the quorum lost'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from freeze" -l dry-run -d 'Say what would be hit, and do nothing'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from freeze" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from freeze" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from freeze" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from disconnect" -s g -l group -d 'Master group, by name or number' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from disconnect" -l seed -d 'Where the choice among several nodes comes from, to make it again' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from disconnect" -l for -d 'How long it lasts' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from disconnect" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from disconnect" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from disconnect" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from disconnect" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from disconnect" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from disconnect" -l force -d 'Do it although a second Redis node would be out, or the quorum lost'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from disconnect" -l dry-run -d 'Say what would be hit, and do nothing'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from disconnect" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from disconnect" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from disconnect" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from slow" -s g -l group -d 'Master group, by name or number' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from slow" -l seed -d 'Where the choice among several nodes comes from, to make it again' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from slow" -l for -d 'How long it lasts' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from slow" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from slow" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from slow" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from slow" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from slow" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from slow" -l force -d 'Do it although a second Redis node would be out, or the quorum lost'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from slow" -l dry-run -d 'Say what would be hit, and do nothing'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from slow" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from slow" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from slow" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from no-fork" -s g -l group -d 'Master group, by name or number' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from no-fork" -l seed -d 'Where the choice among several nodes comes from, to make it again' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from no-fork" -l for -d 'How long it lasts' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from no-fork" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from no-fork" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from no-fork" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from no-fork" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from no-fork" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from no-fork" -l force -d 'Do it although a second Redis node would be out, or the quorum lost'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from no-fork" -l dry-run -d 'Say what would be hit, and do nothing'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from no-fork" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from no-fork" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from no-fork" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from partition" -s g -l group -d 'Master group, by name or number' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from partition" -l seed -d 'Where the choice among several nodes comes from, to make it again' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from partition" -l for -d 'How long it lasts' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from partition" -l from -d 'Only packets between it and these nodes: words or names as for targets [default: everybody]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from partition" -l direction -d 'Only packets to it (in) or from it (out)' -r -f -a "both\t'To it and from it'
in\t'Packets to it only'
out\t'Packets from it only'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from partition" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from partition" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from partition" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from partition" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from partition" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from partition" -l force -d 'Do it although a second Redis node would be out, or the quorum lost'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from partition" -l dry-run -d 'Say what would be hit, and do nothing'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from partition" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from partition" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from partition" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from reset" -s g -l group -d 'Master group, by name or number' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from reset" -l seed -d 'Where the choice among several nodes comes from, to make it again' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from reset" -l for -d 'How long it lasts' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from reset" -l from -d 'Only packets between it and these nodes: words or names as for targets [default: everybody]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from reset" -l direction -d 'Only packets to it (in) or from it (out)' -r -f -a "both\t'To it and from it'
in\t'Packets to it only'
out\t'Packets from it only'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from reset" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from reset" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from reset" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from reset" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from reset" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from reset" -l force -d 'Do it although a second Redis node would be out, or the quorum lost'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from reset" -l dry-run -d 'Say what would be hit, and do nothing'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from reset" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from reset" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from reset" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from latency" -l delay -d 'By how much, each way' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from latency" -l jitter -d 'By up to how much more, evenly distributed' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from latency" -s g -l group -d 'Master group, by name or number' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from latency" -l seed -d 'Where the choice among several nodes comes from, to make it again' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from latency" -l for -d 'How long it lasts' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from latency" -l from -d 'Only packets between it and these nodes: words or names as for targets [default: everybody]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from latency" -l direction -d 'Only packets to it (in) or from it (out)' -r -f -a "both\t'To it and from it'
in\t'Packets to it only'
out\t'Packets from it only'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from latency" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from latency" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from latency" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from latency" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from latency" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from latency" -l force -d 'Do it although a second Redis node would be out, or the quorum lost'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from latency" -l dry-run -d 'Say what would be hit, and do nothing'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from latency" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from latency" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from latency" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from loss" -l share -d 'How many of them' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from loss" -s g -l group -d 'Master group, by name or number' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from loss" -l seed -d 'Where the choice among several nodes comes from, to make it again' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from loss" -l for -d 'How long it lasts' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from loss" -l from -d 'Only packets between it and these nodes: words or names as for targets [default: everybody]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from loss" -l direction -d 'Only packets to it (in) or from it (out)' -r -f -a "both\t'To it and from it'
in\t'Packets to it only'
out\t'Packets from it only'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from loss" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from loss" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from loss" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from loss" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from loss" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from loss" -l force -d 'Do it although a second Redis node would be out, or the quorum lost'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from loss" -l dry-run -d 'Say what would be hit, and do nothing'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from loss" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from loss" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from loss" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from throttle" -l rate -d 'Bits in a second: 256kbit, 1mbit' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from throttle" -s g -l group -d 'Master group, by name or number' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from throttle" -l seed -d 'Where the choice among several nodes comes from, to make it again' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from throttle" -l for -d 'How long it lasts' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from throttle" -l from -d 'Only packets between it and these nodes: words or names as for targets [default: everybody]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from throttle" -l direction -d 'Only packets to it (in) or from it (out)' -r -f -a "both\t'To it and from it'
in\t'Packets to it only'
out\t'Packets from it only'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from throttle" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from throttle" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from throttle" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from throttle" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from throttle" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from throttle" -l force -d 'Do it although a second Redis node would be out, or the quorum lost'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from throttle" -l dry-run -d 'Say what would be hit, and do nothing'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from throttle" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from throttle" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from throttle" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from client-pause" -s g -l group -d 'Master group, by name or number' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from client-pause" -l seed -d 'Where the choice among several nodes comes from, to make it again' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from client-pause" -l for -d 'How long it lasts' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from client-pause" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from client-pause" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from client-pause" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from client-pause" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from client-pause" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from client-pause" -l force -d 'Do it although a second Redis node would be out, or the quorum lost'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from client-pause" -l dry-run -d 'Say what would be hit, and do nothing'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from client-pause" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from client-pause" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from client-pause" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from oom" -s g -l group -d 'Master group, by name or number' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from oom" -l seed -d 'Where the choice among several nodes comes from, to make it again' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from oom" -l for -d 'How long it lasts' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from oom" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from oom" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from oom" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from oom" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from oom" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from oom" -l force -d 'Do it although a second Redis node would be out, or the quorum lost'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from oom" -l dry-run -d 'Say what would be hit, and do nothing'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from oom" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from oom" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from oom" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from fill-disk" -l limit -d 'How large the disk may be at most' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from fill-disk" -s g -l group -d 'Master group, by name or number' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from fill-disk" -l seed -d 'Where the choice among several nodes comes from, to make it again' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from fill-disk" -l for -d 'How long it lasts' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from fill-disk" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from fill-disk" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from fill-disk" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from fill-disk" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from fill-disk" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from fill-disk" -l force -d 'Do it although a second Redis node would be out, or the quorum lost'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from fill-disk" -l dry-run -d 'Say what would be hit, and do nothing'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from fill-disk" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from fill-disk" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from fill-disk" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from unpause" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from unpause" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from unpause" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from unpause" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from unpause" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from unpause" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from unpause" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from unpause" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from start" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from start" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from start" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from start" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from start" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from start" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from start" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from start" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from restart" -s g -l group -d 'Master group, by name or number' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from restart" -l seed -d 'Where the choice among several nodes comes from, to make it again' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from restart" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from restart" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from restart" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from restart" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from restart" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from restart" -l force -d 'Do it although a second Redis node would be out, or the quorum lost'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from restart" -l dry-run -d 'Say what would be hit, and do nothing'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from restart" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from restart" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from restart" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from ls" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from ls" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from ls" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from ls" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from ls" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from ls" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from ls" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from heal" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from heal" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from heal" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from heal" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from heal" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from heal" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from heal" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from heal" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from agent" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from agent" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from agent" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from agent" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from agent" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from agent" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from agent" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from agent" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from guard" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from guard" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from guard" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from guard" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from guard" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from guard" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from guard" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from guard" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from help" -f -a "pause" -d 'Freeze its processes, as \'docker pause\' does'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from help" -f -a "kill" -d 'End it by a signal, and start it again'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from help" -f -a "stop" -d 'Stop it in good order, and start it again'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from help" -f -a "freeze" -d 'Freeze it by a signal, unnoticed by Docker'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from help" -f -a "disconnect" -d 'Disconnect it from its network'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from help" -f -a "slow" -d 'Leave it 1 % of a CPU'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from help" -f -a "no-fork" -d 'Keep it from forking, and so from saving'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from help" -f -a "partition" -d 'Drop its packets: all, those of some nodes, one way or both'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from help" -f -a "reset" -d 'Reset its connections and refuse new ones'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from help" -f -a "latency" -d 'Delay its packets'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from help" -f -a "loss" -d 'Drop some of its packets at random'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from help" -f -a "throttle" -d 'Limit its bandwidth, in each direction'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from help" -f -a "client-pause" -d 'Have its clients\' writes wait, as CLIENT PAUSE does'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from help" -f -a "oom" -d 'Let it run out of memory, so that the kernel kills it'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from help" -f -a "fill-disk" -d 'Fill the disk that its data are on, if that is a small disk of its own'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from help" -f -a "unpause" -d 'Undo a pause, and unpause what \'docker pause\' froze'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from help" -f -a "start" -d 'Undo a kill or a stop, and start what does not run'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from help" -f -a "restart" -d 'Stop it in good order and start it again at once'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from help" -f -a "ls" -d 'List the faults that are not undone yet'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from help" -f -a "heal" -d 'Undo all faults of all clusters, or those of some nodes'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from help" -f -a "agent" -d 'Hold a network fault beside a container'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from help" -f -a "guard" -d 'Undo a fault when its time is over, should its redos not'
complete -c redos -n "__fish_redos_using_subcommand chaos; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c redos -n "__fish_redos_using_subcommand images; and not __fish_seen_subcommand_from list pull build save load help" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand images; and not __fish_seen_subcommand_from list pull build save load help" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand images; and not __fish_seen_subcommand_from list pull build save load help" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand images; and not __fish_seen_subcommand_from list pull build save load help" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand images; and not __fish_seen_subcommand_from list pull build save load help" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand images; and not __fish_seen_subcommand_from list pull build save load help" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand images; and not __fish_seen_subcommand_from list pull build save load help" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand images; and not __fish_seen_subcommand_from list pull build save load help" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand images; and not __fish_seen_subcommand_from list pull build save load help" -f -a "list" -d 'List the images that \'up\' would use, and whether they are here'
complete -c redos -n "__fish_redos_using_subcommand images; and not __fish_seen_subcommand_from list pull build save load help" -f -a "pull" -d 'Pull the images from their registry'
complete -c redos -n "__fish_redos_using_subcommand images; and not __fish_seen_subcommand_from list pull build save load help" -f -a "build" -d 'Make the images from Debian\'s packages, without a registry'
complete -c redos -n "__fish_redos_using_subcommand images; and not __fish_seen_subcommand_from list pull build save load help" -f -a "save" -d 'Save the images to a file'
complete -c redos -n "__fish_redos_using_subcommand images; and not __fish_seen_subcommand_from list pull build save load help" -f -a "load" -d 'Load images from a file that \'save\' wrote'
complete -c redos -n "__fish_redos_using_subcommand images; and not __fish_seen_subcommand_from list pull build save load help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from list" -l redis-image -d 'Image of Redis (or Valkey) and Sentinel; auto finds, pulls or makes one' -r
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from list" -l proxy-image -d 'Image of HAProxy; auto finds, pulls or makes one' -r
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from list" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from list" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from list" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from list" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from list" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from pull" -l redis-image -d 'Image of Redis (or Valkey) and Sentinel; auto finds, pulls or makes one' -r
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from pull" -l proxy-image -d 'Image of HAProxy; auto finds, pulls or makes one' -r
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from pull" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from pull" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from pull" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from pull" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from pull" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from pull" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from pull" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from pull" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from build" -l suite -d 'The release whose packages are taken, by its code name [default: this host\'s]' -r
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from build" -l server -d 'The server of the Redis image' -r -f -a "redis\t'Redis, in every release'
valkey\t'Valkey, in Debian since 13 (trixie)'"
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from build" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from build" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from build" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from build" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from build" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from build" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from build" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from build" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from save" -l redis-image -d 'Image of Redis (or Valkey) and Sentinel; auto finds, pulls or makes one' -r
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from save" -l proxy-image -d 'Image of HAProxy; auto finds, pulls or makes one' -r
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from save" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from save" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from save" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from save" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from save" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from save" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from save" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from save" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from load" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from load" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from load" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from load" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from load" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from load" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from load" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from load" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the images that \'up\' would use, and whether they are here'
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from help" -f -a "pull" -d 'Pull the images from their registry'
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from help" -f -a "build" -d 'Make the images from Debian\'s packages, without a registry'
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from help" -f -a "save" -d 'Save the images to a file'
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from help" -f -a "load" -d 'Load images from a file that \'save\' wrote'
complete -c redos -n "__fish_redos_using_subcommand images; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c redos -n "__fish_redos_using_subcommand init" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand init" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand init" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand init" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand init" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand init" -l force -d 'Overwrite the file if it is there'
complete -c redos -n "__fish_redos_using_subcommand init" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand init" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand init" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand config" -l masters -d 'Master groups, each with its own replicas and its own ports' -r
complete -c redos -n "__fish_redos_using_subcommand config" -l replicas -d 'Replicas of each master' -r
complete -c redos -n "__fish_redos_using_subcommand config" -l sentinels -d 'Sentinels, which watch all groups; an odd number' -r
complete -c redos -n "__fish_redos_using_subcommand config" -l quorum -d 'Sentinels that must agree that a master is down [default: the majority]' -r
complete -c redos -n "__fish_redos_using_subcommand config" -l proxies -d 'HAProxies; the ports of each are 100 above those of the one before' -r
complete -c redos -n "__fish_redos_using_subcommand config" -l bind -d 'Address of the Docker host to publish on; 0.0.0.0 opens the cluster to its networks' -r
complete -c redos -n "__fish_redos_using_subcommand config" -l port -d 'Port for writes, 2 more for each further group; 0 lets Docker choose all ports' -r
complete -c redos -n "__fish_redos_using_subcommand config" -l read-port -d 'Port for reads from replicas, 2 more for each further group [default: the write port plus 1]' -r
complete -c redos -n "__fish_redos_using_subcommand config" -l stats-port -d 'Port of the proxy\'s statistics page and metrics [default: the write port plus 2025]' -r
complete -c redos -n "__fish_redos_using_subcommand config" -l subnet -d 'Subnet of the cluster\'s network, at least a /28; auto takes one of Docker\'s address pools' -r
complete -c redos -n "__fish_redos_using_subcommand config" -l network -d 'Existing Docker network to use, which redos never removes; auto makes one for the cluster' -r
complete -c redos -n "__fish_redos_using_subcommand config" -l memory -d 'Most memory of a node, such as 512mb; redis:4gb is for the nodes of a kind (redis, sentinel, proxy)' -r
complete -c redos -n "__fish_redos_using_subcommand config" -l cpus -d 'Most CPUs of a node, such as 1.5 or redis:2' -r
complete -c redos -n "__fish_redos_using_subcommand config" -l ulimits -d 'Limits of the processes of a node, such as nofile=65536 or redis:memlock=0' -r
complete -c redos -n "__fish_redos_using_subcommand config" -l log -d 'Docker log driver of a node and its options, such as journald, or json-file max-size=50m' -r
complete -c redos -n "__fish_redos_using_subcommand config" -l labels -d 'Further labels of the containers, such as team=shop or redis:tier=data' -r
complete -c redos -n "__fish_redos_using_subcommand config" -l password-file -d 'File with the password of applications; without one a random password is made' -r
complete -c redos -n "__fish_redos_using_subcommand config" -l replication-password-file -d 'File with the password of replicas at their master; without one a random password is made' -r
complete -c redos -n "__fish_redos_using_subcommand config" -l persistence -d 'What Redis keeps on disk: both (append-only file and snapshots), aof, rdb or none' -r
complete -c redos -n "__fish_redos_using_subcommand config" -l data-dir -d 'Directory of the Docker host for the data, one folder per node [default: a named volume per node]' -r
complete -c redos -n "__fish_redos_using_subcommand config" -l file-prefix -d 'Put before the names of the snapshot and the append-only file' -r
complete -c redos -n "__fish_redos_using_subcommand config" -l redis -d 'Further directive of redis.conf, such as maxmemory=256mb; an empty value takes it back' -r
complete -c redos -n "__fish_redos_using_subcommand config" -l redis-conf -d 'A redis.conf whose directives are taken over; those that redos sets itself are named and left out' -r
complete -c redos -n "__fish_redos_using_subcommand config" -l pubsub-patterns -d 'Patterns that applications may use in PSUBSCRIBE, separated by spaces; * allows all, also those that match the Sentinels\' channels' -r
complete -c redos -n "__fish_redos_using_subcommand config" -l down-after -d 'Time without an answer after which a Sentinel considers a node down' -r
complete -c redos -n "__fish_redos_using_subcommand config" -l failover-timeout -d 'Time limit of a failover\'s phases; a failed one is tried again after twice this' -r
complete -c redos -n "__fish_redos_using_subcommand config" -l check-interval -d 'Time between two checks of a node by the proxy' -r
complete -c redos -n "__fish_redos_using_subcommand config" -l proxy-hold -d 'Time for which the proxy holds a new connection for writes while there is no master; 0 closes it at once' -r
complete -c redos -n "__fish_redos_using_subcommand config" -l stats-user -d 'User of the statistics page' -r
complete -c redos -n "__fish_redos_using_subcommand config" -l stats-password-file -d 'File with the password of the statistics page; without one a random password is made' -r
complete -c redos -n "__fish_redos_using_subcommand config" -l redis-image -d 'Image of Redis (or Valkey) and Sentinel; auto finds, pulls or makes one' -r
complete -c redos -n "__fish_redos_using_subcommand config" -l proxy-image -d 'Image of HAProxy; auto finds, pulls or makes one' -r
complete -c redos -n "__fish_redos_using_subcommand config" -l modules -d 'Modules of Redis: image (those that its own entry point loads) or none' -r
complete -c redos -n "__fish_redos_using_subcommand config" -l follow -d 'Existing Redis server to copy and to send writes to, host:port; none takes over from it' -r
complete -c redos -n "__fish_redos_using_subcommand config" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand config" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand config" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand config" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand config" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand config" -l schema -d 'Print the JSON schema of redos.yaml instead'
complete -c redos -n "__fish_redos_using_subcommand config" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand config" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand config" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand completions" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand completions" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand completions" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand completions" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand completions" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand completions" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand completions" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand completions" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand man" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand man" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand man" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand man" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand man" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand man" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand man" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand man" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand version" -s p -l project -d 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]' -r
complete -c redos -n "__fish_redos_using_subcommand version" -s f -l file -d 'File with settings, \'-\' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]' -r -F
complete -c redos -n "__fish_redos_using_subcommand version" -s o -l output -d 'How to print data: table, wide (all columns), json or yaml' -r -f -a "table\t'Tables and sentences for people'
wide\t'For people, with all columns however wide the terminal is'
json\t'One JSON document, `apiVersion: redos/v1`'
yaml\t'The same document as YAML'"
complete -c redos -n "__fish_redos_using_subcommand version" -l color -d 'When to use colour: auto, always or never; NO_COLOR means never' -r -f -a "auto\t'On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Colour also in files and pipes'
never\t'No colour anywhere'"
complete -c redos -n "__fish_redos_using_subcommand version" -s H -l host -d 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]' -r
complete -c redos -n "__fish_redos_using_subcommand version" -s q -l quiet -d 'Print data and errors only'
complete -c redos -n "__fish_redos_using_subcommand version" -s v -l verbose -d 'Say more: what each step costs and why'
complete -c redos -n "__fish_redos_using_subcommand version" -s h -l help -d 'Print help'
complete -c redos -n "__fish_redos_using_subcommand help; and not __fish_seen_subcommand_from up down status ps ls plan scale failover stop start restart url env cli exec logs events sentinel doctor explain failover-test verify chaos images init config completions man version help" -f -a "up" -d 'Create the cluster, or repair it, until it is ready'
complete -c redos -n "__fish_redos_using_subcommand help; and not __fish_seen_subcommand_from up down status ps ls plan scale failover stop start restart url env cli exec logs events sentinel doctor explain failover-test verify chaos images init config completions man version help" -f -a "down" -d 'Remove the cluster; its data stays unless told otherwise'
complete -c redos -n "__fish_redos_using_subcommand help; and not __fish_seen_subcommand_from up down status ps ls plan scale failover stop start restart url env cli exec logs events sentinel doctor explain failover-test verify chaos images init config completions man version help" -f -a "status" -d 'Show who is master, what Sentinels and proxies say, and the verdict'
complete -c redos -n "__fish_redos_using_subcommand help; and not __fish_seen_subcommand_from up down status ps ls plan scale failover stop start restart url env cli exec logs events sentinel doctor explain failover-test verify chaos images init config completions man version help" -f -a "ps" -d 'List the containers of the cluster'
complete -c redos -n "__fish_redos_using_subcommand help; and not __fish_seen_subcommand_from up down status ps ls plan scale failover stop start restart url env cli exec logs events sentinel doctor explain failover-test verify chaos images init config completions man version help" -f -a "ls" -d 'List all clusters of this Docker host'
complete -c redos -n "__fish_redos_using_subcommand help; and not __fish_seen_subcommand_from up down status ps ls plan scale failover stop start restart url env cli exec logs events sentinel doctor explain failover-test verify chaos images init config completions man version help" -f -a "plan" -d 'Show what \'up\' would do and why, and change nothing'
complete -c redos -n "__fish_redos_using_subcommand help; and not __fish_seen_subcommand_from up down status ps ls plan scale failover stop start restart url env cli exec logs events sentinel doctor explain failover-test verify chaos images init config completions man version help" -f -a "scale" -d 'Change how many nodes there are, without losing a write or the quorum'
complete -c redos -n "__fish_redos_using_subcommand help; and not __fish_seen_subcommand_from up down status ps ls plan scale failover stop start restart url env cli exec logs events sentinel doctor explain failover-test verify chaos images init config completions man version help" -f -a "failover" -d 'Make a replica the master, without losing a write'
complete -c redos -n "__fish_redos_using_subcommand help; and not __fish_seen_subcommand_from up down status ps ls plan scale failover stop start restart url env cli exec logs events sentinel doctor explain failover-test verify chaos images init config completions man version help" -f -a "stop" -d 'Stop nodes, or the whole cluster in good order; nothing is removed'
complete -c redos -n "__fish_redos_using_subcommand help; and not __fish_seen_subcommand_from up down status ps ls plan scale failover stop start restart url env cli exec logs events sentinel doctor explain failover-test verify chaos images init config completions man version help" -f -a "start" -d 'Start nodes that are stopped, or the whole cluster, and wait until it is ready'
complete -c redos -n "__fish_redos_using_subcommand help; and not __fish_seen_subcommand_from up down status ps ls plan scale failover stop start restart url env cli exec logs events sentinel doctor explain failover-test verify chaos images init config completions man version help" -f -a "restart" -d 'Restart nodes one after the other, a master last and after a switchover'
complete -c redos -n "__fish_redos_using_subcommand help; and not __fish_seen_subcommand_from up down status ps ls plan scale failover stop start restart url env cli exec logs events sentinel doctor explain failover-test verify chaos images init config completions man version help" -f -a "url" -d 'Print the URL to connect to, password included'
complete -c redos -n "__fish_redos_using_subcommand help; and not __fish_seen_subcommand_from up down status ps ls plan scale failover stop start restart url env cli exec logs events sentinel doctor explain failover-test verify chaos images init config completions man version help" -f -a "env" -d 'Print variables to connect with, for a shell, Compose or a program'
complete -c redos -n "__fish_redos_using_subcommand help; and not __fish_seen_subcommand_from up down status ps ls plan scale failover stop start restart url env cli exec logs events sentinel doctor explain failover-test verify chaos images init config completions man version help" -f -a "cli" -d 'Talk to a Redis node or a Sentinel with redis-cli, logged in'
complete -c redos -n "__fish_redos_using_subcommand help; and not __fish_seen_subcommand_from up down status ps ls plan scale failover stop start restart url env cli exec logs events sentinel doctor explain failover-test verify chaos images init config completions man version help" -f -a "exec" -d 'Run a program in a node'
complete -c redos -n "__fish_redos_using_subcommand help; and not __fish_seen_subcommand_from up down status ps ls plan scale failover stop start restart url env cli exec logs events sentinel doctor explain failover-test verify chaos images init config completions man version help" -f -a "logs" -d 'Show what nodes log, in order of time'
complete -c redos -n "__fish_redos_using_subcommand help; and not __fish_seen_subcommand_from up down status ps ls plan scale failover stop start restart url env cli exec logs events sentinel doctor explain failover-test verify chaos images init config completions man version help" -f -a "events" -d 'Tell what happened: Sentinels and Docker as one story'
complete -c redos -n "__fish_redos_using_subcommand help; and not __fish_seen_subcommand_from up down status ps ls plan scale failover stop start restart url env cli exec logs events sentinel doctor explain failover-test verify chaos images init config completions man version help" -f -a "sentinel" -d 'Show what each Sentinel says, side by side'
complete -c redos -n "__fish_redos_using_subcommand help; and not __fish_seen_subcommand_from up down status ps ls plan scale failover stop start restart url env cli exec logs events sentinel doctor explain failover-test verify chaos images init config completions man version help" -f -a "doctor" -d 'Find what is wrong, why it matters and what helps; repair it with --fix'
complete -c redos -n "__fish_redos_using_subcommand help; and not __fish_seen_subcommand_from up down status ps ls plan scale failover stop start restart url env cli exec logs events sentinel doctor explain failover-test verify chaos images init config completions man version help" -f -a "explain" -d 'Explain a finding of doctor by its id, offline'
complete -c redos -n "__fish_redos_using_subcommand help; and not __fish_seen_subcommand_from up down status ps ls plan scale failover stop start restart url env cli exec logs events sentinel doctor explain failover-test verify chaos images init config completions man version help" -f -a "failover-test" -d 'Measure a failover under load: outage, lost writes and why, and a verdict'
complete -c redos -n "__fish_redos_using_subcommand help; and not __fish_seen_subcommand_from up down status ps ls plan scale failover stop start restart url env cli exec logs events sentinel doctor explain failover-test verify chaos images init config completions man version help" -f -a "verify" -d 'Judge the history of a failover test once more'
complete -c redos -n "__fish_redos_using_subcommand help; and not __fish_seen_subcommand_from up down status ps ls plan scale failover stop start restart url env cli exec logs events sentinel doctor explain failover-test verify chaos images init config completions man version help" -f -a "chaos" -d 'Inflict one fault on a node, for a time'
complete -c redos -n "__fish_redos_using_subcommand help; and not __fish_seen_subcommand_from up down status ps ls plan scale failover stop start restart url env cli exec logs events sentinel doctor explain failover-test verify chaos images init config completions man version help" -f -a "images" -d 'Get the images, or carry them to a host without a registry'
complete -c redos -n "__fish_redos_using_subcommand help; and not __fish_seen_subcommand_from up down status ps ls plan scale failover stop start restart url env cli exec logs events sentinel doctor explain failover-test verify chaos images init config completions man version help" -f -a "init" -d 'Write a commented redos.yaml'
complete -c redos -n "__fish_redos_using_subcommand help; and not __fish_seen_subcommand_from up down status ps ls plan scale failover stop start restart url env cli exec logs events sentinel doctor explain failover-test verify chaos images init config completions man version help" -f -a "config" -d 'Show all settings and where each comes from'
complete -c redos -n "__fish_redos_using_subcommand help; and not __fish_seen_subcommand_from up down status ps ls plan scale failover stop start restart url env cli exec logs events sentinel doctor explain failover-test verify chaos images init config completions man version help" -f -a "completions" -d 'Print a script that completes redos in a shell'
complete -c redos -n "__fish_redos_using_subcommand help; and not __fish_seen_subcommand_from up down status ps ls plan scale failover stop start restart url env cli exec logs events sentinel doctor explain failover-test verify chaos images init config completions man version help" -f -a "man" -d 'Print the manual page'
complete -c redos -n "__fish_redos_using_subcommand help; and not __fish_seen_subcommand_from up down status ps ls plan scale failover stop start restart url env cli exec logs events sentinel doctor explain failover-test verify chaos images init config completions man version help" -f -a "version" -d 'Print the versions of redos, of the Engine, and of the images that are pulled'
complete -c redos -n "__fish_redos_using_subcommand help; and not __fish_seen_subcommand_from up down status ps ls plan scale failover stop start restart url env cli exec logs events sentinel doctor explain failover-test verify chaos images init config completions man version help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c redos -n "__fish_redos_using_subcommand help; and __fish_seen_subcommand_from chaos" -f -a "pause" -d 'Freeze its processes, as \'docker pause\' does'
complete -c redos -n "__fish_redos_using_subcommand help; and __fish_seen_subcommand_from chaos" -f -a "kill" -d 'End it by a signal, and start it again'
complete -c redos -n "__fish_redos_using_subcommand help; and __fish_seen_subcommand_from chaos" -f -a "stop" -d 'Stop it in good order, and start it again'
complete -c redos -n "__fish_redos_using_subcommand help; and __fish_seen_subcommand_from chaos" -f -a "freeze" -d 'Freeze it by a signal, unnoticed by Docker'
complete -c redos -n "__fish_redos_using_subcommand help; and __fish_seen_subcommand_from chaos" -f -a "disconnect" -d 'Disconnect it from its network'
complete -c redos -n "__fish_redos_using_subcommand help; and __fish_seen_subcommand_from chaos" -f -a "slow" -d 'Leave it 1 % of a CPU'
complete -c redos -n "__fish_redos_using_subcommand help; and __fish_seen_subcommand_from chaos" -f -a "no-fork" -d 'Keep it from forking, and so from saving'
complete -c redos -n "__fish_redos_using_subcommand help; and __fish_seen_subcommand_from chaos" -f -a "partition" -d 'Drop its packets: all, those of some nodes, one way or both'
complete -c redos -n "__fish_redos_using_subcommand help; and __fish_seen_subcommand_from chaos" -f -a "reset" -d 'Reset its connections and refuse new ones'
complete -c redos -n "__fish_redos_using_subcommand help; and __fish_seen_subcommand_from chaos" -f -a "latency" -d 'Delay its packets'
complete -c redos -n "__fish_redos_using_subcommand help; and __fish_seen_subcommand_from chaos" -f -a "loss" -d 'Drop some of its packets at random'
complete -c redos -n "__fish_redos_using_subcommand help; and __fish_seen_subcommand_from chaos" -f -a "throttle" -d 'Limit its bandwidth, in each direction'
complete -c redos -n "__fish_redos_using_subcommand help; and __fish_seen_subcommand_from chaos" -f -a "client-pause" -d 'Have its clients\' writes wait, as CLIENT PAUSE does'
complete -c redos -n "__fish_redos_using_subcommand help; and __fish_seen_subcommand_from chaos" -f -a "oom" -d 'Let it run out of memory, so that the kernel kills it'
complete -c redos -n "__fish_redos_using_subcommand help; and __fish_seen_subcommand_from chaos" -f -a "fill-disk" -d 'Fill the disk that its data are on, if that is a small disk of its own'
complete -c redos -n "__fish_redos_using_subcommand help; and __fish_seen_subcommand_from chaos" -f -a "unpause" -d 'Undo a pause, and unpause what \'docker pause\' froze'
complete -c redos -n "__fish_redos_using_subcommand help; and __fish_seen_subcommand_from chaos" -f -a "start" -d 'Undo a kill or a stop, and start what does not run'
complete -c redos -n "__fish_redos_using_subcommand help; and __fish_seen_subcommand_from chaos" -f -a "restart" -d 'Stop it in good order and start it again at once'
complete -c redos -n "__fish_redos_using_subcommand help; and __fish_seen_subcommand_from chaos" -f -a "ls" -d 'List the faults that are not undone yet'
complete -c redos -n "__fish_redos_using_subcommand help; and __fish_seen_subcommand_from chaos" -f -a "heal" -d 'Undo all faults of all clusters, or those of some nodes'
complete -c redos -n "__fish_redos_using_subcommand help; and __fish_seen_subcommand_from chaos" -f -a "agent" -d 'Hold a network fault beside a container'
complete -c redos -n "__fish_redos_using_subcommand help; and __fish_seen_subcommand_from chaos" -f -a "guard" -d 'Undo a fault when its time is over, should its redos not'
complete -c redos -n "__fish_redos_using_subcommand help; and __fish_seen_subcommand_from images" -f -a "list" -d 'List the images that \'up\' would use, and whether they are here'
complete -c redos -n "__fish_redos_using_subcommand help; and __fish_seen_subcommand_from images" -f -a "pull" -d 'Pull the images from their registry'
complete -c redos -n "__fish_redos_using_subcommand help; and __fish_seen_subcommand_from images" -f -a "build" -d 'Make the images from Debian\'s packages, without a registry'
complete -c redos -n "__fish_redos_using_subcommand help; and __fish_seen_subcommand_from images" -f -a "save" -d 'Save the images to a file'
complete -c redos -n "__fish_redos_using_subcommand help; and __fish_seen_subcommand_from images" -f -a "load" -d 'Load images from a file that \'save\' wrote'
