#!/usr/bin/env python3
"""A client of a cluster with TLS. It needs redis-py: pip install redis

    eval "$(redos env)"; python3 tls.py

It trusts the cluster's own certificate authority and nobody else, and checks that the server has the name or the address
that it was asked for. The certificate comes from 'redos env' as a text, or from 'redos url --ca' as a file.
"""

import os
import tempfile

import redis

with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
    file.write(os.environ["REDIS_CA_PEM"])
    file.flush()
    client = redis.Redis.from_url(
        os.environ["REDIS_URL"],
        decode_responses=True,
        socket_timeout=1,
        ssl_ca_certs=file.name,
        ssl_cert_reqs="required",
        ssl_check_hostname=True,
    )
    client.set("greeting", "hello")
    print(client.get("greeting"))
