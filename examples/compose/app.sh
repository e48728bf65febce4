#!/bin/sh
# Counts in Redis, once a second, and goes on after a failover: a write that fails is tried again.
REDISCLI_AUTH=$(cat /run/secrets/redis-password)
export REDISCLI_AUTH
trap exit TERM
while :; do
    if count=$(redis-cli -e -h "$REDIS_HOST" -p "$REDIS_PORT" INCR visits 2>&1); then
        echo "visits: $count"
    else
        echo "not now: $count" >&2
    fi
    sleep 1
done
