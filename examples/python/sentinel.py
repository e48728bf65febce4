#!/usr/bin/env python3
"""A client that asks the Sentinels for the master. It needs redis-py: pip install redis

    SENTINELS=172.18.0.6:26379,172.18.0.7:26379,172.18.0.8:26379 PASSWORD_FILE=password.txt python3 sentinel.py

The Sentinels name nodes by their addresses on the cluster's network, so the client runs there: in a container on that
network, or on the Docker host where it is Linux. 'redos ps -o json' shows the addresses, 'redos url' the password, which
opens the Sentinels, too: it is allowed to ask who is master there, and nothing else.
"""

import os
import time

import redis
from redis.sentinel import MasterNotFoundError, Sentinel

with open(os.environ["PASSWORD_FILE"], encoding="utf-8") as file:
    password = file.read().strip()
sentinels = [address.rsplit(":", 1) for address in os.environ["SENTINELS"].split(",")]
sentinel = Sentinel(
    [(host, int(port)) for host, port in sentinels],
    sentinel_kwargs={"password": password, "socket_timeout": 1},
    password=password,
    socket_timeout=1,
    decode_responses=True,
)
master = sentinel.master_for("mymaster")
replica = sentinel.slave_for("mymaster")

# A failover takes some 2 s with the default settings. SET may be repeated: done twice it is the same.
deadline = time.monotonic() + 10
while True:
    try:
        master.set("greeting", "hello")
        break
    except (MasterNotFoundError, redis.ConnectionError, redis.TimeoutError, redis.ReadOnlyError) as error:
        if time.monotonic() > deadline:
            raise
        print(f"not now: {error}")
        time.sleep(0.1)
print(master.get("greeting"))
# A replica may be a moment behind its master.
print(replica.get("greeting"))
