#!/bin/sh
# Succeeds when a master answers behind the proxy.
REDISCLI_AUTH=$(cat /run/secrets/redis-password)
export REDISCLI_AUTH
redis-cli -e -h "$REDIS_HOST" -p "$REDIS_PORT" INFO replication | grep -q '^role:master'
