
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'redos' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'redos'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'redos' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('up', 'up', [CompletionResultType]::ParameterValue, 'Create the cluster, or repair it, until it is ready')
            [CompletionResult]::new('down', 'down', [CompletionResultType]::ParameterValue, 'Remove the cluster; its data stays unless told otherwise')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show who is master, what Sentinels and proxies say, and the verdict')
            [CompletionResult]::new('ps', 'ps', [CompletionResultType]::ParameterValue, 'List the containers of the cluster')
            [CompletionResult]::new('ls', 'ls', [CompletionResultType]::ParameterValue, 'List all clusters of this Docker host')
            [CompletionResult]::new('plan', 'plan', [CompletionResultType]::ParameterValue, 'Show what ''up'' would do and why, and change nothing')
            [CompletionResult]::new('scale', 'scale', [CompletionResultType]::ParameterValue, 'Change how many nodes there are, without losing a write or the quorum')
            [CompletionResult]::new('failover', 'failover', [CompletionResultType]::ParameterValue, 'Make a replica the master, without losing a write')
            [CompletionResult]::new('stop', 'stop', [CompletionResultType]::ParameterValue, 'Stop nodes, or the whole cluster in good order; nothing is removed')
            [CompletionResult]::new('start', 'start', [CompletionResultType]::ParameterValue, 'Start nodes that are stopped, or the whole cluster, and wait until it is ready')
            [CompletionResult]::new('restart', 'restart', [CompletionResultType]::ParameterValue, 'Restart nodes one after the other, a master last and after a switchover')
            [CompletionResult]::new('url', 'url', [CompletionResultType]::ParameterValue, 'Print the URL to connect to, password included')
            [CompletionResult]::new('failover-test', 'failover-test', [CompletionResultType]::ParameterValue, 'Measure a failover under load: outage, lost writes and why, and a verdict')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Judge the history of a failover test once more')
            [CompletionResult]::new('chaos', 'chaos', [CompletionResultType]::ParameterValue, 'Inflict one fault on a node, for a time')
            [CompletionResult]::new('images', 'images', [CompletionResultType]::ParameterValue, 'Get the images, or carry them to a host without a registry')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Write a commented redos.yaml')
            [CompletionResult]::new('config', 'config', [CompletionResultType]::ParameterValue, 'Show all settings and where each comes from')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a script that completes redos in a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print the manual page')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'redos;up' {
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'The longest wait for a ready cluster')
            [CompletionResult]::new('--masters', '--masters', [CompletionResultType]::ParameterName, 'Master groups, each with its own replicas and its own ports')
            [CompletionResult]::new('--replicas', '--replicas', [CompletionResultType]::ParameterName, 'Replicas of each master')
            [CompletionResult]::new('--sentinels', '--sentinels', [CompletionResultType]::ParameterName, 'Sentinels, which watch all groups; an odd number')
            [CompletionResult]::new('--quorum', '--quorum', [CompletionResultType]::ParameterName, 'Sentinels that must agree that a master is down [default: the majority]')
            [CompletionResult]::new('--proxies', '--proxies', [CompletionResultType]::ParameterName, 'HAProxies; the ports of each are 100 above those of the one before')
            [CompletionResult]::new('--bind', '--bind', [CompletionResultType]::ParameterName, 'Address of the Docker host to publish on; 0.0.0.0 opens the cluster to its networks')
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'Port for writes, 2 more for each further group; 0 lets Docker choose all ports')
            [CompletionResult]::new('--read-port', '--read-port', [CompletionResultType]::ParameterName, 'Port for reads from replicas, 2 more for each further group [default: the write port plus 1]')
            [CompletionResult]::new('--stats-port', '--stats-port', [CompletionResultType]::ParameterName, 'Port of the proxy''s statistics page and metrics [default: the write port plus 2025]')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'File with the password of applications; without one a random password is made')
            [CompletionResult]::new('--replication-password-file', '--replication-password-file', [CompletionResultType]::ParameterName, 'File with the password of replicas at their master; without one a random password is made')
            [CompletionResult]::new('--persistence', '--persistence', [CompletionResultType]::ParameterName, 'What Redis keeps on disk: both (append-only file and snapshots), aof, rdb or none')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Directory of the Docker host for the data, one folder per node [default: a named volume per node]')
            [CompletionResult]::new('--file-prefix', '--file-prefix', [CompletionResultType]::ParameterName, 'Put before the names of the snapshot and the append-only file')
            [CompletionResult]::new('--redis', '--redis', [CompletionResultType]::ParameterName, 'Further directive of redis.conf, such as maxmemory=256mb; an empty value takes it back')
            [CompletionResult]::new('--pubsub-patterns', '--pubsub-patterns', [CompletionResultType]::ParameterName, 'Patterns that applications may use in PSUBSCRIBE, separated by spaces; * allows all, those that hear the Sentinels among them')
            [CompletionResult]::new('--down-after', '--down-after', [CompletionResultType]::ParameterName, 'Silence after which a Sentinel holds a node to be down')
            [CompletionResult]::new('--failover-timeout', '--failover-timeout', [CompletionResultType]::ParameterName, 'Time limit of a failover''s phases; a failed one is tried again after twice this')
            [CompletionResult]::new('--check-interval', '--check-interval', [CompletionResultType]::ParameterName, 'Time between two checks of a node by the proxy')
            [CompletionResult]::new('--stats-user', '--stats-user', [CompletionResultType]::ParameterName, 'User of the statistics page')
            [CompletionResult]::new('--stats-password-file', '--stats-password-file', [CompletionResultType]::ParameterName, 'File with the password of the statistics page; without one a random password is made')
            [CompletionResult]::new('--follow', '--follow', [CompletionResultType]::ParameterName, 'Existing Redis server to copy and to send writes to, host:port; none takes over from it')
            [CompletionResult]::new('--redis-image', '--redis-image', [CompletionResultType]::ParameterName, 'Image of Redis (or Valkey) and Sentinel; auto finds, pulls or makes one')
            [CompletionResult]::new('--proxy-image', '--proxy-image', [CompletionResultType]::ParameterName, 'Image of HAProxy; auto finds, pulls or makes one')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'redos;down' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--volumes', '--volumes', [CompletionResultType]::ParameterName, 'Remove the volumes too: all data and passwords of the cluster')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'redos;status' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Show it again and again until interrupted')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Show it again and again until interrupted')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'redos;ps' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'redos;ls' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'redos;plan' {
            [CompletionResult]::new('--masters', '--masters', [CompletionResultType]::ParameterName, 'Master groups, each with its own replicas and its own ports')
            [CompletionResult]::new('--replicas', '--replicas', [CompletionResultType]::ParameterName, 'Replicas of each master')
            [CompletionResult]::new('--sentinels', '--sentinels', [CompletionResultType]::ParameterName, 'Sentinels, which watch all groups; an odd number')
            [CompletionResult]::new('--quorum', '--quorum', [CompletionResultType]::ParameterName, 'Sentinels that must agree that a master is down [default: the majority]')
            [CompletionResult]::new('--proxies', '--proxies', [CompletionResultType]::ParameterName, 'HAProxies; the ports of each are 100 above those of the one before')
            [CompletionResult]::new('--bind', '--bind', [CompletionResultType]::ParameterName, 'Address of the Docker host to publish on; 0.0.0.0 opens the cluster to its networks')
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'Port for writes, 2 more for each further group; 0 lets Docker choose all ports')
            [CompletionResult]::new('--read-port', '--read-port', [CompletionResultType]::ParameterName, 'Port for reads from replicas, 2 more for each further group [default: the write port plus 1]')
            [CompletionResult]::new('--stats-port', '--stats-port', [CompletionResultType]::ParameterName, 'Port of the proxy''s statistics page and metrics [default: the write port plus 2025]')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'File with the password of applications; without one a random password is made')
            [CompletionResult]::new('--replication-password-file', '--replication-password-file', [CompletionResultType]::ParameterName, 'File with the password of replicas at their master; without one a random password is made')
            [CompletionResult]::new('--persistence', '--persistence', [CompletionResultType]::ParameterName, 'What Redis keeps on disk: both (append-only file and snapshots), aof, rdb or none')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Directory of the Docker host for the data, one folder per node [default: a named volume per node]')
            [CompletionResult]::new('--file-prefix', '--file-prefix', [CompletionResultType]::ParameterName, 'Put before the names of the snapshot and the append-only file')
            [CompletionResult]::new('--redis', '--redis', [CompletionResultType]::ParameterName, 'Further directive of redis.conf, such as maxmemory=256mb; an empty value takes it back')
            [CompletionResult]::new('--pubsub-patterns', '--pubsub-patterns', [CompletionResultType]::ParameterName, 'Patterns that applications may use in PSUBSCRIBE, separated by spaces; * allows all, those that hear the Sentinels among them')
            [CompletionResult]::new('--down-after', '--down-after', [CompletionResultType]::ParameterName, 'Silence after which a Sentinel holds a node to be down')
            [CompletionResult]::new('--failover-timeout', '--failover-timeout', [CompletionResultType]::ParameterName, 'Time limit of a failover''s phases; a failed one is tried again after twice this')
            [CompletionResult]::new('--check-interval', '--check-interval', [CompletionResultType]::ParameterName, 'Time between two checks of a node by the proxy')
            [CompletionResult]::new('--stats-user', '--stats-user', [CompletionResultType]::ParameterName, 'User of the statistics page')
            [CompletionResult]::new('--stats-password-file', '--stats-password-file', [CompletionResultType]::ParameterName, 'File with the password of the statistics page; without one a random password is made')
            [CompletionResult]::new('--follow', '--follow', [CompletionResultType]::ParameterName, 'Existing Redis server to copy and to send writes to, host:port; none takes over from it')
            [CompletionResult]::new('--redis-image', '--redis-image', [CompletionResultType]::ParameterName, 'Image of Redis (or Valkey) and Sentinel; auto finds, pulls or makes one')
            [CompletionResult]::new('--proxy-image', '--proxy-image', [CompletionResultType]::ParameterName, 'Image of HAProxy; auto finds, pulls or makes one')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'redos;scale' {
            [CompletionResult]::new('--masters', '--masters', [CompletionResultType]::ParameterName, 'Master groups, each with its own replicas and its own ports')
            [CompletionResult]::new('--replicas', '--replicas', [CompletionResultType]::ParameterName, 'Replicas of each master')
            [CompletionResult]::new('--sentinels', '--sentinels', [CompletionResultType]::ParameterName, 'Sentinels, which watch all groups; an odd number')
            [CompletionResult]::new('--proxies', '--proxies', [CompletionResultType]::ParameterName, 'HAProxies; the ports of each are 100 above those of the one before')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'The longest wait for a ready cluster')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Allow an even number of Sentinels, and the removal of a group that holds keys')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'redos;failover' {
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'The replica to promote; without one the most complete')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'redos;stop' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Allow what costs more than these nodes: the quorum, a group''s master, the last proxy, data that are not on disk')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'redos;start' {
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'The longest wait until they serve')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'redos;restart' {
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'The longest wait until all of them serve again')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Allow what costs more than a restart: the quorum for a moment, writes while a master restarts')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'redos;url' {
            [CompletionResult]::new('-g', '-g', [CompletionResultType]::ParameterName, 'Master group, by name or number')
            [CompletionResult]::new('--group', '--group', [CompletionResultType]::ParameterName, 'Master group, by name or number')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--read', '--read', [CompletionResultType]::ParameterName, 'The port for reads from replicas, which may be a moment behind')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'redos;failover-test' {
            [CompletionResult]::new('--fault', '--fault', [CompletionResultType]::ParameterName, 'What happens to the master: pause, kill, stop, freeze, disconnect, partition, reset, latency=50ms, loss=5%, throttle=1mbit, slow, no-fork, client-pause, oom or fill-disk=256mb as in ''redos chaos''; isolate (cut off from its peers, not from the proxy); restart, switchover or sentinel-failover')
            [CompletionResult]::new('--rounds', '--rounds', [CompletionResultType]::ParameterName, 'How often')
            [CompletionResult]::new('--rate', '--rate', [CompletionResultType]::ParameterName, 'Requests per second, of all clients together')
            [CompletionResult]::new('--deadline', '--deadline', [CompletionResultType]::ParameterName, 'How long after its intended time a request may be answered')
            [CompletionResult]::new('--clients', '--clients', [CompletionResultType]::ParameterName, 'Kinds of clients: lasting, fresh, pipeline, counter, queue, pubsub, reader [default: all]')
            [CompletionResult]::new('--durability', '--durability', [CompletionResultType]::ParameterName, 'What counts as an acknowledgement: ''ack'', the master''s answer; or ''wait'', that a replica has it too')
            [CompletionResult]::new('--max-outage', '--max-outage', [CompletionResultType]::ParameterName, 'The longest write outage of any kind of client that passes')
            [CompletionResult]::new('--max-lost', '--max-lost', [CompletionResultType]::ParameterName, 'Acknowledged writes that may be lost in a round')
            [CompletionResult]::new('--hold', '--hold', [CompletionResultType]::ParameterName, 'How long the fault lasts [default: until 2 s after the failover]')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Where the random choices come from, to make them again')
            [CompletionResult]::new('--report', '--report', [CompletionResultType]::ParameterName, 'Write history.ndjson, report.json, junit.xml and report.html into this folder')
            [CompletionResult]::new('-g', '-g', [CompletionResultType]::ParameterName, 'Master group, by name or number')
            [CompletionResult]::new('--group', '--group', [CompletionResultType]::ParameterName, 'Master group, by name or number')
            [CompletionResult]::new('--proxy', '--proxy', [CompletionResultType]::ParameterName, 'Test a Redis that redos did not make: the address that its clients write to')
            [CompletionResult]::new('--read-proxy', '--read-proxy', [CompletionResultType]::ParameterName, 'The address that its clients read from')
            [CompletionResult]::new('--sentinel', '--sentinel', [CompletionResultType]::ParameterName, 'Its Sentinels')
            [CompletionResult]::new('--container', '--container', [CompletionResultType]::ParameterName, 'The containers of its Redis nodes')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'File with its password')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'redos;verify' {
            [CompletionResult]::new('--report', '--report', [CompletionResultType]::ParameterName, 'Write report.json, junit.xml and report.html into this folder')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'redos;chaos' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('pause', 'pause', [CompletionResultType]::ParameterValue, 'Freeze its processes, as ''docker pause'' does')
            [CompletionResult]::new('unpause', 'unpause', [CompletionResultType]::ParameterValue, 'Undo a pause, and thaw what is frozen by ''docker pause''')
            [CompletionResult]::new('kill', 'kill', [CompletionResultType]::ParameterValue, 'End it by a signal, and start it again')
            [CompletionResult]::new('stop', 'stop', [CompletionResultType]::ParameterValue, 'Stop it in good order, and start it again')
            [CompletionResult]::new('start', 'start', [CompletionResultType]::ParameterValue, 'Undo a kill or a stop, and start what does not run')
            [CompletionResult]::new('restart', 'restart', [CompletionResultType]::ParameterValue, 'Stop it in good order and start it again at once')
            [CompletionResult]::new('freeze', 'freeze', [CompletionResultType]::ParameterValue, 'Freeze it by a signal, unnoticed by Docker')
            [CompletionResult]::new('disconnect', 'disconnect', [CompletionResultType]::ParameterValue, 'Take it off its network')
            [CompletionResult]::new('slow', 'slow', [CompletionResultType]::ParameterValue, 'Leave it 1 % of a CPU')
            [CompletionResult]::new('no-fork', 'no-fork', [CompletionResultType]::ParameterValue, 'Keep it from forking, and so from saving')
            [CompletionResult]::new('client-pause', 'client-pause', [CompletionResultType]::ParameterValue, 'Have its clients'' writes wait, as CLIENT PAUSE does')
            [CompletionResult]::new('oom', 'oom', [CompletionResultType]::ParameterValue, 'Let it run out of memory, so that the kernel kills it')
            [CompletionResult]::new('fill-disk', 'fill-disk', [CompletionResultType]::ParameterValue, 'Fill the disk that its data are on, if it is a small one of its own')
            [CompletionResult]::new('partition', 'partition', [CompletionResultType]::ParameterValue, 'Let its packets vanish: all, those of some nodes, one way or both')
            [CompletionResult]::new('reset', 'reset', [CompletionResultType]::ParameterValue, 'Reset its connections and refuse new ones')
            [CompletionResult]::new('latency', 'latency', [CompletionResultType]::ParameterValue, 'Let its packets come late')
            [CompletionResult]::new('loss', 'loss', [CompletionResultType]::ParameterValue, 'Let some of its packets vanish, by chance')
            [CompletionResult]::new('throttle', 'throttle', [CompletionResultType]::ParameterValue, 'Let its packets go through a narrow way, in each direction')
            [CompletionResult]::new('ls', 'ls', [CompletionResultType]::ParameterValue, 'List the faults that are not undone yet')
            [CompletionResult]::new('heal', 'heal', [CompletionResultType]::ParameterValue, 'Undo all faults of all clusters, or those of some nodes')
            [CompletionResult]::new('agent', 'agent', [CompletionResultType]::ParameterValue, 'Hold a fault of the network beside a container')
            [CompletionResult]::new('guard', 'guard', [CompletionResultType]::ParameterValue, 'Undo a fault when its time is over, should its redos not')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'redos;chaos;pause' {
            [CompletionResult]::new('-g', '-g', [CompletionResultType]::ParameterName, 'Master group, by name or number')
            [CompletionResult]::new('--group', '--group', [CompletionResultType]::ParameterName, 'Master group, by name or number')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Where the choice among several nodes comes from, to make it again')
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'How long')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Do it although a second Redis node would be out, or the quorum lost')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be hit, and do nothing')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'redos;chaos;unpause' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'redos;chaos;kill' {
            [CompletionResult]::new('--signal', '--signal', [CompletionResultType]::ParameterName, 'SIGKILL, SIGTERM, SIGINT, SIGSEGV or SIGABRT')
            [CompletionResult]::new('-g', '-g', [CompletionResultType]::ParameterName, 'Master group, by name or number')
            [CompletionResult]::new('--group', '--group', [CompletionResultType]::ParameterName, 'Master group, by name or number')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Where the choice among several nodes comes from, to make it again')
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'How long')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Do it although a second Redis node would be out, or the quorum lost')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be hit, and do nothing')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'redos;chaos;stop' {
            [CompletionResult]::new('-g', '-g', [CompletionResultType]::ParameterName, 'Master group, by name or number')
            [CompletionResult]::new('--group', '--group', [CompletionResultType]::ParameterName, 'Master group, by name or number')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Where the choice among several nodes comes from, to make it again')
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'How long')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Do it although a second Redis node would be out, or the quorum lost')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be hit, and do nothing')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'redos;chaos;start' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'redos;chaos;restart' {
            [CompletionResult]::new('-g', '-g', [CompletionResultType]::ParameterName, 'Master group, by name or number')
            [CompletionResult]::new('--group', '--group', [CompletionResultType]::ParameterName, 'Master group, by name or number')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Where the choice among several nodes comes from, to make it again')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Do it although a second Redis node would be out, or the quorum lost')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be hit, and do nothing')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'redos;chaos;freeze' {
            [CompletionResult]::new('-g', '-g', [CompletionResultType]::ParameterName, 'Master group, by name or number')
            [CompletionResult]::new('--group', '--group', [CompletionResultType]::ParameterName, 'Master group, by name or number')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Where the choice among several nodes comes from, to make it again')
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'How long')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Do it although a second Redis node would be out, or the quorum lost')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be hit, and do nothing')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'redos;chaos;disconnect' {
            [CompletionResult]::new('-g', '-g', [CompletionResultType]::ParameterName, 'Master group, by name or number')
            [CompletionResult]::new('--group', '--group', [CompletionResultType]::ParameterName, 'Master group, by name or number')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Where the choice among several nodes comes from, to make it again')
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'How long')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Do it although a second Redis node would be out, or the quorum lost')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be hit, and do nothing')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'redos;chaos;slow' {
            [CompletionResult]::new('-g', '-g', [CompletionResultType]::ParameterName, 'Master group, by name or number')
            [CompletionResult]::new('--group', '--group', [CompletionResultType]::ParameterName, 'Master group, by name or number')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Where the choice among several nodes comes from, to make it again')
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'How long')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Do it although a second Redis node would be out, or the quorum lost')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be hit, and do nothing')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'redos;chaos;no-fork' {
            [CompletionResult]::new('-g', '-g', [CompletionResultType]::ParameterName, 'Master group, by name or number')
            [CompletionResult]::new('--group', '--group', [CompletionResultType]::ParameterName, 'Master group, by name or number')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Where the choice among several nodes comes from, to make it again')
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'How long')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Do it although a second Redis node would be out, or the quorum lost')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be hit, and do nothing')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'redos;chaos;client-pause' {
            [CompletionResult]::new('-g', '-g', [CompletionResultType]::ParameterName, 'Master group, by name or number')
            [CompletionResult]::new('--group', '--group', [CompletionResultType]::ParameterName, 'Master group, by name or number')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Where the choice among several nodes comes from, to make it again')
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'How long')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Do it although a second Redis node would be out, or the quorum lost')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be hit, and do nothing')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'redos;chaos;oom' {
            [CompletionResult]::new('-g', '-g', [CompletionResultType]::ParameterName, 'Master group, by name or number')
            [CompletionResult]::new('--group', '--group', [CompletionResultType]::ParameterName, 'Master group, by name or number')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Where the choice among several nodes comes from, to make it again')
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'How long')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Do it although a second Redis node would be out, or the quorum lost')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be hit, and do nothing')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'redos;chaos;fill-disk' {
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'How large the disk may be at most')
            [CompletionResult]::new('-g', '-g', [CompletionResultType]::ParameterName, 'Master group, by name or number')
            [CompletionResult]::new('--group', '--group', [CompletionResultType]::ParameterName, 'Master group, by name or number')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Where the choice among several nodes comes from, to make it again')
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'How long')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Do it although a second Redis node would be out, or the quorum lost')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be hit, and do nothing')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'redos;chaos;partition' {
            [CompletionResult]::new('-g', '-g', [CompletionResultType]::ParameterName, 'Master group, by name or number')
            [CompletionResult]::new('--group', '--group', [CompletionResultType]::ParameterName, 'Master group, by name or number')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Where the choice among several nodes comes from, to make it again')
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'How long')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Only packets between it and these nodes: words or names as for targets [default: everybody]')
            [CompletionResult]::new('--direction', '--direction', [CompletionResultType]::ParameterName, 'Only packets to it (in) or from it (out)')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Do it although a second Redis node would be out, or the quorum lost')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be hit, and do nothing')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'redos;chaos;reset' {
            [CompletionResult]::new('-g', '-g', [CompletionResultType]::ParameterName, 'Master group, by name or number')
            [CompletionResult]::new('--group', '--group', [CompletionResultType]::ParameterName, 'Master group, by name or number')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Where the choice among several nodes comes from, to make it again')
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'How long')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Only packets between it and these nodes: words or names as for targets [default: everybody]')
            [CompletionResult]::new('--direction', '--direction', [CompletionResultType]::ParameterName, 'Only packets to it (in) or from it (out)')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Do it although a second Redis node would be out, or the quorum lost')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be hit, and do nothing')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'redos;chaos;latency' {
            [CompletionResult]::new('--delay', '--delay', [CompletionResultType]::ParameterName, 'By how much, each way')
            [CompletionResult]::new('--jitter', '--jitter', [CompletionResultType]::ParameterName, 'By up to how much more, evenly distributed')
            [CompletionResult]::new('-g', '-g', [CompletionResultType]::ParameterName, 'Master group, by name or number')
            [CompletionResult]::new('--group', '--group', [CompletionResultType]::ParameterName, 'Master group, by name or number')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Where the choice among several nodes comes from, to make it again')
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'How long')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Only packets between it and these nodes: words or names as for targets [default: everybody]')
            [CompletionResult]::new('--direction', '--direction', [CompletionResultType]::ParameterName, 'Only packets to it (in) or from it (out)')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Do it although a second Redis node would be out, or the quorum lost')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be hit, and do nothing')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'redos;chaos;loss' {
            [CompletionResult]::new('--share', '--share', [CompletionResultType]::ParameterName, 'How many of them')
            [CompletionResult]::new('-g', '-g', [CompletionResultType]::ParameterName, 'Master group, by name or number')
            [CompletionResult]::new('--group', '--group', [CompletionResultType]::ParameterName, 'Master group, by name or number')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Where the choice among several nodes comes from, to make it again')
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'How long')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Only packets between it and these nodes: words or names as for targets [default: everybody]')
            [CompletionResult]::new('--direction', '--direction', [CompletionResultType]::ParameterName, 'Only packets to it (in) or from it (out)')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Do it although a second Redis node would be out, or the quorum lost')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be hit, and do nothing')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'redos;chaos;throttle' {
            [CompletionResult]::new('--rate', '--rate', [CompletionResultType]::ParameterName, 'Bits in a second: 256kbit, 1mbit')
            [CompletionResult]::new('-g', '-g', [CompletionResultType]::ParameterName, 'Master group, by name or number')
            [CompletionResult]::new('--group', '--group', [CompletionResultType]::ParameterName, 'Master group, by name or number')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Where the choice among several nodes comes from, to make it again')
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'How long')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Only packets between it and these nodes: words or names as for targets [default: everybody]')
            [CompletionResult]::new('--direction', '--direction', [CompletionResultType]::ParameterName, 'Only packets to it (in) or from it (out)')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Do it although a second Redis node would be out, or the quorum lost')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be hit, and do nothing')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'redos;chaos;ls' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'redos;chaos;heal' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'redos;chaos;agent' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'redos;chaos;guard' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'redos;chaos;help' {
            [CompletionResult]::new('pause', 'pause', [CompletionResultType]::ParameterValue, 'Freeze its processes, as ''docker pause'' does')
            [CompletionResult]::new('unpause', 'unpause', [CompletionResultType]::ParameterValue, 'Undo a pause, and thaw what is frozen by ''docker pause''')
            [CompletionResult]::new('kill', 'kill', [CompletionResultType]::ParameterValue, 'End it by a signal, and start it again')
            [CompletionResult]::new('stop', 'stop', [CompletionResultType]::ParameterValue, 'Stop it in good order, and start it again')
            [CompletionResult]::new('start', 'start', [CompletionResultType]::ParameterValue, 'Undo a kill or a stop, and start what does not run')
            [CompletionResult]::new('restart', 'restart', [CompletionResultType]::ParameterValue, 'Stop it in good order and start it again at once')
            [CompletionResult]::new('freeze', 'freeze', [CompletionResultType]::ParameterValue, 'Freeze it by a signal, unnoticed by Docker')
            [CompletionResult]::new('disconnect', 'disconnect', [CompletionResultType]::ParameterValue, 'Take it off its network')
            [CompletionResult]::new('slow', 'slow', [CompletionResultType]::ParameterValue, 'Leave it 1 % of a CPU')
            [CompletionResult]::new('no-fork', 'no-fork', [CompletionResultType]::ParameterValue, 'Keep it from forking, and so from saving')
            [CompletionResult]::new('client-pause', 'client-pause', [CompletionResultType]::ParameterValue, 'Have its clients'' writes wait, as CLIENT PAUSE does')
            [CompletionResult]::new('oom', 'oom', [CompletionResultType]::ParameterValue, 'Let it run out of memory, so that the kernel kills it')
            [CompletionResult]::new('fill-disk', 'fill-disk', [CompletionResultType]::ParameterValue, 'Fill the disk that its data are on, if it is a small one of its own')
            [CompletionResult]::new('partition', 'partition', [CompletionResultType]::ParameterValue, 'Let its packets vanish: all, those of some nodes, one way or both')
            [CompletionResult]::new('reset', 'reset', [CompletionResultType]::ParameterValue, 'Reset its connections and refuse new ones')
            [CompletionResult]::new('latency', 'latency', [CompletionResultType]::ParameterValue, 'Let its packets come late')
            [CompletionResult]::new('loss', 'loss', [CompletionResultType]::ParameterValue, 'Let some of its packets vanish, by chance')
            [CompletionResult]::new('throttle', 'throttle', [CompletionResultType]::ParameterValue, 'Let its packets go through a narrow way, in each direction')
            [CompletionResult]::new('ls', 'ls', [CompletionResultType]::ParameterValue, 'List the faults that are not undone yet')
            [CompletionResult]::new('heal', 'heal', [CompletionResultType]::ParameterValue, 'Undo all faults of all clusters, or those of some nodes')
            [CompletionResult]::new('agent', 'agent', [CompletionResultType]::ParameterValue, 'Hold a fault of the network beside a container')
            [CompletionResult]::new('guard', 'guard', [CompletionResultType]::ParameterValue, 'Undo a fault when its time is over, should its redos not')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'redos;chaos;help;pause' {
            break
        }
        'redos;chaos;help;unpause' {
            break
        }
        'redos;chaos;help;kill' {
            break
        }
        'redos;chaos;help;stop' {
            break
        }
        'redos;chaos;help;start' {
            break
        }
        'redos;chaos;help;restart' {
            break
        }
        'redos;chaos;help;freeze' {
            break
        }
        'redos;chaos;help;disconnect' {
            break
        }
        'redos;chaos;help;slow' {
            break
        }
        'redos;chaos;help;no-fork' {
            break
        }
        'redos;chaos;help;client-pause' {
            break
        }
        'redos;chaos;help;oom' {
            break
        }
        'redos;chaos;help;fill-disk' {
            break
        }
        'redos;chaos;help;partition' {
            break
        }
        'redos;chaos;help;reset' {
            break
        }
        'redos;chaos;help;latency' {
            break
        }
        'redos;chaos;help;loss' {
            break
        }
        'redos;chaos;help;throttle' {
            break
        }
        'redos;chaos;help;ls' {
            break
        }
        'redos;chaos;help;heal' {
            break
        }
        'redos;chaos;help;agent' {
            break
        }
        'redos;chaos;help;guard' {
            break
        }
        'redos;chaos;help;help' {
            break
        }
        'redos;images' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the images that ''up'' would use, and whether they are here')
            [CompletionResult]::new('pull', 'pull', [CompletionResultType]::ParameterValue, 'Pull the images from their registry')
            [CompletionResult]::new('build', 'build', [CompletionResultType]::ParameterValue, 'Make the images from Debian''s packages, without a registry')
            [CompletionResult]::new('save', 'save', [CompletionResultType]::ParameterValue, 'Save the images to a file')
            [CompletionResult]::new('load', 'load', [CompletionResultType]::ParameterValue, 'Load images from a file that ''save'' wrote')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'redos;images;list' {
            [CompletionResult]::new('--redis-image', '--redis-image', [CompletionResultType]::ParameterName, 'Image of Redis (or Valkey) and Sentinel; auto finds, pulls or makes one')
            [CompletionResult]::new('--proxy-image', '--proxy-image', [CompletionResultType]::ParameterName, 'Image of HAProxy; auto finds, pulls or makes one')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'redos;images;pull' {
            [CompletionResult]::new('--redis-image', '--redis-image', [CompletionResultType]::ParameterName, 'Image of Redis (or Valkey) and Sentinel; auto finds, pulls or makes one')
            [CompletionResult]::new('--proxy-image', '--proxy-image', [CompletionResultType]::ParameterName, 'Image of HAProxy; auto finds, pulls or makes one')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'redos;images;build' {
            [CompletionResult]::new('--suite', '--suite', [CompletionResultType]::ParameterName, 'The release whose packages are taken, by its code name [default: this host''s]')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'The server of the Redis image')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'redos;images;save' {
            [CompletionResult]::new('--redis-image', '--redis-image', [CompletionResultType]::ParameterName, 'Image of Redis (or Valkey) and Sentinel; auto finds, pulls or makes one')
            [CompletionResult]::new('--proxy-image', '--proxy-image', [CompletionResultType]::ParameterName, 'Image of HAProxy; auto finds, pulls or makes one')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'redos;images;load' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'redos;images;help' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the images that ''up'' would use, and whether they are here')
            [CompletionResult]::new('pull', 'pull', [CompletionResultType]::ParameterValue, 'Pull the images from their registry')
            [CompletionResult]::new('build', 'build', [CompletionResultType]::ParameterValue, 'Make the images from Debian''s packages, without a registry')
            [CompletionResult]::new('save', 'save', [CompletionResultType]::ParameterValue, 'Save the images to a file')
            [CompletionResult]::new('load', 'load', [CompletionResultType]::ParameterValue, 'Load images from a file that ''save'' wrote')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'redos;images;help;list' {
            break
        }
        'redos;images;help;pull' {
            break
        }
        'redos;images;help;build' {
            break
        }
        'redos;images;help;save' {
            break
        }
        'redos;images;help;load' {
            break
        }
        'redos;images;help;help' {
            break
        }
        'redos;init' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Overwrite the file if it is there')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'redos;config' {
            [CompletionResult]::new('--masters', '--masters', [CompletionResultType]::ParameterName, 'Master groups, each with its own replicas and its own ports')
            [CompletionResult]::new('--replicas', '--replicas', [CompletionResultType]::ParameterName, 'Replicas of each master')
            [CompletionResult]::new('--sentinels', '--sentinels', [CompletionResultType]::ParameterName, 'Sentinels, which watch all groups; an odd number')
            [CompletionResult]::new('--quorum', '--quorum', [CompletionResultType]::ParameterName, 'Sentinels that must agree that a master is down [default: the majority]')
            [CompletionResult]::new('--proxies', '--proxies', [CompletionResultType]::ParameterName, 'HAProxies; the ports of each are 100 above those of the one before')
            [CompletionResult]::new('--bind', '--bind', [CompletionResultType]::ParameterName, 'Address of the Docker host to publish on; 0.0.0.0 opens the cluster to its networks')
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'Port for writes, 2 more for each further group; 0 lets Docker choose all ports')
            [CompletionResult]::new('--read-port', '--read-port', [CompletionResultType]::ParameterName, 'Port for reads from replicas, 2 more for each further group [default: the write port plus 1]')
            [CompletionResult]::new('--stats-port', '--stats-port', [CompletionResultType]::ParameterName, 'Port of the proxy''s statistics page and metrics [default: the write port plus 2025]')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'File with the password of applications; without one a random password is made')
            [CompletionResult]::new('--replication-password-file', '--replication-password-file', [CompletionResultType]::ParameterName, 'File with the password of replicas at their master; without one a random password is made')
            [CompletionResult]::new('--persistence', '--persistence', [CompletionResultType]::ParameterName, 'What Redis keeps on disk: both (append-only file and snapshots), aof, rdb or none')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Directory of the Docker host for the data, one folder per node [default: a named volume per node]')
            [CompletionResult]::new('--file-prefix', '--file-prefix', [CompletionResultType]::ParameterName, 'Put before the names of the snapshot and the append-only file')
            [CompletionResult]::new('--redis', '--redis', [CompletionResultType]::ParameterName, 'Further directive of redis.conf, such as maxmemory=256mb; an empty value takes it back')
            [CompletionResult]::new('--pubsub-patterns', '--pubsub-patterns', [CompletionResultType]::ParameterName, 'Patterns that applications may use in PSUBSCRIBE, separated by spaces; * allows all, those that hear the Sentinels among them')
            [CompletionResult]::new('--down-after', '--down-after', [CompletionResultType]::ParameterName, 'Silence after which a Sentinel holds a node to be down')
            [CompletionResult]::new('--failover-timeout', '--failover-timeout', [CompletionResultType]::ParameterName, 'Time limit of a failover''s phases; a failed one is tried again after twice this')
            [CompletionResult]::new('--check-interval', '--check-interval', [CompletionResultType]::ParameterName, 'Time between two checks of a node by the proxy')
            [CompletionResult]::new('--stats-user', '--stats-user', [CompletionResultType]::ParameterName, 'User of the statistics page')
            [CompletionResult]::new('--stats-password-file', '--stats-password-file', [CompletionResultType]::ParameterName, 'File with the password of the statistics page; without one a random password is made')
            [CompletionResult]::new('--follow', '--follow', [CompletionResultType]::ParameterName, 'Existing Redis server to copy and to send writes to, host:port; none takes over from it')
            [CompletionResult]::new('--redis-image', '--redis-image', [CompletionResultType]::ParameterName, 'Image of Redis (or Valkey) and Sentinel; auto finds, pulls or makes one')
            [CompletionResult]::new('--proxy-image', '--proxy-image', [CompletionResultType]::ParameterName, 'Image of HAProxy; auto finds, pulls or makes one')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'Print the JSON schema of redos.yaml instead')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'redos;completions' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'redos;man' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File with settings, ''-'' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data: table, json or yaml')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never; NO_COLOR means never')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: what each step costs and why')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'redos;help' {
            [CompletionResult]::new('up', 'up', [CompletionResultType]::ParameterValue, 'Create the cluster, or repair it, until it is ready')
            [CompletionResult]::new('down', 'down', [CompletionResultType]::ParameterValue, 'Remove the cluster; its data stays unless told otherwise')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show who is master, what Sentinels and proxies say, and the verdict')
            [CompletionResult]::new('ps', 'ps', [CompletionResultType]::ParameterValue, 'List the containers of the cluster')
            [CompletionResult]::new('ls', 'ls', [CompletionResultType]::ParameterValue, 'List all clusters of this Docker host')
            [CompletionResult]::new('plan', 'plan', [CompletionResultType]::ParameterValue, 'Show what ''up'' would do and why, and change nothing')
            [CompletionResult]::new('scale', 'scale', [CompletionResultType]::ParameterValue, 'Change how many nodes there are, without losing a write or the quorum')
            [CompletionResult]::new('failover', 'failover', [CompletionResultType]::ParameterValue, 'Make a replica the master, without losing a write')
            [CompletionResult]::new('stop', 'stop', [CompletionResultType]::ParameterValue, 'Stop nodes, or the whole cluster in good order; nothing is removed')
            [CompletionResult]::new('start', 'start', [CompletionResultType]::ParameterValue, 'Start nodes that are stopped, or the whole cluster, and wait until it is ready')
            [CompletionResult]::new('restart', 'restart', [CompletionResultType]::ParameterValue, 'Restart nodes one after the other, a master last and after a switchover')
            [CompletionResult]::new('url', 'url', [CompletionResultType]::ParameterValue, 'Print the URL to connect to, password included')
            [CompletionResult]::new('failover-test', 'failover-test', [CompletionResultType]::ParameterValue, 'Measure a failover under load: outage, lost writes and why, and a verdict')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Judge the history of a failover test once more')
            [CompletionResult]::new('chaos', 'chaos', [CompletionResultType]::ParameterValue, 'Inflict one fault on a node, for a time')
            [CompletionResult]::new('images', 'images', [CompletionResultType]::ParameterValue, 'Get the images, or carry them to a host without a registry')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Write a commented redos.yaml')
            [CompletionResult]::new('config', 'config', [CompletionResultType]::ParameterValue, 'Show all settings and where each comes from')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a script that completes redos in a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print the manual page')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'redos;help;up' {
            break
        }
        'redos;help;down' {
            break
        }
        'redos;help;status' {
            break
        }
        'redos;help;ps' {
            break
        }
        'redos;help;ls' {
            break
        }
        'redos;help;plan' {
            break
        }
        'redos;help;scale' {
            break
        }
        'redos;help;failover' {
            break
        }
        'redos;help;stop' {
            break
        }
        'redos;help;start' {
            break
        }
        'redos;help;restart' {
            break
        }
        'redos;help;url' {
            break
        }
        'redos;help;failover-test' {
            break
        }
        'redos;help;verify' {
            break
        }
        'redos;help;chaos' {
            [CompletionResult]::new('pause', 'pause', [CompletionResultType]::ParameterValue, 'Freeze its processes, as ''docker pause'' does')
            [CompletionResult]::new('unpause', 'unpause', [CompletionResultType]::ParameterValue, 'Undo a pause, and thaw what is frozen by ''docker pause''')
            [CompletionResult]::new('kill', 'kill', [CompletionResultType]::ParameterValue, 'End it by a signal, and start it again')
            [CompletionResult]::new('stop', 'stop', [CompletionResultType]::ParameterValue, 'Stop it in good order, and start it again')
            [CompletionResult]::new('start', 'start', [CompletionResultType]::ParameterValue, 'Undo a kill or a stop, and start what does not run')
            [CompletionResult]::new('restart', 'restart', [CompletionResultType]::ParameterValue, 'Stop it in good order and start it again at once')
            [CompletionResult]::new('freeze', 'freeze', [CompletionResultType]::ParameterValue, 'Freeze it by a signal, unnoticed by Docker')
            [CompletionResult]::new('disconnect', 'disconnect', [CompletionResultType]::ParameterValue, 'Take it off its network')
            [CompletionResult]::new('slow', 'slow', [CompletionResultType]::ParameterValue, 'Leave it 1 % of a CPU')
            [CompletionResult]::new('no-fork', 'no-fork', [CompletionResultType]::ParameterValue, 'Keep it from forking, and so from saving')
            [CompletionResult]::new('client-pause', 'client-pause', [CompletionResultType]::ParameterValue, 'Have its clients'' writes wait, as CLIENT PAUSE does')
            [CompletionResult]::new('oom', 'oom', [CompletionResultType]::ParameterValue, 'Let it run out of memory, so that the kernel kills it')
            [CompletionResult]::new('fill-disk', 'fill-disk', [CompletionResultType]::ParameterValue, 'Fill the disk that its data are on, if it is a small one of its own')
            [CompletionResult]::new('partition', 'partition', [CompletionResultType]::ParameterValue, 'Let its packets vanish: all, those of some nodes, one way or both')
            [CompletionResult]::new('reset', 'reset', [CompletionResultType]::ParameterValue, 'Reset its connections and refuse new ones')
            [CompletionResult]::new('latency', 'latency', [CompletionResultType]::ParameterValue, 'Let its packets come late')
            [CompletionResult]::new('loss', 'loss', [CompletionResultType]::ParameterValue, 'Let some of its packets vanish, by chance')
            [CompletionResult]::new('throttle', 'throttle', [CompletionResultType]::ParameterValue, 'Let its packets go through a narrow way, in each direction')
            [CompletionResult]::new('ls', 'ls', [CompletionResultType]::ParameterValue, 'List the faults that are not undone yet')
            [CompletionResult]::new('heal', 'heal', [CompletionResultType]::ParameterValue, 'Undo all faults of all clusters, or those of some nodes')
            [CompletionResult]::new('agent', 'agent', [CompletionResultType]::ParameterValue, 'Hold a fault of the network beside a container')
            [CompletionResult]::new('guard', 'guard', [CompletionResultType]::ParameterValue, 'Undo a fault when its time is over, should its redos not')
            break
        }
        'redos;help;chaos;pause' {
            break
        }
        'redos;help;chaos;unpause' {
            break
        }
        'redos;help;chaos;kill' {
            break
        }
        'redos;help;chaos;stop' {
            break
        }
        'redos;help;chaos;start' {
            break
        }
        'redos;help;chaos;restart' {
            break
        }
        'redos;help;chaos;freeze' {
            break
        }
        'redos;help;chaos;disconnect' {
            break
        }
        'redos;help;chaos;slow' {
            break
        }
        'redos;help;chaos;no-fork' {
            break
        }
        'redos;help;chaos;client-pause' {
            break
        }
        'redos;help;chaos;oom' {
            break
        }
        'redos;help;chaos;fill-disk' {
            break
        }
        'redos;help;chaos;partition' {
            break
        }
        'redos;help;chaos;reset' {
            break
        }
        'redos;help;chaos;latency' {
            break
        }
        'redos;help;chaos;loss' {
            break
        }
        'redos;help;chaos;throttle' {
            break
        }
        'redos;help;chaos;ls' {
            break
        }
        'redos;help;chaos;heal' {
            break
        }
        'redos;help;chaos;agent' {
            break
        }
        'redos;help;chaos;guard' {
            break
        }
        'redos;help;images' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the images that ''up'' would use, and whether they are here')
            [CompletionResult]::new('pull', 'pull', [CompletionResultType]::ParameterValue, 'Pull the images from their registry')
            [CompletionResult]::new('build', 'build', [CompletionResultType]::ParameterValue, 'Make the images from Debian''s packages, without a registry')
            [CompletionResult]::new('save', 'save', [CompletionResultType]::ParameterValue, 'Save the images to a file')
            [CompletionResult]::new('load', 'load', [CompletionResultType]::ParameterValue, 'Load images from a file that ''save'' wrote')
            break
        }
        'redos;help;images;list' {
            break
        }
        'redos;help;images;pull' {
            break
        }
        'redos;help;images;build' {
            break
        }
        'redos;help;images;save' {
            break
        }
        'redos;help;images;load' {
            break
        }
        'redos;help;init' {
            break
        }
        'redos;help;config' {
            break
        }
        'redos;help;completions' {
            break
        }
        'redos;help;man' {
            break
        }
        'redos;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
