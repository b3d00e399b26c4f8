"""What the commands of the terminal do."""

import argparse
import json
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from triage_app.config import Settings
from triage_app.domain.case import CaseDetails
from triage_app.domain.context import Laterality, RedFlag, Sex, Site, SkinType
from triage_app.domain.errors import ImageRejected, InvalidInput
from triage_app.domain.label_words import contradiction
from triage_app.domain.people import TERMINAL
from triage_app.domain.shown import as_text, shown
from triage_app.imaging.overlay import blend
from triage_app.services.accounts.accounts import Accounts
from triage_app.services.cases.cases import Cases
from triage_app.services.cases.copies import Copies
from triage_app.services.cases.forms import details_from_form
from triage_app.services.cases.label_questions import place_of
from triage_app.services.ground import stopping
from triage_app.services.ground.terminal import private, say
from triage_app.services.images.assessment import Assessment, Assessor
from triage_app.services.images.summary import (
    copy_json,
    copy_words,
    rejected_json,
    result_json,
    withheld_json,
)
from triage_app.services.patients.reference_words import pointed_out
from triage_app.wiring import bootstrap

log = logging.getLogger(__name__)

OVERLAY_OPACITY = 0.45
LONGEST_STEM = 200
"""Bytes of an image's name that the name of its overlay takes over."""
Commands = argparse._SubParsersAction  # the type that add_subparsers returns has no public name


def add_analyze(sub: "Commands[argparse.ArgumentParser]") -> None:
    """``analyze IMAGE...``."""
    command = sub.add_parser(
        "analyze",
        help="triage images from files",
        description="Triage images. Exit status: 0 when every image could be read, 1 when one "
        "could not (the others are still done), 2 for a wrong call.",
    )
    command.add_argument("images", nargs="+", type=Path, metavar="IMAGE")
    command.add_argument("--json", action="store_true", help="one JSON object a line")
    command.add_argument("--save", action="store_true", help="file the cases; needs --patient")
    command.add_argument("--heatmap", type=Path, metavar="DIR", help="write overlays as PNG")
    _add_context(command)
    command.set_defaults(run=analyze)


def _add_context(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group(
        "context", "applies to every image; without it the triage level is never routine"
    )
    group.add_argument("--patient", default="", help="patient reference")
    group.add_argument("--lesion", default="", help="name of the lesion, for example 'left arm 2'")
    group.add_argument(
        "--keep-label",
        action="store_true",
        help="keep a name of the lesion that contradicts --site or --laterality",
    )
    group.add_argument("--age", help="years")
    for name, kind in (
        ("sex", Sex),
        ("skin-type", SkinType),
        ("site", Site),
        ("laterality", Laterality),
    ):
        group.add_argument(f"--{name}", choices=[member.value for member in kind])
    group.add_argument(
        "--red-flag", action="append", choices=[f.value for f in RedFlag], help="may be repeated"
    )
    group.add_argument("--no-red-flags", action="store_true", help="asked, none present")
    group.add_argument("--dermoscopic", choices=["yes", "no"], help="is it a dermoscopic image")
    group.add_argument("--note", default="")
    group.add_argument("--clinical-question", default="")


def details_from_arguments(arguments: argparse.Namespace) -> CaseDetails:
    """Case details from the options; raises InvalidInput."""
    if arguments.no_red_flags and arguments.red_flag:
        raise InvalidInput("red_flags", "--no-red-flags and --red-flag exclude each other.")
    return details_from_form(
        {
            "patient_reference": arguments.patient,
            "lesion_label": arguments.lesion,
            "age": arguments.age,
            "sex": arguments.sex,
            "skin_type": arguments.skin_type,
            "site": arguments.site,
            "laterality": arguments.laterality,
            "red_flags": arguments.red_flag or [],
            "red_flags_asked": arguments.no_red_flags,
            "dermoscopic": arguments.dermoscopic,
            "note": arguments.note,
            "clinical_question": arguments.clinical_question,
        }
    )


def analyze(arguments: argparse.Namespace, settings: Settings) -> int:
    """Triage each file in the order given; one bad file never stops the others."""
    details = details_from_arguments(arguments)
    if arguments.save and not details.patient_reference:
        raise InvalidInput("patient_reference", "--save needs --patient REFERENCE.")
    question = contradiction(*place_of(details))
    if arguments.save and question and not arguments.keep_label:
        raise InvalidInput("lesion_label", f"{question} Correct it, or add --keep-label.")
    if arguments.heatmap:
        arguments.heatmap.mkdir(parents=True, exist_ok=True)
    unread = 0
    reference = details.patient_reference
    with _services(settings, save=arguments.save, patient=reference) as services:
        for path in arguments.images:
            try:
                data = _read(path, settings.max_upload_bytes)
                assessment = services.assessor.assess(data, details.context)
                line = _line(services, path, assessment, details, arguments.heatmap)
                if services.cases is not None:
                    line |= _save(services, data, path, details, assessment)
            except ImageRejected as error:
                unread += 1
                line = rejected_json(path, error)
            _print(line, as_json=arguments.json)
    return 1 if unread else 0


@dataclass(frozen=True)
class _Services:
    assessor: Assessor
    cases: Cases | None
    copies: Copies | None
    impression_first: bool


@contextmanager
def _services(settings: Settings, *, save: bool, patient: str) -> Iterator[_Services]:
    if save:
        with bootstrap.build(settings) as app:
            _warn(app.refusal or app.safety.suspended())
            alike = app.references.alike(TERMINAL, patient)
            _warn(pointed_out(patient, alike, app.time_zone.zone))
            yield _Services(app.assessor, app.cases, app.copies, app.impression_first)
    else:
        with bootstrap.assessing_only(settings) as parts:
            _warn(parts.refusal)
            yield _Services(parts.assessor, None, None, parts.impression_first)


def _line(
    services: _Services,
    path: Path,
    assessment: Assessment,
    details: CaseDetails,
    heatmaps: Path | None,
) -> dict[str, Any]:
    if services.impression_first:
        return withheld_json(path, assessment, stored=services.cases is not None)
    line = result_json(path, assessment, details.context)
    if heatmaps:
        line["heatmap"] = _write_overlay(heatmaps, path, assessment)
    return line


def _warn(refusal: str) -> None:
    if refusal:
        print(f"warning: {refusal}", file=sys.stderr)


def _read(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            # Not by its size: a device or a pipe has none.
            data = file.read(limit + 1)
    except OSError as error:
        why = error.strerror or "the disk gives no reason"
        raise ImageRejected("not_readable", f"The file cannot be read: {why}.") from None
    if len(data) > limit:
        raise ImageRejected("too_large", f"The file is larger than {limit / 1e6:g} MB.")
    return data


def _save(
    services: _Services, data: bytes, path: Path, details: CaseDetails, assessment: Assessment
) -> dict[str, Any]:
    assert services.cases is not None and services.copies is not None
    case = services.cases.store(TERMINAL, data, shown(path.name), details, assessment)
    found = services.copies.seen(TERMINAL, [case.id]).get(case.id, ())
    # What contradicts itself was asked about before the first image.
    services.cases.file(TERMINAL, case.id, case.version, asked=True)
    return {"case": case.id, "copies": [copy_json(one) for one in found]}


def _write_overlay(folder: Path, path: Path, assessment: Assessment) -> str | None:
    if assessment.overlay_png is None or not assessment.decision.assessed:
        return None
    # Short enough with what is added; a name may have 255 bytes.
    stem = os.fsencode(path.stem)[:LONGEST_STEM].decode(errors="ignore") or "image"
    target, count = folder / f"{stem}-overlay.png", 1
    # Two inputs of one name (a/1.jpg and b/1.jpg) must not overwrite each other.
    while target.exists():
        count += 1
        target = folder / f"{stem}-overlay-{count}.png"
    blend(assessment.decoded.crop, assessment.overlay_png, OVERLAY_OPACITY).save(target)
    return as_text(target)


def _print(line: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        # JSON is UTF-8; a terminal of another kind gets its letters spelled out.
        in_utf8 = (sys.stdout.encoding or "").replace("-", "").lower() == "utf8"
        print(json.dumps(line, ensure_ascii=not in_utf8), flush=True)
        return
    print(f"{shown(line['image'])}: {line['triage'].replace('_', ' ')}")
    if line["probabilities"]:
        shares = ", ".join(f"{k} {100 * v:.1f} %" for k, v in line["probabilities"].items())
        print(f"    findings alone: {line['findings_level'].replace('_', ' ')} ({shares})")
    for sentence in (*line["reasons"], *line["image_notes"]):
        print(f"    {sentence}", flush=True)
    for copy in line.get("copies", ()):
        print(f"    {shown(copy_words(copy))}", flush=True)


def serve(_: argparse.Namespace, settings: Settings) -> int:
    """Start the web app and serve until it is stopped."""
    from triage_app.web.temporary import private_folder

    try:
        with stopping.deferred(), private():
            private_folder()
            stopping.check()
            from triage_app.web.serve import run

            stopping.check()
            with bootstrap.serving(settings) as app:
                stopping.check()
                if app.accounts is not None:
                    _show_first_password(app.accounts)
                return run(app, settings)
    except stopping.Stopped:
        return 0  # in the middle of the start: see ``cli.main``


def _show_first_password(accounts: Accounts) -> None:
    first = accounts.first_start()
    if first is not None:
        name, password = first
        printed = say(
            "This database has no accounts yet, so an administrator was created:\n"
            f"    name:               {name}\n"
            f"    one-time password:  {password}\n"
            "It is shown this once, works for 72 hours, and has to be changed at the first "
            f"sign-in. If it is lost: python -m triage_app people reset {name}\n",
        )
        if not printed:
            log.error("the first password could not be printed: `people reset` gives another")


def migrate(_: argparse.Namespace, settings: Settings) -> int:
    """Bring the database up to date, and count anew where kept counts are wrong."""
    with bootstrap.opened(settings) as store, store.units() as unit:
        wrong = unit.site.miscounted()
        if wrong:
            unit.lock()
            unit.site.recount()
            unit.commit()
            print(f"counted anew, because {', '.join(wrong)} did not agree with the cases")
    print(f"database is up to date: {shown(settings.database)}")
    return 0
