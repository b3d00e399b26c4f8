"""The trail from the terminal: ``verify`` and ``anchor``."""

import argparse
import json
from functools import partial
from pathlib import Path

from triage_app.config import Settings
from triage_app.domain.errors import InvalidInput
from triage_app.domain.people import TERMINAL
from triage_app.domain.shown import as_text, shown
from triage_app.domain.trail import Anchor, parse_anchor
from triage_app.report import render_certificate
from triage_app.services.documents.issued import Answer, Issued
from triage_app.services.trail.trail import Trail
from triage_app.services.trail.verification import Damage, Verification
from triage_app.wiring import bootstrap

Commands = argparse._SubParsersAction  # the type that add_subparsers returns has no public name


def add_trail(sub: "Commands[argparse.ArgumentParser]") -> None:
    """``verify`` and ``anchor``."""
    check = sub.add_parser(
        "verify",
        help="check the trail and every stored file",
        description="Check that no row of the trail, no image and no report was changed, removed "
        "or inserted. Exit status: 0 when all is as it was, 1 when something is not, 2 when it "
        "could not be checked. Only an anchor kept elsewhere shows that the end was cut off. With "
        "--report or --file nothing but those is checked.",
    )
    check.add_argument(
        "--anchor",
        action="append",
        default=[],
        metavar="NUMBER:HASH",
        help="an anchor from a report or from `anchor`; may be repeated",
    )
    check.add_argument(
        "--report",
        action="append",
        default=[],
        metavar="TEXT",
        help="tell whether the report with this text of its QR code was issued here; may be "
        "repeated",
    )
    check.add_argument(
        "--file",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="tell whether this PDF or image is, byte for byte, one that was issued or stored "
        "here; may be repeated",
    )
    check.add_argument("--json", action="store_true", help="one JSON object")
    check.set_defaults(run=verify)
    anchor = sub.add_parser(
        "anchor", help="print an anchor of the trail, to be kept on another machine or on paper"
    )
    anchor.set_defaults(run=print_anchor)


def verify(arguments: argparse.Namespace, settings: Settings) -> int:
    """Check everything, or what is named, and say what was found."""
    if arguments.report or arguments.file:
        return _verify_issued(arguments, settings)
    anchors = [_anchor(text) for text in arguments.anchor]
    with bootstrap.opened(settings, migrated=False) as store:
        found = Trail(store.units, store.files).verify(anchors)
    if arguments.json:
        print(json.dumps(_as_json(found), ensure_ascii=False))
    else:
        _print(found, len(anchors))
    return 0 if found.sound else 1


def _verify_issued(arguments: argparse.Namespace, settings: Settings) -> int:
    if arguments.anchor:
        raise InvalidInput("anchor", "Anchors are checked without --report and --file.")
    files = {as_text(path): _bytes_of(path) for path in arguments.file}
    with bootstrap.opened(settings, migrated=False) as store:
        zone = settings.time_zone.zone
        draw = partial(render_certificate, site_name=settings.site_name)
        issued = Issued(store.units, store.files, draw, zone=zone)
        found = {text: issued.check_code(TERMINAL, text) for text in arguments.report}
        found |= {name: issued.check_file(TERMINAL, data) for name, data in files.items()}
    if arguments.json:
        print(json.dumps(_answers_as_json(found), ensure_ascii=False))
    else:
        for name, answer in found.items():
            print(shown(name))
            print(f"    {'GENUINE' if answer.genuine else 'NOT GENUINE'}.", *answer.sentences)
    return 0 if all(answer.genuine for answer in found.values()) else 1


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidInput("file", f"{shown(path)} cannot be read: {error.strerror}.") from error


def _answers_as_json(found: dict[str, Answer]) -> dict[str, object]:
    return {
        "genuine": all(answer.genuine for answer in found.values()),
        "checked": [{"what": name, **vars(answer)} for name, answer in found.items()],
    }


def print_anchor(_: argparse.Namespace, settings: Settings) -> int:
    """Print number and hash of the newest event."""
    with bootstrap.opened(settings, migrated=False) as store:
        print(Trail(store.units, store.files).anchor(TERMINAL))
    return 0


def _anchor(text: str) -> Anchor:
    try:
        return parse_anchor(text)
    except ValueError as error:
        raise InvalidInput("anchor", str(error)) from None


def _as_json(found: Verification) -> dict[str, object]:
    return {
        "sound": found.sound,
        "events": found.events,
        "files": found.files,
        "tip": str(found.tip),
        "breaks": [{"number": b.number, "sentence": b.sentence} for b in found.breaks],
        "damaged": [vars(damage) for damage in found.damaged],
    }


def _print(found: Verification, anchors: int) -> None:
    for broken in found.breaks:
        print(f"Trail, row {broken.number}: {broken.sentence}")
    for damage in found.damaged:
        print(f"{_place(damage)}: {damage.sentence}")
    print(f"{found.events} events and {found.files} stored files were checked.")
    if not found.sound:
        places = f"{len(found.breaks)} in the trail, {len(found.damaged)} in cases and files"
        print(f"NOT SOUND: {places}.")
    elif anchors:
        print(f"All are as they were written, and the trail reaches all {anchors} anchors.")
    else:
        print("All are as they were written. Without an anchor a cut end would not show.")
    print(f"Newest event: {found.tip}")


def _place(damage: Damage) -> str:
    if damage.kind == "counts":
        return "Counts"
    if not damage.file:
        return f"Case {damage.case}" if damage.case else "Stored files"
    return f"{damage.kind} {damage.file} of case {damage.case}"
