"""Settings from ``TRIAGE_*`` environment variables; a bad value stops the start with a sentence."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from triage_app import paths, values
from triage_app.config_zone import site_zone
from triage_app.domain.calendar import SiteZone
from triage_app.domain.context import RedFlag
from triage_app.domain.errors import ConfigurationError
from triage_app.domain.reading import Terms
from triage_app.domain.shown import is_text, shown
from triage_app.origin import browser_origin

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
    Setting("HOST", "127.0.0.1", "Address to listen on; loopback only, a reverse proxy adds TLS."),
    Setting("PORT", "7860", "TCP port; 0 takes any free one."),
    Setting(
        "PUBLIC_ORIGIN", "", "Origin of the reverse proxy, such as https://triage.clinic.example."
    ),
    Setting("SINGLE_USER", "no", "yes: nobody signs in, and the trail can't tell people apart."),
    Setting("SESSION_IDLE_MINUTES", "30", "A session ends when it was not used for so long."),
    Setting("SESSION_HOURS", "12", "A session ends after so long in any case."),
    Setting("MODEL_DIR", "", "Folder of model and card; empty means the newest in assets/models."),
    Setting("SITE_NAME", "Dermoscopy triage", "Name of the clinic, heads pages and reports."),
    Setting("TIME_ZONE", "", "The site's time zone, as Europe/Berlin; empty means the system's."),
    Setting("MAX_UPLOAD_MB", "40", "Largest accepted file, in MB (10^6 bytes)."),
    Setting("UPLOADS_PER_DAY", "1000", "Images that one person may send in 24 hours."),
    Setting("MAX_MEGAPIXELS", "80", "Largest accepted picture, in millions of pixels."),
    Setting("DECODE_SECONDS", "5", "Wall-clock limit for decoding one file, in seconds."),
    Setting("DECODE_MEMORY_MB", "480", "Memory that the decoding process may hold, in MiB."),
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
    Setting(
        "IMPRESSION_FIRST",
        "no",
        "yes: findings are withheld until a clinician has recorded an impression.",
    ),
    Setting("URGENT_HOURS", "24", "An urgent case that nobody read is escalated after so long."),
    Setting("READ_DAYS", "7", "Any other case that nobody read is overdue after so long."),
    Setting("HISTOLOGY_DAYS", "21", "The histology of a biopsy is due after so many days."),
    Setting("REFERRAL_DAYS", "14", "The confirmation of a referral is due after so many days."),
    Setting("RETENTION_MONTHS", "0", "Cases are erased so long after their last change; 0 keeps."),
    Setting("BACKUP_DIR", "", "Folder of scheduled backups; empty means that none are made."),
    Setting("BACKUP_HOURS", "24", "Hours between scheduled backups."),
    Setting("BACKUP_KEEP", "14", "Scheduled backups that are kept; older ones are removed."),
    Setting("BACKUP_PASSPHRASE_FILE", "", "File whose first line encrypts backups; may be empty."),
    Setting("LOG_LEVEL", "INFO", "DEBUG, INFO, WARNING or ERROR; logs hold no patient text."),
)

# What may name a person or a place; the trail keeps only a hash of it.
FREE_TEXT = frozenset(
    {
        "DATA_DIR",
        "DATABASE_URL",
        "PUBLIC_ORIGIN",
        "MODEL_DIR",
        "SITE_NAME",
        "BACKUP_DIR",
        "BACKUP_PASSPHRASE_FILE",
    }
)


# Kept to the letter: see ``paths``.
PATHS = frozenset({"DATA_DIR", "DATABASE_URL", "MODEL_DIR", "BACKUP_DIR", "BACKUP_PASSPHRASE_FILE"})


@dataclass(frozen=True)
class Settings:
    """Checked values of all settings; ``given`` holds them as they were typed, by name."""

    data_dir: Path
    database_url: str
    host: str
    port: int
    public_origin: str
    single_user: bool
    session_idle: timedelta
    session_longest: timedelta
    model_dir: Path | None
    site_name: str
    time_zone: SiteZone
    max_upload_bytes: int
    uploads_per_day: int
    max_pixels: int
    decode_seconds: float
    decode_memory_bytes: int
    threads: int
    rule_out: float | None
    rule_in: float | None
    urgent_red_flags: frozenset[RedFlag]
    impression_first: bool
    terms: Terms
    retention_months: int
    backup_dir: Path | None
    backup_hours: float
    backup_keep: int
    backup_passphrase_file: Path | None
    log_level: str
    given: Mapping[str, str] = field(repr=False)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read and check; raises ConfigurationError naming the variable, also for unknown ones."""
        env = os.environ if environ is None else environ
        _refuse_unknown(env)
        raw = {s.name: _raw(env.get(s.variable, ""), s) or s.default for s in SETTINGS}
        data_dir = paths.chosen("TRIAGE_DATA_DIR", raw["DATA_DIR"])
        return cls(
            data_dir=data_dir,
            database_url=paths.database_url("TRIAGE_DATABASE_URL", raw["DATABASE_URL"], data_dir),
            host=values.loopback(raw["HOST"]),
            port=int(_number(raw, "PORT", 0, 65535, whole=True)),
            **_sign_in(raw),
            model_dir=_path(raw, "MODEL_DIR"),
            site_name=raw["SITE_NAME"],
            time_zone=site_zone(raw["TIME_ZONE"], env),
            max_upload_bytes=int(_number(raw, "MAX_UPLOAD_MB", 0.01, 1000) * 1_000_000),
            uploads_per_day=int(_number(raw, "UPLOADS_PER_DAY", 1, 1_000_000, whole=True)),
            max_pixels=int(_number(raw, "MAX_MEGAPIXELS", 0.1, 500) * 1_000_000),
            decode_seconds=_number(raw, "DECODE_SECONDS", 1, 300),
            decode_memory_bytes=int(_number(raw, "DECODE_MEMORY_MB", 256, 16384)) * 1024 * 1024,
            threads=int(_number(raw, "THREADS", 1, 64, whole=True)),
            rule_out=_point(raw, "RULE_OUT"),
            rule_in=_point(raw, "RULE_IN"),
            urgent_red_flags=values.red_flags(raw["URGENT_RED_FLAGS"]),
            impression_first=_yes(raw, "IMPRESSION_FIRST"),
            terms=_terms(raw),
            retention_months=int(_number(raw, "RETENTION_MONTHS", 0, 1200, whole=True)),
            backup_dir=_path(raw, "BACKUP_DIR"),
            backup_hours=_number(raw, "BACKUP_HOURS", 0.1, 24 * 366),
            backup_keep=int(_number(raw, "BACKUP_KEEP", 1, 10_000, whole=True)),
            backup_passphrase_file=_path(raw, "BACKUP_PASSPHRASE_FILE"),
            log_level=values.log_level(raw["LOG_LEVEL"]),
            given=raw,
        )

    @property
    def database(self) -> Path:
        """The file of the database."""
        return paths.file_of(self.database_url)

    def environment(self) -> dict[str, str]:
        """All settings by variable as they were typed; of free text only a hash."""
        return _stated(self.given)


def usual() -> dict[str, str]:
    """All settings by name as they are when nothing is set."""
    return {setting.name: setting.default for setting in SETTINGS}


def usual_environment() -> dict[str, str]:
    """The same as ``Settings.environment`` gives them."""
    return _stated(usual())


def _stated(given: Mapping[str, str]) -> dict[str, str]:
    return {
        f"TRIAGE_{name}": _hashed(text) if name in FREE_TEXT else text
        for name, text in given.items()
    }


def _hashed(text: str) -> str:
    return f"sha256:{sha256(text.encode()).hexdigest()[:16]}" if text else ""


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


def _raw(text: str, setting: Setting) -> str:
    if not is_text(text) and setting.name not in PATHS:
        raise ConfigurationError(f"{setting.variable} is {shown(text)}, which is not UTF-8 text.")
    return text if setting.name in PATHS and text.strip() else text.strip()


def _path(raw: Mapping[str, str], name: str) -> Path | None:
    return paths.chosen(f"TRIAGE_{name}", raw[name]) if raw[name] else None


def _sign_in(raw: Mapping[str, str]) -> dict[str, Any]:
    single_user, origin = _yes(raw, "SINGLE_USER"), browser_origin(raw["PUBLIC_ORIGIN"])
    if single_user and origin:
        raise ConfigurationError(
            "TRIAGE_SINGLE_USER lets everyone in who reaches the server, so it can't be combined "
            "with TRIAGE_PUBLIC_ORIGIN. Leave one of them out."
        )
    idle = timedelta(minutes=_number(raw, "SESSION_IDLE_MINUTES", 1, 24 * 60))
    longest = timedelta(hours=_number(raw, "SESSION_HOURS", 0.1, 24 * 30))
    return {
        "single_user": single_user,
        "public_origin": origin,
        "session_idle": idle,
        "session_longest": longest,
    }


def _yes(raw: Mapping[str, str], name: str) -> bool:
    # Anything but a clear answer stops the start: a guess would open or shut the door.
    if raw[name] not in ("yes", "no"):
        raise ConfigurationError(f"TRIAGE_{name} must be yes or no, not {raw[name]!r}.")
    return raw[name] == "yes"


def _terms(raw: Mapping[str, str]) -> Terms:
    return Terms(
        urgent=timedelta(hours=_number(raw, "URGENT_HOURS", 0.1, 24 * 31)),
        read=timedelta(days=_number(raw, "READ_DAYS", 0.1, 366)),
        histology_days=int(_number(raw, "HISTOLOGY_DAYS", 1, 366, whole=True)),
        referral_days=int(_number(raw, "REFERRAL_DAYS", 1, 366, whole=True)),
    )


def _point(raw: Mapping[str, str], name: str) -> float | None:
    return _number(raw, name, 1e-6, 1 - 1e-6) if raw[name] else None
