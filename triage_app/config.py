"""Settings from ``TRIAGE_*`` environment variables; a bad value stops the start with a sentence."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from triage_app.domain.context import RedFlag
from triage_app.domain.errors import ConfigurationError

PROJECT_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Setting:
    """One environment variable: its name without the prefix, default and meaning."""

    name: str
    default: str
    help: str

    @property
    def variable(self) -> str:
        """Full name of the environment variable."""
        return f"TRIAGE_{self.name}"


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "DATA_DIR",
        "~/.local/share/dermoscopy-triage",
        "Folder of the database, images and reports.",
    ),
    Setting("DATABASE_URL", "", "SQLite URL; empty means triage.sqlite3 in the data folder."),
    Setting("HOST", "127.0.0.1", "Address to listen on; loopback only until there is sign-in."),
    Setting("PORT", "7860", "TCP port; 0 takes any free one."),
    Setting("MODEL_DIR", "", "Folder of model and card; empty means the newest in assets/models."),
    Setting("SITE_NAME", "Dermoscopy triage", "Name of the clinic, heads pages and reports."),
    Setting("MAX_UPLOAD_MB", "40", "Largest accepted file, in MB (10^6 bytes)."),
    Setting("MAX_MEGAPIXELS", "80", "Largest accepted picture, in millions of pixels."),
    Setting("DECODE_SECONDS", "15", "Wall-clock limit for decoding one file, in seconds."),
    Setting("DECODE_MEMORY_MB", "1024", "Address-space limit of the decoding process, in MiB."),
    Setting("THREADS", "2", "Threads of the model's interpreter."),
    Setting("RULE_OUT", "", "Stricter (lower) rule-out point than the model card's; may be empty."),
    Setting("RULE_IN", "", "Stricter (lower) rule-in point than the model card's; may be empty."),
    Setting(
        "URGENT_RED_FLAGS",
        "",
        "Red flags that make a case urgent, separated by commas: "
        + ", ".join(flag.value for flag in RedFlag)
        + ".",
    ),
    Setting("LOG_LEVEL", "INFO", "DEBUG, INFO, WARNING or ERROR; logs hold no patient text."),
)


@dataclass(frozen=True)
class Settings:
    """Checked values of all settings."""

    data_dir: Path
    database_url: str
    host: str
    port: int
    model_dir: Path | None
    site_name: str
    max_upload_bytes: int
    max_pixels: int
    decode_seconds: float
    decode_memory_bytes: int
    threads: int
    rule_out: float | None
    rule_in: float | None
    urgent_red_flags: frozenset[RedFlag]
    log_level: str

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read and check; raises ConfigurationError naming the variable, also for unknown ones."""
        env = os.environ if environ is None else environ
        _refuse_unknown(env)
        raw = {s.name: env.get(s.variable, "").strip() or s.default for s in SETTINGS}
        data_dir = Path(raw["DATA_DIR"]).expanduser().resolve()
        return cls(
            data_dir=data_dir,
            database_url=_database_url(raw["DATABASE_URL"], data_dir),
            host=_loopback(raw["HOST"]),
            port=int(_number(raw, "PORT", 0, 65535, whole=True)),
            model_dir=Path(raw["MODEL_DIR"]).expanduser().resolve() if raw["MODEL_DIR"] else None,
            site_name=raw["SITE_NAME"],
            max_upload_bytes=int(_number(raw, "MAX_UPLOAD_MB", 0.01, 1000) * 1_000_000),
            max_pixels=int(_number(raw, "MAX_MEGAPIXELS", 0.1, 500) * 1_000_000),
            decode_seconds=_number(raw, "DECODE_SECONDS", 1, 300),
            decode_memory_bytes=int(_number(raw, "DECODE_MEMORY_MB", 256, 16384)) * 1024 * 1024,
            threads=int(_number(raw, "THREADS", 1, 64, whole=True)),
            rule_out=_point(raw, "RULE_OUT"),
            rule_in=_point(raw, "RULE_IN"),
            urgent_red_flags=_red_flags(raw["URGENT_RED_FLAGS"]),
            log_level=_log_level(raw["LOG_LEVEL"]),
        )


def _refuse_unknown(env: Mapping[str, str]) -> None:
    # A misspelt safety setting that is silently ignored would be a hazard.
    known = {s.variable for s in SETTINGS}
    unknown = sorted(name for name in env if name.startswith("TRIAGE_") and name not in known)
    if unknown:
        raise ConfigurationError(
            f"Unknown setting {unknown[0]}. Known: {', '.join(sorted(known))}."
        )


def _number(
    raw: Mapping[str, str], name: str, low: float, high: float, *, whole: bool = False
) -> float:
    kind: Any = int if whole else float
    try:
        value = float(kind(raw[name]))
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        wanted = "a whole number" if whole else "a number"
        raise ConfigurationError(
            f"TRIAGE_{name} must be {wanted} from {low} to {high}, not {raw[name]!r}."
        )
    return value


def _point(raw: Mapping[str, str], name: str) -> float | None:
    return _number(raw, name, 1e-6, 1 - 1e-6) if raw[name] else None


def _loopback(host: str) -> str:
    try:
        allowed = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        allowed = False
    if not allowed:
        raise ConfigurationError(
            f"TRIAGE_HOST is {host!r}. Without sign-in, patients' images may only be served to "
            "this machine: use 127.0.0.1, ::1 or localhost."
        )
    return host


def _database_url(url: str, data_dir: Path) -> str:
    if not url:
        return f"sqlite:///{data_dir / 'triage.sqlite3'}"
    if not url.startswith("sqlite:///") or url == "sqlite:///":
        raise ConfigurationError("TRIAGE_DATABASE_URL must name a file: sqlite:///path/to/file.")
    return url


def _red_flags(text: str) -> frozenset[RedFlag]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    try:
        return frozenset(RedFlag(name) for name in names)
    except ValueError as error:
        raise ConfigurationError(
            f"TRIAGE_URGENT_RED_FLAGS: {error}. Known: {', '.join(f.value for f in RedFlag)}."
        ) from None


def _log_level(text: str) -> str:
    if text.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise ConfigurationError(
            f"TRIAGE_LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR, not {text!r}."
        )
    return text.upper()
