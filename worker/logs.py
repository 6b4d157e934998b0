"""Logs: one JSON object a line for machines, or plain lines for a terminal."""

import logging
import sys

import structlog

from ingest.text import clean_line, clean_text

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
        structlog.processors.JSONRenderer(ensure_ascii=False)
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


def _clean(
    _logger: structlog.typing.WrappedLogger, _method: str, told: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Strangers' text is in URLs and errors: it must not begin a line, nor steer a terminal."""
    cleaned = {k: clean_text(v) if isinstance(v, str) else v for k, v in told.items()}
    return cleaned | {"event": clean_line(str(told["event"]))}
