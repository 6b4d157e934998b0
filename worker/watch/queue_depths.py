"""How much waits in the queues, as Redis has it; and the one client by which all ask Redis."""

from dataclasses import dataclass

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from worker.home.lock import running_broker
from worker.queues import BEAT, CPU, NETWORK, REPROCESS
from worker.settings import Settings

# Seconds; a Redis on the same network answers in a thousandth of it.
PATIENCE = 5.0
# Kombu's hash of the messages that a worker has and has not acknowledged.
UNACKNOWLEDGED = "unacked"


@dataclass(frozen=True, slots=True)
class Depths:
    """Messages by queue. `queues` is None where no Redis answers, and `error` says why.

    Without either, there is none to be asked: no address is set, and no service runs here.
    """

    queues: dict[str, int] | None = None
    unacknowledged: int = 0
    error: str | None = None


def client(url: str) -> redis.Redis:
    """A client of the server that Celery would use under this URL, in whichever way it is written.

    It makes no attempts of its own: who asks is in a transaction, or comes again in seconds.
    """
    return redis.Redis.from_url(
        url.replace("redis+socket://", "unix://", 1),
        socket_timeout=PATIENCE,
        socket_connect_timeout=PATIENCE,
        retry=Retry(NoBackoff(), 0),
    )


def broker(settings: Settings) -> str | None:
    """The Redis that is set, or that of the service that runs in this home."""
    return settings.redis_url or running_broker(settings.home)


def read(settings: Settings) -> Depths:
    """Ask Redis, if there is one."""
    url = broker(settings)
    if url is None:
        return Depths()
    try:
        with client(url) as asked:
            queues = {queue: int(asked.llen(queue)) for queue in (BEAT, NETWORK, CPU, REPROCESS)}
            return Depths(queues, int(asked.hlen(UNACKNOWLEDGED)))
    except redis.RedisError as error:
        return Depths(error=" ".join(str(error).split()))
