"""The command line: the same services as the browser, from a terminal."""

import argparse
import importlib.util
import logging
import sys
from collections.abc import Sequence

from triage_app import __version__
from triage_app.cli import analyze, backup, demo, people, trail
from triage_app.config import SETTINGS, Settings
from triage_app.domain.errors import TriageError
from triage_app.domain.shown import shown, spelled
from triage_app.logs import configure
from triage_app.services.ground import stopping, terminal

FAILED = 2
READER_GONE = 128 + 13
"""What a shell reports for SIGPIPE."""

log = logging.getLogger(__name__)


def parser() -> argparse.ArgumentParser:
    """All commands with their options."""
    root = argparse.ArgumentParser(
        prog="python -m triage_app",
        description="Dermoscopy triage workstation. Research software, not a diagnosis.",
        epilog="Settings are environment variables; `settings` lists them.",
    )
    root.add_argument("--version", action="version", version=__version__)
    sub = root.add_subparsers(dest="command", required=True, metavar="COMMAND")
    analyze.add_analyze(sub)
    serve = sub.add_parser("serve", help="start the web app (as `python app.py` does)")
    serve.set_defaults(run=analyze.serve)
    migrate = sub.add_parser("migrate", help="create the database or bring it up to date")
    migrate.set_defaults(run=analyze.migrate)
    people.add_people(sub)
    trail.add_trail(sub)
    backup.add_backup(sub)
    demo.add_demo(sub)
    settings = sub.add_parser("settings", help="list the TRIAGE_* settings and their values")
    settings.set_defaults(run=_print_settings)
    if importlib.util.find_spec("keras"):
        _add_training(sub)
    return root


def _add_training(sub: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    # A serving-only installation has no Keras, and then no training commands either.
    from triage_app.training.commands import register

    register(sub)


def _print_settings(_: argparse.Namespace, settings: Settings) -> int:
    for setting in SETTINGS:
        print(f"{setting.variable}  ({setting.default or 'empty'})  {setting.help}")
        if settings.given[setting.name] != setting.default:
            print(f"    now: {shown(settings.given[setting.name])}")
    found = settings.time_zone
    print(f"Days and times are those of {found.zone.name} ({found.origin}).")
    return 0


def run(argv: Sequence[str] | None = None) -> int:
    """The program: ``main`` with its own signals, streams and umask."""
    terminal.prepare()
    stopping.watch()
    status = main(argv)
    stopping.settle()
    return status


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    try:
        arguments = parser().parse_args(argv)
        settings = Settings.from_env()
        configure(settings.log_level)
        status: int = arguments.run(arguments, settings)
        sys.stdout.flush()
    except TriageError as error:
        log.debug("command failed", exc_info=True)
        return _failed(str(error))
    except BrokenPipeError:
        terminal.silence_output()
        return READER_GONE
    except OSError as error:
        log.debug("command failed", exc_info=True)
        terminal.drop_what_cannot_be_printed()
        return _failed(_in_words(error))
    except KeyboardInterrupt as error:
        return _status_of(error, sys.argv[1:] if argv is None else argv)
    return status


def _status_of(stop: KeyboardInterrupt, argv: Sequence[str]) -> int:
    if list(argv[:1]) == ["serve"]:
        return 0  # to be stopped is how a server ends, however early
    return stop.status if isinstance(stop, stopping.Stopped) else 130


def _failed(sentence: str) -> int:
    terminal.complain(f"error: {spelled(sentence)}")
    return FAILED


def _in_words(error: OSError) -> str:
    """For a file or folder that a command was given, and that no other sentence fits."""
    why = error.strerror or type(error).__name__
    if error.filename is None:
        return f"{why}. Check the disk and where the output goes."
    return f"{shown(str(error.filename))}: {why}. Check the name, and that this user may use it."
