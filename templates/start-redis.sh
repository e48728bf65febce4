# How {{ node }} of {{ cluster }} starts: sh start.sh SERVER. Written by redos.
#
# A node that comes back does not trust its own file, which may be older than the last failover. It asks the Sentinels:
# when a majority names another node, it starts as a replica of that. When a majority names this node, it starts as
# master, but not while they consider it down: they are about to replace it, and there would be two masters for a while.
# When no majority answers it uses its file; the proxies send writes to no node that a majority of Sentinels does not
# name.
#
# If a master has lost its data, its replicas would lose theirs. So it starts as master only when no replica has any.
#
# What can change while the node runs is not in this script: it reads that from the server's own file and asks the
# Sentinels.

server=$1
cli=${server%-server}-cli
me={{ address }}
conf={{ conf }}
standing={{ standing_file }}
answer=/tmp/answer

# The first process of a container ignores every signal that it does not handle.
trap 'exit 143' TERM INT

say() {
    echo "redos: $*"
}

# Sets now: milliseconds since the host started, in steps of 10.
look_at_clock() {
    read -r now _ </proc/uptime
    now=${now%.*}${now#*.}0
}

# Sets follows: the ADDRESS:PORT that the file says to follow, empty for a master; keeps_log and keeps_snapshots: yes or no.
read_file() {
    follows= keeps_log=no keeps_snapshots=no
    while read -r word value port _; do
        case $word-$value in
        replicaof-* | slaveof-*) follows=$value:$port ;;
        appendonly-*) keeps_log=$value ;;
        save-'""') keeps_snapshots=no ;;
        save-*) keeps_snapshots=yes ;;
        esac
    done <"$conf"
    if [ "$follows" = no:one ]; then follows=; fi
}

# Asks servers all at once: ask COMMAND ADDRESS:PORT... The password goes through stdin, because arguments and
# environments of processes can be seen from outside. Sets asked: the processes that ask.
ask() {
    command=$1 asked=
    shift
    for address; do
        : >"$answer-$address"
        "$cli"{% for argument in cli_arguments %} {{ argument }}{% endfor %} -h "${address%:*}" -p "${address#*:}" >"$answer-$address" 2>/dev/null <<COMMANDS &
AUTH {{ user }} {{ password }}
$command
COMMANDS
        asked="$asked $!"
    done
}

# Ends the processes that still ask: a frozen server never answers.
end_asking() {
    kill $asked 2>/dev/null
    wait $asked 2>/dev/null
}

# Reads a Sentinel's answer from stdin: sets named, flags, silence, patience, time_limit, replicas, sentinels.
hear() {
    named= flags= silence= patience= time_limit= replicas= sentinels=
    read -r _
    while read -r field && read -r value; do
        case $field in
        ip) named=$value ;;
        port) named=$named:$value ;;
        flags) flags=$value ;;
        last-ok-ping-reply) silence=$value ;;
        down-after-milliseconds) patience=$value ;;
        failover-timeout) time_limit=$value ;;
        num-slaves) replicas=$value ;;
        num-other-sentinels) sentinels=$((value + 1)) ;;
        esac
    done
}

# Counts the answers of Sentinels: count ADDRESS:PORT... Sets
#   master    the node that a majority names, empty when there is none,
#   doubted   yes when a Sentinel that names this node considers it down, or soon will: before it reconnects (at most
#             {{ ping_period }} ms after this node is up again) its down-after ends,
#   failing   yes when a failover is under way,
#   followed  yes when this node has replicas,
#   limit     how long one that names this node gives a failover, in milliseconds,
#   known     how many replicas one of them knows; if none of them answers, at least one other node is expected,
#   heard     how many have answered,
#   all       how many there are, by the answers.
count() {
    names= all=0 heard=0 master= doubted=no failing=no followed=no limit=0 known=
    for address; do
        hear <"$answer-$address"
        if [ -z "$sentinels" ]; then continue; fi
        names="$names $named" heard=$((heard + 1))
        if [ "$sentinels" -gt "$all" ]; then all=$sentinels; fi
        if [ "$replicas" -gt "${known:-0}" ]; then known=$replicas; fi
        known=${known:-0}
        if [ "$named" != "$me" ]; then continue; fi
        limit=$time_limit
        case $flags in
        *failover_in_progress*) failing=yes doubted=yes ;;
        *_down*) doubted=yes ;;
        esac
        if [ "$silence" -gt $((patience - {{ ping_period }} - 100)) ]; then doubted=yes; fi
        if [ "$replicas" -gt 0 ]; then followed=yes; fi
    done
    known=${known:-1}
    for name in $names; do
        votes=0
        for other in $names; do
            if [ "$name" = "$other" ]; then votes=$((votes + 1)); fi
        done
        if [ $((2 * votes)) -gt "$all" ]; then master=$name; fi
    done
}

# Asks the Sentinels until a majority has answered, 300 ms at most. If the majority names another node, the others make
# no difference; otherwise they have 50 ms to answer.
ask_sentinels() {
    ask 'SENTINEL MASTER {{ group }}' "$@"
    rounds=0 more=0
    while [ "$rounds" -lt 30 ] && [ "$more" -lt 5 ]; do
        sleep 0.01
        count "$@"
        if [ "$heard" -gt 0 ] && [ "$heard" = "$all" ]; then break; fi
        case $master in
        "") ;;
        "$me") more=$((more + 1)) ;;
        *) break ;;
        esac
        rounds=$((rounds + 1))
    done
    end_asking
}

# Whether a master may serve the data of this node: 'kept' holds every acknowledged write, 'snapshot' the data of some
# time ago, 'none' nothing.
judge_data() {
    data=none
    if [ "$keeps_log" = yes ]; then
        if [ -s {{ append_only_file }} ]; then data=kept; fi
    elif [ "$keeps_snapshots" = yes ]; then
        if [ -s {{ snapshot }} ]; then data=snapshot; fi
    fi
}

# Whether another node has, or may have, data that this one lacks: keys, and unless this one has none, keys that are not
# from this one.
others_have_more() {
    if [ "$data" = kept ]; then return 1; fi
    set --{% for peer in peers %} {{ peer }}{% endfor %}

    ask INFO "$@"
    sleep 0.3
    end_asking
    answered=0
    for address; do
        said=no keys=no linked=no
        while read -r line; do
            said=yes
            case $line in
            db[0-9]*:keys=* | loading:1*) keys=yes ;;
            master_link_status:up* | master_link_down_since_seconds:[0-9]*) linked=yes ;;
            esac
        done <"$answer-$address"
        if [ "$said" = yes ]; then answered=$((answered + 1)); fi
        case $data-$keys-$linked in
        none-yes-* | snapshot-yes-yes) return 0 ;;
        esac
    done
    # A node that is not up yet may have what this one has lost. Whoever wrote 'decided' has read the files of all
    # nodes.
    [ "$data-$decided" = none- ] && [ "$keeps_log-$keeps_snapshots" != no-no ] && [ "$answered" -lt "$known" ]
}

# Whether the master of this node is loading its data, or was not up yet a moment ago and may be about to load. A
# replica that is up meanwhile could be promoted with less data than that node has: Sentinels consider a master down
# that loads for long, and do not check how old the data of a freshly started replica are. To load data first that it
# copies again afterwards would be no gain. A server outside of the cluster is not concerned.
is_awaited() {
    case '{% for peer in peers %} {{ peer }}{% endfor %} ' in
    *" $master "*) ;;
    *) return 1 ;;
    esac
    ask 'INFO persistence' "$master"
    # A server that is loading answers only between two parts of its data.
    rounds=0 loads=
    while [ -z "$loads" ] && [ "$rounds" -lt 100 ]; do
        sleep 0.01
        while read -r line; do
            case $line in
            loading:1*) loads=yes ;;
            loading:0*) loads=no ;;
            esac
        done <"$answer-$master"
        rounds=$((rounds + 1))
    done
    end_asking
    look_at_clock
    case $loads in
    yes) seen=$now loaded=$now ;;
    no) [ $((now - loaded)) -lt {{ calm }} ] ;;
    *) [ $((now - seen)) -lt {{ return_limit }} ] ;;
    esac
}

# Whether no other node is up that could be promoted.
is_alone() {
    set --{% for peer in peers %} {{ peer }}{% endfor %}

    ask PING "$@"
    sleep 0.3
    end_asking
    for address; do
        if [ -s "$answer-$address" ]; then return 1; fi
    done
}

# Sets verdict: 'lead', 'follow', or nothing while it is too early to tell.
judge() {
    verdict=
    ask_sentinels{% for sentinel in sentinels %} {{ sentinel }}{% endfor %}

    look_at_clock
    waited=$((now - began))
    case $master in
    "$me")
        if [ "$followed" = no ]; then
            verdict=lead
        elif [ "$doubted" = yes ]; then
            # They go on when they have given up replacing it, and replace it only by a node that is up. Nodes that are
            # about to be up wait for this node. A busy node may not answer at once.
            if [ "$data-$failing" = kept-no ] && is_alone; then alone=$((alone + 1)); else alone=0; fi
            if [ "$alone" -ge 3 ]; then
                verdict=lead
            elif [ "$failing" = no ] && [ "$waited" -gt $((limit + {{ trust_margin }})) ] && ! others_have_more; then verdict=lead; fi
        elif ! others_have_more; then
            verdict=lead
        fi
        ;;
    "")
        if [ -n "$follows" ]; then
            master=$follows verdict=follow
        elif [ "$waited" -gt {{ ask_for }} ] && ! others_have_more; then
            verdict=lead
        fi
        ;;
    *) verdict=follow ;;
    esac
    if [ "$verdict" = follow ] && is_awaited; then verdict=; fi
}

# A replica without data must not be promoted before it has those of its master: a Sentinel does not check whether it
# has any. redos takes that back. If none are kept at all, every replica starts so.
join() {
    if [ "$data" = none ] && [ "$keeps_log-$keeps_snapshots" != no-no ]; then echo '{{ no_promotion }}' >>"$conf"; fi
}

decide() {
    judge_data
    look_at_clock
    began=$now alone=0 seen=$now loaded=-{{ calm }}
    if [ "$decided" = decided ] && [ -n "$follows" ]; then
        master=$follows
        while is_awaited; do sleep 0.1; done
        join
        return
    fi
    if [ "$decided" = decided ] && ! others_have_more; then return; fi
    judge
    if [ -z "$verdict" ]; then
        case $loads in
        yes) say "this node waits for $master, the master of {{ group }}, to load its data" ;;
        *) say "it is not yet clear who is master of {{ group }}, waiting" ;;
        esac
        if [ "$data" = none ]; then say "this node has no data: it leads only when all others have answered and none has any"; fi
    fi
    while [ -z "$verdict" ]; do
        sleep 0.1
        judge
    done
    if [ "$verdict" = lead ]; then
        if [ -n "$follows" ]; then echo 'replicaof no one' >>"$conf"; fi
        say "starting as master of {{ group }}"
        return
    fi
    join
    if [ "$master" != "$follows" ]; then
        echo "replicaof ${master%:*} ${master#*:}" >>"$conf"
        say "starting as a replica of $master, which the Sentinels name"
    fi
}

# The server would end because of files of another user, as docker cp leaves them. 'up' and 'start' give them to this
# node.
check_owner() {
    for file in{% for place in data_places %} {{ place }} {{ place }}/*{% endfor %}; do
        if [ -e "$file" ] && ! { [ -r "$file" ] && [ -w "$file" ]; }; then
            say "$file {{ foreign_file }}: redos -p {{ cluster }} up makes it so"
            exit 1
        fi
    done
}

check_owner
# What redos knew when it wrote this holds for one start: 'new' for a node without data, of a new group or as a replica;
# 'decided' when there was no Sentinel to ask and redos read the files of all nodes.
decided=
if [ -s "$standing" ]; then
    read -r decided <"$standing"
    : >"$standing"
fi
if [ "$decided" != new ]; then
    read_file
    decide
fi
exec "$server" "$conf"
