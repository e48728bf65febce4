
use builtin;
use str;

set edit:completion:arg-completer[redos] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'redos'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'redos'= {
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
            cand up 'Create the cluster, or repair it, until it is ready'
            cand down 'Remove the cluster; its data stays unless told otherwise'
            cand status 'Show who is master, what Sentinels and proxies say, and the verdict'
            cand ps 'List the containers of the cluster'
            cand ls 'List all clusters of this Docker host'
            cand plan 'Show what ''up'' would do and why, and change nothing'
            cand scale 'Change how many nodes there are, without losing a write or the quorum'
            cand failover 'Make a replica the master, without losing a write'
            cand stop 'Stop nodes, or the whole cluster in good order; nothing is removed'
            cand start 'Start nodes that are stopped, or the whole cluster, and wait until it is ready'
            cand restart 'Restart nodes one after the other, a master last and after a switchover'
            cand url 'Print the URL to connect to, password included'
            cand failover-test 'Measure a failover under load: outage, lost writes and why, and a verdict'
            cand verify 'Judge the history of a failover test once more'
            cand chaos 'Inflict one fault on a node, for a time'
            cand images 'Get the images, or carry them to a host without a registry'
            cand init 'Write a commented redos.yaml'
            cand config 'Show all settings and where each comes from'
            cand completions 'Print a script that completes redos in a shell'
            cand man 'Print the manual page'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'redos;up'= {
            cand --timeout 'The longest wait for a ready cluster'
            cand --masters 'Master groups, each with its own replicas and its own ports'
            cand --replicas 'Replicas of each master'
            cand --sentinels 'Sentinels, which watch all groups; an odd number'
            cand --quorum 'Sentinels that must agree that a master is down [default: the majority]'
            cand --proxies 'HAProxies; the ports of each are 100 above those of the one before'
            cand --bind 'Address of the Docker host to publish on; 0.0.0.0 opens the cluster to its networks'
            cand --port 'Port for writes, 2 more for each further group; 0 lets Docker choose all ports'
            cand --read-port 'Port for reads from replicas, 2 more for each further group [default: the write port plus 1]'
            cand --stats-port 'Port of the proxy''s statistics page and metrics [default: the write port plus 2025]'
            cand --subnet 'Subnet of the cluster''s network, at least a /28; auto takes one of Docker''s address pools'
            cand --network 'Existing Docker network to use, which redos never removes; auto makes one for the cluster'
            cand --password-file 'File with the password of applications; without one a random password is made'
            cand --replication-password-file 'File with the password of replicas at their master; without one a random password is made'
            cand --persistence 'What Redis keeps on disk: both (append-only file and snapshots), aof, rdb or none'
            cand --data-dir 'Directory of the Docker host for the data, one folder per node [default: a named volume per node]'
            cand --file-prefix 'Put before the names of the snapshot and the append-only file'
            cand --redis 'Further directive of redis.conf, such as maxmemory=256mb; an empty value takes it back'
            cand --redis-conf 'A redis.conf whose directives are taken over; those that redos sets itself are named and left out'
            cand --pubsub-patterns 'Patterns that applications may use in PSUBSCRIBE, separated by spaces; * allows all, those that hear the Sentinels among them'
            cand --down-after 'Silence after which a Sentinel holds a node to be down'
            cand --failover-timeout 'Time limit of a failover''s phases; a failed one is tried again after twice this'
            cand --check-interval 'Time between two checks of a node by the proxy'
            cand --proxy-hold 'Time for which the proxy holds a new connection for writes while there is no master; 0 closes it at once'
            cand --stats-user 'User of the statistics page'
            cand --stats-password-file 'File with the password of the statistics page; without one a random password is made'
            cand --follow 'Existing Redis server to copy and to send writes to, host:port; none takes over from it'
            cand --redis-image 'Image of Redis (or Valkey) and Sentinel; auto finds, pulls or makes one'
            cand --proxy-image 'Image of HAProxy; auto finds, pulls or makes one'
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --remove-unknown-users 'Remove the users of Redis nodes and Sentinels that redos did not make, and end their connections'
            cand --dry-run 'Show what it would do and why, and change nothing'
            cand -y 'Ask nothing, also in a terminal'
            cand --yes 'Ask nothing, also in a terminal'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'redos;down'= {
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --volumes 'Remove the volumes too: all data and passwords of the cluster'
            cand --dry-run 'Show what it would do and why, and change nothing'
            cand -y 'Ask nothing, also in a terminal'
            cand --yes 'Ask nothing, also in a terminal'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'redos;status'= {
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand -w 'Show it again and again until interrupted'
            cand --watch 'Show it again and again until interrupted'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'redos;ps'= {
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'redos;ls'= {
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'redos;plan'= {
            cand --masters 'Master groups, each with its own replicas and its own ports'
            cand --replicas 'Replicas of each master'
            cand --sentinels 'Sentinels, which watch all groups; an odd number'
            cand --quorum 'Sentinels that must agree that a master is down [default: the majority]'
            cand --proxies 'HAProxies; the ports of each are 100 above those of the one before'
            cand --bind 'Address of the Docker host to publish on; 0.0.0.0 opens the cluster to its networks'
            cand --port 'Port for writes, 2 more for each further group; 0 lets Docker choose all ports'
            cand --read-port 'Port for reads from replicas, 2 more for each further group [default: the write port plus 1]'
            cand --stats-port 'Port of the proxy''s statistics page and metrics [default: the write port plus 2025]'
            cand --subnet 'Subnet of the cluster''s network, at least a /28; auto takes one of Docker''s address pools'
            cand --network 'Existing Docker network to use, which redos never removes; auto makes one for the cluster'
            cand --password-file 'File with the password of applications; without one a random password is made'
            cand --replication-password-file 'File with the password of replicas at their master; without one a random password is made'
            cand --persistence 'What Redis keeps on disk: both (append-only file and snapshots), aof, rdb or none'
            cand --data-dir 'Directory of the Docker host for the data, one folder per node [default: a named volume per node]'
            cand --file-prefix 'Put before the names of the snapshot and the append-only file'
            cand --redis 'Further directive of redis.conf, such as maxmemory=256mb; an empty value takes it back'
            cand --redis-conf 'A redis.conf whose directives are taken over; those that redos sets itself are named and left out'
            cand --pubsub-patterns 'Patterns that applications may use in PSUBSCRIBE, separated by spaces; * allows all, those that hear the Sentinels among them'
            cand --down-after 'Silence after which a Sentinel holds a node to be down'
            cand --failover-timeout 'Time limit of a failover''s phases; a failed one is tried again after twice this'
            cand --check-interval 'Time between two checks of a node by the proxy'
            cand --proxy-hold 'Time for which the proxy holds a new connection for writes while there is no master; 0 closes it at once'
            cand --stats-user 'User of the statistics page'
            cand --stats-password-file 'File with the password of the statistics page; without one a random password is made'
            cand --follow 'Existing Redis server to copy and to send writes to, host:port; none takes over from it'
            cand --redis-image 'Image of Redis (or Valkey) and Sentinel; auto finds, pulls or makes one'
            cand --proxy-image 'Image of HAProxy; auto finds, pulls or makes one'
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'redos;scale'= {
            cand --masters 'Master groups, each with its own replicas and its own ports'
            cand --replicas 'Replicas of each master'
            cand --sentinels 'Sentinels, which watch all groups; an odd number'
            cand --proxies 'HAProxies; the ports of each are 100 above those of the one before'
            cand --timeout 'The longest wait for a ready cluster'
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --force 'Allow an even number of Sentinels, and the removal of a group that holds keys'
            cand --dry-run 'Show what it would do and why, and change nothing'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'redos;failover'= {
            cand --to 'The replica to promote; without one the most complete'
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --dry-run 'Show what it would do and why, and change nothing'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'redos;stop'= {
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --force 'Allow what costs more than these nodes: the quorum, a group''s master, the last proxy, data that are not on disk'
            cand --dry-run 'Show what it would do and why, and change nothing'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'redos;start'= {
            cand --timeout 'The longest wait until they serve'
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --dry-run 'Show what it would do and why, and change nothing'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'redos;restart'= {
            cand --timeout 'The longest wait until all of them serve again'
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --force 'Allow what costs more than a restart: the quorum for a moment, writes while a master restarts'
            cand --dry-run 'Show what it would do and why, and change nothing'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'redos;url'= {
            cand -g 'Master group, by name or number'
            cand --group 'Master group, by name or number'
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --read 'The port for reads from replicas, which may be a moment behind'
            cand --stats 'The statistics page of the proxy, with its user and password'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'redos;failover-test'= {
            cand --fault 'What happens to the master: pause, kill, stop, freeze, disconnect, partition, reset, latency=50ms, loss=5%, throttle=1mbit, slow, no-fork, client-pause, oom or fill-disk=256mb as in ''redos chaos''; isolate (cut off from its peers, not from the proxy); restart, switchover or sentinel-failover'
            cand --rounds 'How often'
            cand --rate 'Requests per second, of all clients together'
            cand --deadline 'How long after its intended time a request may be answered'
            cand --clients 'Kinds of clients: lasting, fresh, pipeline, counter, queue, pubsub, reader [default: all]'
            cand --durability 'What counts as an acknowledgement: ''ack'', the master''s answer; or ''wait'', that a replica has it too'
            cand --max-outage 'The longest write outage of any kind of client that passes'
            cand --max-lost 'Acknowledged writes that may be lost in a round'
            cand --hold 'How long the fault lasts [default: until 2 s after the failover]'
            cand --seed 'Where the random choices come from, to make them again'
            cand --report 'Write history.ndjson, report.json, junit.xml and report.html into this folder'
            cand -g 'Master group, by name or number'
            cand --group 'Master group, by name or number'
            cand --proxy 'Test a Redis that redos did not make: the address that its clients write to'
            cand --read-proxy 'The address that its clients read from'
            cand --sentinel 'Its Sentinels'
            cand --container 'The containers of its Redis nodes'
            cand --password-file 'File with its password'
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'redos;verify'= {
            cand --report 'Write report.json, junit.xml and report.html into this folder'
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'redos;chaos'= {
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help'
            cand --help 'Print help'
            cand pause 'Freeze its processes, as ''docker pause'' does'
            cand unpause 'Undo a pause, and thaw what is frozen by ''docker pause'''
            cand kill 'End it by a signal, and start it again'
            cand stop 'Stop it in good order, and start it again'
            cand start 'Undo a kill or a stop, and start what does not run'
            cand restart 'Stop it in good order and start it again at once'
            cand freeze 'Freeze it by a signal, unnoticed by Docker'
            cand disconnect 'Take it off its network'
            cand slow 'Leave it 1 % of a CPU'
            cand no-fork 'Keep it from forking, and so from saving'
            cand client-pause 'Have its clients'' writes wait, as CLIENT PAUSE does'
            cand oom 'Let it run out of memory, so that the kernel kills it'
            cand fill-disk 'Fill the disk that its data are on, if it is a small one of its own'
            cand partition 'Let its packets vanish: all, those of some nodes, one way or both'
            cand reset 'Reset its connections and refuse new ones'
            cand latency 'Let its packets come late'
            cand loss 'Let some of its packets vanish, by chance'
            cand throttle 'Let its packets go through a narrow way, in each direction'
            cand ls 'List the faults that are not undone yet'
            cand heal 'Undo all faults of all clusters, or those of some nodes'
            cand agent 'Hold a fault of the network beside a container'
            cand guard 'Undo a fault when its time is over, should its redos not'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'redos;chaos;pause'= {
            cand -g 'Master group, by name or number'
            cand --group 'Master group, by name or number'
            cand --seed 'Where the choice among several nodes comes from, to make it again'
            cand --for 'How long'
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --force 'Do it although a second Redis node would be out, or the quorum lost'
            cand --dry-run 'Say what would be hit, and do nothing'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'redos;chaos;unpause'= {
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'redos;chaos;kill'= {
            cand --signal 'SIGKILL, SIGTERM, SIGINT, SIGSEGV or SIGABRT'
            cand -g 'Master group, by name or number'
            cand --group 'Master group, by name or number'
            cand --seed 'Where the choice among several nodes comes from, to make it again'
            cand --for 'How long'
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --force 'Do it although a second Redis node would be out, or the quorum lost'
            cand --dry-run 'Say what would be hit, and do nothing'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'redos;chaos;stop'= {
            cand -g 'Master group, by name or number'
            cand --group 'Master group, by name or number'
            cand --seed 'Where the choice among several nodes comes from, to make it again'
            cand --for 'How long'
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --force 'Do it although a second Redis node would be out, or the quorum lost'
            cand --dry-run 'Say what would be hit, and do nothing'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'redos;chaos;start'= {
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'redos;chaos;restart'= {
            cand -g 'Master group, by name or number'
            cand --group 'Master group, by name or number'
            cand --seed 'Where the choice among several nodes comes from, to make it again'
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --force 'Do it although a second Redis node would be out, or the quorum lost'
            cand --dry-run 'Say what would be hit, and do nothing'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'redos;chaos;freeze'= {
            cand -g 'Master group, by name or number'
            cand --group 'Master group, by name or number'
            cand --seed 'Where the choice among several nodes comes from, to make it again'
            cand --for 'How long'
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --force 'Do it although a second Redis node would be out, or the quorum lost'
            cand --dry-run 'Say what would be hit, and do nothing'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'redos;chaos;disconnect'= {
            cand -g 'Master group, by name or number'
            cand --group 'Master group, by name or number'
            cand --seed 'Where the choice among several nodes comes from, to make it again'
            cand --for 'How long'
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --force 'Do it although a second Redis node would be out, or the quorum lost'
            cand --dry-run 'Say what would be hit, and do nothing'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'redos;chaos;slow'= {
            cand -g 'Master group, by name or number'
            cand --group 'Master group, by name or number'
            cand --seed 'Where the choice among several nodes comes from, to make it again'
            cand --for 'How long'
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --force 'Do it although a second Redis node would be out, or the quorum lost'
            cand --dry-run 'Say what would be hit, and do nothing'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'redos;chaos;no-fork'= {
            cand -g 'Master group, by name or number'
            cand --group 'Master group, by name or number'
            cand --seed 'Where the choice among several nodes comes from, to make it again'
            cand --for 'How long'
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --force 'Do it although a second Redis node would be out, or the quorum lost'
            cand --dry-run 'Say what would be hit, and do nothing'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'redos;chaos;client-pause'= {
            cand -g 'Master group, by name or number'
            cand --group 'Master group, by name or number'
            cand --seed 'Where the choice among several nodes comes from, to make it again'
            cand --for 'How long'
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --force 'Do it although a second Redis node would be out, or the quorum lost'
            cand --dry-run 'Say what would be hit, and do nothing'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'redos;chaos;oom'= {
            cand -g 'Master group, by name or number'
            cand --group 'Master group, by name or number'
            cand --seed 'Where the choice among several nodes comes from, to make it again'
            cand --for 'How long'
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --force 'Do it although a second Redis node would be out, or the quorum lost'
            cand --dry-run 'Say what would be hit, and do nothing'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'redos;chaos;fill-disk'= {
            cand --limit 'How large the disk may be at most'
            cand -g 'Master group, by name or number'
            cand --group 'Master group, by name or number'
            cand --seed 'Where the choice among several nodes comes from, to make it again'
            cand --for 'How long'
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --force 'Do it although a second Redis node would be out, or the quorum lost'
            cand --dry-run 'Say what would be hit, and do nothing'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'redos;chaos;partition'= {
            cand -g 'Master group, by name or number'
            cand --group 'Master group, by name or number'
            cand --seed 'Where the choice among several nodes comes from, to make it again'
            cand --for 'How long'
            cand --from 'Only packets between it and these nodes: words or names as for targets [default: everybody]'
            cand --direction 'Only packets to it (in) or from it (out)'
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --force 'Do it although a second Redis node would be out, or the quorum lost'
            cand --dry-run 'Say what would be hit, and do nothing'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'redos;chaos;reset'= {
            cand -g 'Master group, by name or number'
            cand --group 'Master group, by name or number'
            cand --seed 'Where the choice among several nodes comes from, to make it again'
            cand --for 'How long'
            cand --from 'Only packets between it and these nodes: words or names as for targets [default: everybody]'
            cand --direction 'Only packets to it (in) or from it (out)'
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --force 'Do it although a second Redis node would be out, or the quorum lost'
            cand --dry-run 'Say what would be hit, and do nothing'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'redos;chaos;latency'= {
            cand --delay 'By how much, each way'
            cand --jitter 'By up to how much more, evenly distributed'
            cand -g 'Master group, by name or number'
            cand --group 'Master group, by name or number'
            cand --seed 'Where the choice among several nodes comes from, to make it again'
            cand --for 'How long'
            cand --from 'Only packets between it and these nodes: words or names as for targets [default: everybody]'
            cand --direction 'Only packets to it (in) or from it (out)'
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --force 'Do it although a second Redis node would be out, or the quorum lost'
            cand --dry-run 'Say what would be hit, and do nothing'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'redos;chaos;loss'= {
            cand --share 'How many of them'
            cand -g 'Master group, by name or number'
            cand --group 'Master group, by name or number'
            cand --seed 'Where the choice among several nodes comes from, to make it again'
            cand --for 'How long'
            cand --from 'Only packets between it and these nodes: words or names as for targets [default: everybody]'
            cand --direction 'Only packets to it (in) or from it (out)'
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --force 'Do it although a second Redis node would be out, or the quorum lost'
            cand --dry-run 'Say what would be hit, and do nothing'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'redos;chaos;throttle'= {
            cand --rate 'Bits in a second: 256kbit, 1mbit'
            cand -g 'Master group, by name or number'
            cand --group 'Master group, by name or number'
            cand --seed 'Where the choice among several nodes comes from, to make it again'
            cand --for 'How long'
            cand --from 'Only packets between it and these nodes: words or names as for targets [default: everybody]'
            cand --direction 'Only packets to it (in) or from it (out)'
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --force 'Do it although a second Redis node would be out, or the quorum lost'
            cand --dry-run 'Say what would be hit, and do nothing'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'redos;chaos;ls'= {
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'redos;chaos;heal'= {
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'redos;chaos;agent'= {
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'redos;chaos;guard'= {
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'redos;chaos;help'= {
            cand pause 'Freeze its processes, as ''docker pause'' does'
            cand unpause 'Undo a pause, and thaw what is frozen by ''docker pause'''
            cand kill 'End it by a signal, and start it again'
            cand stop 'Stop it in good order, and start it again'
            cand start 'Undo a kill or a stop, and start what does not run'
            cand restart 'Stop it in good order and start it again at once'
            cand freeze 'Freeze it by a signal, unnoticed by Docker'
            cand disconnect 'Take it off its network'
            cand slow 'Leave it 1 % of a CPU'
            cand no-fork 'Keep it from forking, and so from saving'
            cand client-pause 'Have its clients'' writes wait, as CLIENT PAUSE does'
            cand oom 'Let it run out of memory, so that the kernel kills it'
            cand fill-disk 'Fill the disk that its data are on, if it is a small one of its own'
            cand partition 'Let its packets vanish: all, those of some nodes, one way or both'
            cand reset 'Reset its connections and refuse new ones'
            cand latency 'Let its packets come late'
            cand loss 'Let some of its packets vanish, by chance'
            cand throttle 'Let its packets go through a narrow way, in each direction'
            cand ls 'List the faults that are not undone yet'
            cand heal 'Undo all faults of all clusters, or those of some nodes'
            cand agent 'Hold a fault of the network beside a container'
            cand guard 'Undo a fault when its time is over, should its redos not'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'redos;chaos;help;pause'= {
        }
        &'redos;chaos;help;unpause'= {
        }
        &'redos;chaos;help;kill'= {
        }
        &'redos;chaos;help;stop'= {
        }
        &'redos;chaos;help;start'= {
        }
        &'redos;chaos;help;restart'= {
        }
        &'redos;chaos;help;freeze'= {
        }
        &'redos;chaos;help;disconnect'= {
        }
        &'redos;chaos;help;slow'= {
        }
        &'redos;chaos;help;no-fork'= {
        }
        &'redos;chaos;help;client-pause'= {
        }
        &'redos;chaos;help;oom'= {
        }
        &'redos;chaos;help;fill-disk'= {
        }
        &'redos;chaos;help;partition'= {
        }
        &'redos;chaos;help;reset'= {
        }
        &'redos;chaos;help;latency'= {
        }
        &'redos;chaos;help;loss'= {
        }
        &'redos;chaos;help;throttle'= {
        }
        &'redos;chaos;help;ls'= {
        }
        &'redos;chaos;help;heal'= {
        }
        &'redos;chaos;help;agent'= {
        }
        &'redos;chaos;help;guard'= {
        }
        &'redos;chaos;help;help'= {
        }
        &'redos;images'= {
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help'
            cand --help 'Print help'
            cand list 'List the images that ''up'' would use, and whether they are here'
            cand pull 'Pull the images from their registry'
            cand build 'Make the images from Debian''s packages, without a registry'
            cand save 'Save the images to a file'
            cand load 'Load images from a file that ''save'' wrote'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'redos;images;list'= {
            cand --redis-image 'Image of Redis (or Valkey) and Sentinel; auto finds, pulls or makes one'
            cand --proxy-image 'Image of HAProxy; auto finds, pulls or makes one'
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'redos;images;pull'= {
            cand --redis-image 'Image of Redis (or Valkey) and Sentinel; auto finds, pulls or makes one'
            cand --proxy-image 'Image of HAProxy; auto finds, pulls or makes one'
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'redos;images;build'= {
            cand --suite 'The release whose packages are taken, by its code name [default: this host''s]'
            cand --server 'The server of the Redis image'
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'redos;images;save'= {
            cand --redis-image 'Image of Redis (or Valkey) and Sentinel; auto finds, pulls or makes one'
            cand --proxy-image 'Image of HAProxy; auto finds, pulls or makes one'
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'redos;images;load'= {
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'redos;images;help'= {
            cand list 'List the images that ''up'' would use, and whether they are here'
            cand pull 'Pull the images from their registry'
            cand build 'Make the images from Debian''s packages, without a registry'
            cand save 'Save the images to a file'
            cand load 'Load images from a file that ''save'' wrote'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'redos;images;help;list'= {
        }
        &'redos;images;help;pull'= {
        }
        &'redos;images;help;build'= {
        }
        &'redos;images;help;save'= {
        }
        &'redos;images;help;load'= {
        }
        &'redos;images;help;help'= {
        }
        &'redos;init'= {
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --force 'Overwrite the file if it is there'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'redos;config'= {
            cand --masters 'Master groups, each with its own replicas and its own ports'
            cand --replicas 'Replicas of each master'
            cand --sentinels 'Sentinels, which watch all groups; an odd number'
            cand --quorum 'Sentinels that must agree that a master is down [default: the majority]'
            cand --proxies 'HAProxies; the ports of each are 100 above those of the one before'
            cand --bind 'Address of the Docker host to publish on; 0.0.0.0 opens the cluster to its networks'
            cand --port 'Port for writes, 2 more for each further group; 0 lets Docker choose all ports'
            cand --read-port 'Port for reads from replicas, 2 more for each further group [default: the write port plus 1]'
            cand --stats-port 'Port of the proxy''s statistics page and metrics [default: the write port plus 2025]'
            cand --subnet 'Subnet of the cluster''s network, at least a /28; auto takes one of Docker''s address pools'
            cand --network 'Existing Docker network to use, which redos never removes; auto makes one for the cluster'
            cand --password-file 'File with the password of applications; without one a random password is made'
            cand --replication-password-file 'File with the password of replicas at their master; without one a random password is made'
            cand --persistence 'What Redis keeps on disk: both (append-only file and snapshots), aof, rdb or none'
            cand --data-dir 'Directory of the Docker host for the data, one folder per node [default: a named volume per node]'
            cand --file-prefix 'Put before the names of the snapshot and the append-only file'
            cand --redis 'Further directive of redis.conf, such as maxmemory=256mb; an empty value takes it back'
            cand --redis-conf 'A redis.conf whose directives are taken over; those that redos sets itself are named and left out'
            cand --pubsub-patterns 'Patterns that applications may use in PSUBSCRIBE, separated by spaces; * allows all, those that hear the Sentinels among them'
            cand --down-after 'Silence after which a Sentinel holds a node to be down'
            cand --failover-timeout 'Time limit of a failover''s phases; a failed one is tried again after twice this'
            cand --check-interval 'Time between two checks of a node by the proxy'
            cand --proxy-hold 'Time for which the proxy holds a new connection for writes while there is no master; 0 closes it at once'
            cand --stats-user 'User of the statistics page'
            cand --stats-password-file 'File with the password of the statistics page; without one a random password is made'
            cand --follow 'Existing Redis server to copy and to send writes to, host:port; none takes over from it'
            cand --redis-image 'Image of Redis (or Valkey) and Sentinel; auto finds, pulls or makes one'
            cand --proxy-image 'Image of HAProxy; auto finds, pulls or makes one'
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --schema 'Print the JSON schema of redos.yaml instead'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'redos;completions'= {
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'redos;man'= {
            cand -p 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand --project 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]'
            cand -f 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand --file 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]'
            cand -o 'How to print data: table, json or yaml'
            cand --output 'How to print data: table, json or yaml'
            cand --color 'When to use colour: auto, always or never; NO_COLOR means never'
            cand -H 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand --host 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]'
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'redos;help'= {
            cand up 'Create the cluster, or repair it, until it is ready'
            cand down 'Remove the cluster; its data stays unless told otherwise'
            cand status 'Show who is master, what Sentinels and proxies say, and the verdict'
            cand ps 'List the containers of the cluster'
            cand ls 'List all clusters of this Docker host'
            cand plan 'Show what ''up'' would do and why, and change nothing'
            cand scale 'Change how many nodes there are, without losing a write or the quorum'
            cand failover 'Make a replica the master, without losing a write'
            cand stop 'Stop nodes, or the whole cluster in good order; nothing is removed'
            cand start 'Start nodes that are stopped, or the whole cluster, and wait until it is ready'
            cand restart 'Restart nodes one after the other, a master last and after a switchover'
            cand url 'Print the URL to connect to, password included'
            cand failover-test 'Measure a failover under load: outage, lost writes and why, and a verdict'
            cand verify 'Judge the history of a failover test once more'
            cand chaos 'Inflict one fault on a node, for a time'
            cand images 'Get the images, or carry them to a host without a registry'
            cand init 'Write a commented redos.yaml'
            cand config 'Show all settings and where each comes from'
            cand completions 'Print a script that completes redos in a shell'
            cand man 'Print the manual page'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'redos;help;up'= {
        }
        &'redos;help;down'= {
        }
        &'redos;help;status'= {
        }
        &'redos;help;ps'= {
        }
        &'redos;help;ls'= {
        }
        &'redos;help;plan'= {
        }
        &'redos;help;scale'= {
        }
        &'redos;help;failover'= {
        }
        &'redos;help;stop'= {
        }
        &'redos;help;start'= {
        }
        &'redos;help;restart'= {
        }
        &'redos;help;url'= {
        }
        &'redos;help;failover-test'= {
        }
        &'redos;help;verify'= {
        }
        &'redos;help;chaos'= {
            cand pause 'Freeze its processes, as ''docker pause'' does'
            cand unpause 'Undo a pause, and thaw what is frozen by ''docker pause'''
            cand kill 'End it by a signal, and start it again'
            cand stop 'Stop it in good order, and start it again'
            cand start 'Undo a kill or a stop, and start what does not run'
            cand restart 'Stop it in good order and start it again at once'
            cand freeze 'Freeze it by a signal, unnoticed by Docker'
            cand disconnect 'Take it off its network'
            cand slow 'Leave it 1 % of a CPU'
            cand no-fork 'Keep it from forking, and so from saving'
            cand client-pause 'Have its clients'' writes wait, as CLIENT PAUSE does'
            cand oom 'Let it run out of memory, so that the kernel kills it'
            cand fill-disk 'Fill the disk that its data are on, if it is a small one of its own'
            cand partition 'Let its packets vanish: all, those of some nodes, one way or both'
            cand reset 'Reset its connections and refuse new ones'
            cand latency 'Let its packets come late'
            cand loss 'Let some of its packets vanish, by chance'
            cand throttle 'Let its packets go through a narrow way, in each direction'
            cand ls 'List the faults that are not undone yet'
            cand heal 'Undo all faults of all clusters, or those of some nodes'
            cand agent 'Hold a fault of the network beside a container'
            cand guard 'Undo a fault when its time is over, should its redos not'
        }
        &'redos;help;chaos;pause'= {
        }
        &'redos;help;chaos;unpause'= {
        }
        &'redos;help;chaos;kill'= {
        }
        &'redos;help;chaos;stop'= {
        }
        &'redos;help;chaos;start'= {
        }
        &'redos;help;chaos;restart'= {
        }
        &'redos;help;chaos;freeze'= {
        }
        &'redos;help;chaos;disconnect'= {
        }
        &'redos;help;chaos;slow'= {
        }
        &'redos;help;chaos;no-fork'= {
        }
        &'redos;help;chaos;client-pause'= {
        }
        &'redos;help;chaos;oom'= {
        }
        &'redos;help;chaos;fill-disk'= {
        }
        &'redos;help;chaos;partition'= {
        }
        &'redos;help;chaos;reset'= {
        }
        &'redos;help;chaos;latency'= {
        }
        &'redos;help;chaos;loss'= {
        }
        &'redos;help;chaos;throttle'= {
        }
        &'redos;help;chaos;ls'= {
        }
        &'redos;help;chaos;heal'= {
        }
        &'redos;help;chaos;agent'= {
        }
        &'redos;help;chaos;guard'= {
        }
        &'redos;help;images'= {
            cand list 'List the images that ''up'' would use, and whether they are here'
            cand pull 'Pull the images from their registry'
            cand build 'Make the images from Debian''s packages, without a registry'
            cand save 'Save the images to a file'
            cand load 'Load images from a file that ''save'' wrote'
        }
        &'redos;help;images;list'= {
        }
        &'redos;help;images;pull'= {
        }
        &'redos;help;images;build'= {
        }
        &'redos;help;images;save'= {
        }
        &'redos;help;images;load'= {
        }
        &'redos;help;init'= {
        }
        &'redos;help;config'= {
        }
        &'redos;help;completions'= {
        }
        &'redos;help;man'= {
        }
        &'redos;help;help'= {
        }
    ]
    $completions[$command]
}
