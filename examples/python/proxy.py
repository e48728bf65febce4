#!/usr/bin/env python3
"""A client at the proxy's address. It needs redis-py: pip install redis

    REDIS_URL="$(redos url)" python3 proxy.py

The address stays the same through a failover. A connection to the old master is closed at once, so that the client
connects again and reaches the new one. redis-py repeats a command that failed; repeat only what may be done twice.
"""

import os

import redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

# Waits 0.05, 0.1, 0.2, ... s between attempts, 1 s at most: some 6 s in all, longer than a failover takes.
retry = Retry(ExponentialBackoff(cap=1, base=0.05), retries=10)
client = redis.Redis.from_url(
    os.environ["REDIS_URL"],
    decode_responses=True,
    socket_timeout=1,
    retry=retry,
    retry_on_error=[redis.ConnectionError, redis.TimeoutError],
)

client.set("greeting", "hello")
print(client.get("greeting"))
