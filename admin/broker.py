"""The Redis that is set by TRANSPACIFIC_REDIS_URL, asked for a moment."""

from typing import TYPE_CHECKING

from admin.errors import Misuse

if TYPE_CHECKING:
    import redis

# Seconds; a Redis on the same network answers in a thousandth of it.
PATIENCE = 5.0


def client(url: str) -> "redis.Redis":
    """A client of the server that Celery would use under this URL. Raises `Misuse`."""
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    try:
        return redis.Redis.from_url(
            url.replace("redis+socket://", "unix://", 1),
            socket_timeout=PATIENCE,
            socket_connect_timeout=PATIENCE,
            retry=Retry(NoBackoff(), 0),
        )
    except ValueError as error:
        raise Misuse(
            f"TRANSPACIFIC_REDIS_URL is not a Redis URL ({error}): write redis://host:6379/0, "
            "rediss://… or redis+socket:///path/to/redis.sock"
        ) from None
