"""Structured logs: one JSON object a line, with ids and codes only, never patient text."""

import json
import logging
import sys
from datetime import UTC, datetime

# The only extra fields that are written; anything else, patient text above all, is dropped.
FIELDS = (
    "case",
    "report",
    "level",
    "code",
    "status",
    "bytes",
    "files",
    "ms",
    "path",
    "method",
    "batch",
    "certificate",
    "person",
    "job",
    "count",
)


class JsonLines(logging.Formatter):
    """Formats a record as one JSON line."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, object] = {
            "at": at,
            "level": record.levelname,
            "logger": record.name,
            "event": record.getMessage(),
        }
        # "level" is taken by the severity, so a triage level is written as "triage".
        for name in FIELDS:
            if name in record.__dict__:
                line["triage" if name == "level" else name] = record.__dict__[name]
        if record.exc_info and record.exc_info[0] is not None:
            # The message of an unexpected error may quote what a person typed: its class and
            # place are enough to find it.
            line["error"] = record.exc_info[0].__name__
            line["where"] = _places(record)
        return json.dumps(line, ensure_ascii=False, default=str)


def _places(record: logging.LogRecord) -> list[str]:
    assert record.exc_info is not None
    trace, places = record.exc_info[2], []
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_qualname}:{trace.tb_lineno}")
        trace = trace.tb_next
    return places[-6:]


def configure(level: str) -> None:
    """Send this project's logs to standard error; other libraries only from WARNING up."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("triage_app").setLevel(level)
