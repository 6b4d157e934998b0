"""Logs: one JSON object a line for machines, or plain lines for a terminal."""

import json
import logging
import sys
from contextlib import AbstractContextManager
from typing import Any

import structlog

from ingest.text.sanitise import clean_line, clean_text, escape_json

# Chatter of libraries that says nothing to an operator.
QUIET = (
    "alembic",
    "trafilatura",
    "htmldate",
    "courlan",
    "charset_normalizer",
    "urllib3",
    "kombu",
    "amqp",
)


def about(article_id: int, url: str) -> AbstractContextManager[None]:
    """Within it every line, of libraries too, names the article: `article`, and `trace`.

    The trace is made from the canonical URL alone, so that every process has the same without
    being told, from the poll that finds an article to its events.
    """
    from store.tables import trace_of  # slow to import, and most who log name no article

    return structlog.contextvars.bound_contextvars(article=article_id, trace=trace_of(url))


def configure(format: str, level: int = logging.INFO) -> None:
    """Send structlog and the standard library's logging to stderr; `format`: json, text, auto."""
    as_json = format == "json" or (format == "auto" and not sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _clean,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(_one_line)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    # "Task received / succeeded" twice a page drowns what happened to the page.
    for name in ("celery.worker.strategy", "celery.app.trace"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # Three lines a tick, for years.
    logging.getLogger("celery.beat").addFilter(lambda told: "Sending due task" not in told.msg)


def _one_line(told: structlog.typing.EventDict, **options: Any) -> str:
    """The JSON of an event: what `_clean` does not reach, inside lists and the like, is escaped."""
    return escape_json(json.dumps(told, ensure_ascii=False, **options))


def _clean(
    _logger: structlog.typing.WrappedLogger, _method: str, told: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Strangers' text is in URLs and errors: it must not begin a line, nor steer a terminal."""
    cleaned = {k: clean_text(v) if isinstance(v, str) else v for k, v in told.items()}
    return cleaned | {"event": clean_line(str(told["event"]))}
