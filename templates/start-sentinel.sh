# How {{ node }} of {{ cluster }} starts: sh start.sh SERVER. Written by redos.
#
# A Sentinel keeps these periods in memory only, so they are given to it at every start. With them a master that comes back
# is a replica again after 2 s and not after 10 s:
#   PING     also how often it reconnects; less than 500 ms would make every replica unfit during a failover, in which
#            their INFO comes once a second and must not be older than five of these,
#   INFO     how soon it sees that a node has another role than it should,
#   PUBLISH  how often it tells the others which node is master; after four of these it corrects a role,
#   ASK      how often it asks the others whether a master is down. Their answers count for five of these, also for the next
#            master: with the usual second, one that could not reach a fresh master in time would replace it alone,
#   TILT     how long it does nothing after it was frozen itself. Within that time all others answer it again. After the
#            usual 30 s it would find that each replica's link has been down for too long, and never promote one.

server=$1
cli=${server%-server}-cli

set_periods() {
    # redis-cli succeeds also without a subscriber: only the answer counts.
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        sleep 0.1
        said=$("$cli"{% for argument in cli_arguments %} {{ argument }}{% endfor %} -h 127.0.0.1 -p {{ port }} 2>&1 <<COMMANDS
AUTH {{ user }} {{ password }}
SENTINEL DEBUG PING-PERIOD {{ ping_period }} INFO-PERIOD {{ info_period }} PUBLISH-PERIOD {{ publish_period }} ASK-PERIOD {{ ask_period }} TILT-PERIOD {{ tilt_period }}
COMMANDS
        )
        case $said in
        OK*OK*) return ;;
        esac
    done
    echo "redos: the periods are not set: $said"
}

# When no other Sentinel runs, the whole host has been restarted, and the masters are coming up as well. A Sentinel that is
# up long before its master would replace it with a replica that may have less. Waits 10 s at most.
await_masters() {
    masters= others=
    while read -r word what _ address port _; do
        case $word-$what in
        sentinel-monitor) masters="$masters $address:$port" ;;
        sentinel-known-sentinel) others="$others $address:$port" ;;
        esac
    done <{{ conf }}
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        for other in $others; do
            if answers "$other"; then return; fi
        done
        missing=
        for master in $masters; do
            if ! answers "$master"; then missing=$master; fi
        done
        if [ -z "$missing" ]; then return; fi
        sleep 0.5
    done
}

# Whether a server answers at all, even if it only asks for a password: answers ADDRESS:PORT.
answers() {
    case $(timeout 1 "$cli"{% for argument in cli_arguments %} {{ argument }}{% endfor %} -h "${1%:*}" -p "${1#*:}" PING 2>/dev/null) in
    *NOAUTH* | *PONG* | *LOADING*) return 0 ;;
    esac
    return 1
}

# The first process of a container ignores every signal that it does not handle.
trap 'exit 143' TERM INT
await_masters
set_periods &
exec "$server" {{ conf }} --sentinel
