
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
            cand url 'Print the URL to connect to, password included'
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
            cand --password-file 'File with the password of applications; without one a random password is made'
            cand --replication-password-file 'File with the password of replicas at their master; without one a random password is made'
            cand --persistence 'What Redis keeps on disk: both (append-only file and snapshots), aof, rdb or none'
            cand --data-dir 'Directory of the Docker host for the data, one folder per node [default: a named volume per node]'
            cand --file-prefix 'Put before the names of the snapshot and the append-only file'
            cand --redis 'Further directive of redis.conf, such as maxmemory=256mb; an empty value takes it back'
            cand --down-after 'Silence after which a Sentinel holds a node to be down'
            cand --failover-timeout 'Time limit of a failover''s phases; a failed one is tried again after twice this'
            cand --check-interval 'Time between two checks of a node by the proxy'
            cand --stats-user 'User of the statistics page'
            cand --stats-password-file 'File with the password of the statistics page; without one a random password is made'
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
            cand --password-file 'File with the password of applications; without one a random password is made'
            cand --replication-password-file 'File with the password of replicas at their master; without one a random password is made'
            cand --persistence 'What Redis keeps on disk: both (append-only file and snapshots), aof, rdb or none'
            cand --data-dir 'Directory of the Docker host for the data, one folder per node [default: a named volume per node]'
            cand --file-prefix 'Put before the names of the snapshot and the append-only file'
            cand --redis 'Further directive of redis.conf, such as maxmemory=256mb; an empty value takes it back'
            cand --down-after 'Silence after which a Sentinel holds a node to be down'
            cand --failover-timeout 'Time limit of a failover''s phases; a failed one is tried again after twice this'
            cand --check-interval 'Time between two checks of a node by the proxy'
            cand --stats-user 'User of the statistics page'
            cand --stats-password-file 'File with the password of the statistics page; without one a random password is made'
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
            cand -q 'Print data and errors only'
            cand --quiet 'Print data and errors only'
            cand -v 'Say more: what each step costs and why'
            cand --verbose 'Say more: what each step costs and why'
            cand -h 'Print help'
            cand --help 'Print help'
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
            cand --password-file 'File with the password of applications; without one a random password is made'
            cand --replication-password-file 'File with the password of replicas at their master; without one a random password is made'
            cand --persistence 'What Redis keeps on disk: both (append-only file and snapshots), aof, rdb or none'
            cand --data-dir 'Directory of the Docker host for the data, one folder per node [default: a named volume per node]'
            cand --file-prefix 'Put before the names of the snapshot and the append-only file'
            cand --redis 'Further directive of redis.conf, such as maxmemory=256mb; an empty value takes it back'
            cand --down-after 'Silence after which a Sentinel holds a node to be down'
            cand --failover-timeout 'Time limit of a failover''s phases; a failed one is tried again after twice this'
            cand --check-interval 'Time between two checks of a node by the proxy'
            cand --stats-user 'User of the statistics page'
            cand --stats-password-file 'File with the password of the statistics page; without one a random password is made'
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
            cand url 'Print the URL to connect to, password included'
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
        &'redos;help;url'= {
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
