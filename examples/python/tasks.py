"""Tasks of Celery whose broker and results are a redos cluster. They need Celery: pip install 'celery[redis]'

    REDIS_URL="$(redos url)" celery -A tasks worker
    REDIS_URL="$(redos url)" python3 -c 'from tasks import add; print(add.delay(2, 3).get(timeout=20))'

Through the proxy's address a failover is a broken connection, and Celery connects again. A task that a worker had taken
when the master died may run twice, as with every broker that redelivers.
"""

import os

from celery import Celery

app = Celery("tasks", broker=os.environ["REDIS_URL"], backend=os.environ["REDIS_URL"])
app.conf.update(
    # A worker that starts during a failover, or loses its broker for long, tries again and does not end.
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={"socket_timeout": 5, "socket_keepalive": True, "retry_on_timeout": True},
    redis_socket_timeout=5,
    redis_retry_on_timeout=True,
)


@app.task
def add(x, y):
    """The sum of two numbers."""
    return x + y
