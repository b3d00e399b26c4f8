"""Folders and files that settings name: any that this system can hold, and no other one.

A path is never cleaned: a folder that is a space away from the right one would be taken for a new
workstation.
"""

import os
from pathlib import Path
from urllib.parse import quote, unquote

from triage_app.domain.errors import ConfigurationError
from triage_app.domain.shown import is_text, shown

SQLITE = "sqlite:///"
DATABASE_FILE = "triage.sqlite3"
_KEPT = "/ "  # as the URLs of SQLAlchemy are written


def chosen(variable: str, text: str) -> Path:
    """The absolute path that a setting names; raises ConfigurationError naming ``variable``."""
    if not is_text(text):
        raise ConfigurationError(
            f"{variable} is {shown(text)}: its name is not UTF-8. Rename the folder, or name it "
            "through a symbolic link."
        )
    if text != text.strip():
        raise ConfigurationError(
            f"{variable} is {shown(repr(text))}: it begins or ends with a space or line break. "
            "Remove that from the settings (a file of settings with Windows line ends adds one)."
        )
    if text.partition("/")[0] == "~" and not os.environ.get("HOME", "/").startswith("/"):
        # An empty HOME would put everything into the root of the file system.
        raise _homeless(variable, text)
    try:
        path = Path(text).expanduser().resolve()
    except (OSError, RuntimeError) as error:
        raise ConfigurationError(
            f"{variable} is {shown(text)}, which leads nowhere: {_why(error)}. "
            "Give the whole path, beginning with /."
        ) from error
    return path


def database_url(variable: str, text: str, data_dir: Path) -> str:
    """URL of an SQLite file, quoted; in the data folder where ``text`` is empty.

    ``text`` is ``sqlite:///`` and a path, in which ``%3F`` stands for ``?``.
    """
    if not text:
        return url_of(data_dir / DATABASE_FILE)
    path = unquote(text.removeprefix(SQLITE))
    if not text.startswith(SQLITE) or path in ("", ":memory:"):
        raise ConfigurationError(f"{variable} must name a file: sqlite:///path/to/file.")
    if "?" in text:
        raise ConfigurationError(
            f"{variable} holds a question mark, after which a URL gives options, and none are "
            "supported. Write %3F if it belongs to the name of the file."
        )
    return url_of(chosen(variable, path))


def url_of(database: Path) -> str:
    """URL of an SQLite file with all that could be taken for something else quoted."""
    return SQLITE + quote(str(database), safe=_KEPT)


def file_of(url: str) -> Path:
    """The file that a URL from ``url_of`` names."""
    return Path(unquote(url.removeprefix(SQLITE)))


def _why(error: OSError | RuntimeError) -> str:
    if isinstance(error, OSError):
        return error.strerror or "it cannot be looked up"
    return "no home folder is known" if "home" in str(error) else "its links lead in a circle"


def _homeless(variable: str, text: str) -> ConfigurationError:
    return ConfigurationError(
        f"{variable} is {shown(text)}, but HOME is not set to a whole path. "
        "Set it, or give the whole path, beginning with /."
    )
