"""Parts of the page of a patient, as HTML, and what the page of a lesion shares with it."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

from triage_app.domain.calendar import said_day
from triage_app.domain.case import Case
from triage_app.domain.context import SITE_LABELS
from triage_app.domain.lesion import RISK_FACTOR_LABELS
from triage_app.domain.references import normalise, unusual
from triage_app.domain.site import CONSENT_LABELS, PatientRecord
from triage_app.domain.withholding import is_withheld
from triage_app.services.patients.lesion_views import LesionLine
from triage_app.ui.kit.local import day, to_the_second, today
from triage_app.ui.kit.markup import badge, esc, facts, section, when
from triage_app.ui.patients.place_form import place
from triage_app.ui.words import lesions as words
from triage_app.ui.words import texts


def choices(cases: Sequence[Case]) -> list[tuple[str, str]]:
    """Images to choose from; two of one day are told apart by the time."""
    days = Counter(day(case.created_at) for case in cases)
    return [
        (to_the_second(at) if days[day(at)] > 1 else day(at), case.id)
        for case in cases
        for at in [case.created_at]
    ]


def thumbnail(case: Case) -> str:
    """The small picture of a case."""
    source = f"/cases/{case.id}/images/thumbnail"
    return f'<img src="{source}" alt="{texts.THUMBNAIL_ALT}" loading="lazy" width="64" height="64">'


def images(count: int) -> str:
    """How many images."""
    return words.LESION_IMAGES.get(count, words.LESION_IMAGES_MANY.format(count=count))


def who(record: PatientRecord) -> str:
    """A patient in a line: reference, year of birth, sex, skin type."""
    said = f"<p>{esc(person(record))}</p>" if person(record) else ""
    return f'<p class="who"><bdi>{esc(record.reference)}</bdi>{hidden(record)}</p>{said}'


def hidden(record: PatientRecord) -> str:
    """What of a reference looks like something else, so that two patients are told apart."""
    if normalise(record.reference) == record.reference:
        return ""
    names = esc(", ".join(unusual(record.reference)))
    return f' <small class="sub">{words.HOLDS.format(characters=names)}</small>'


def person(record: PatientRecord) -> str:
    """Year of birth, sex and skin type, as far as they are known."""
    told = []
    if record.birth_year:
        years = today().year - record.birth_year
        told.append(words.ABOUT_YEARS.format(year=record.birth_year, years=years))
    if record.sex:
        told.append(texts.SEXES[record.sex.value].lower())
    if record.skin_type:
        told.append(words.SKIN.format(kind=record.skin_type.value))
    return ", ".join(told)


def patient_head(record: PatientRecord, *, privacy: bool) -> str:
    """Who the patient is, with the ways on."""
    links = f'<a class="button" href="/patients">{words.TO_PATIENTS}</a>'
    if privacy:
        links += f'<a class="button" href="/privacy">{words.TO_PRIVACY}</a>'
    return (
        f'<div class="case-head">{who(record)}<p class="ways">{links}</p></div>'
        f"{record_facts(record)}"
    )


def record_facts(record: PatientRecord) -> str:
    """What is kept on the patient."""
    return facts(
        {
            words.RISKS: esc(_risks(record)),
            words.CONSENT: esc(consent(record)),
            words.HOLD: words.HOLD_IS_SET if record.hold_reason else "",
        }
    )


def consent(record: PatientRecord) -> str:
    """What the patient agreed to, and when."""
    if record.consent is None:
        return words.CONSENT_NONE
    return f"{CONSENT_LABELS[record.consent]}, {_stated(record.consent_on)}"


def _risks(record: PatientRecord) -> str:
    if record.risk_factors is None:
        return words.RISKS_NOT_ASKED
    named = [label for risk, label in RISK_FACTOR_LABELS.items() if risk in record.risk_factors]
    return ", ".join(named) or words.RISKS_NONE


def _stated(on: date | None) -> str:
    return said_day(on) if on else ""


def level_of(line: LesionLine) -> str:
    """Badge of a lesion's level, or that it is withheld."""
    if line.level:
        return badge(line.level)
    return f'<span class="sub">{words.WITHHELD}</span>' if line.withheld else ""


def lesion_list(lines: Sequence[LesionLine]) -> str:
    """The lesions of a patient, each leading to its page, numbered as on the map."""
    if not lines:
        return section(words.LESIONS, f'<p class="hint">{words.NO_LESIONS}</p>')
    rows = "".join(f"<li>{_lesion(number, line)}</li>" for number, line in enumerate(lines, 1))
    hint = f'<p class="hint">{words.LEVEL_HELP}</p>'
    if any(line.withheld for line in lines):
        hint += f'<p class="hint">{words.WITHHELD_HELP}</p>'
    return section(words.LESIONS, f'<ul class="lesion-list">{rows}</ul>{hint}')


def _lesion(number: int, line: LesionLine) -> str:
    lesion = line.lesion
    seen = thumbnail(line.last) if line.last else "<img alt=''>"
    last = f", {words.LAST_IMAGE.format(when=day(line.last.created_at))}" if line.last else ""
    where = place(lesion) + ("" if lesion.point else f" ({words.OFF_MAP})")
    level = f"level-{line.level}" if line.level else ""
    return (
        f'<a href="/lesion?id={lesion.id}"><span class="number {level}">{number}</span>{seen}'
        f'<span class="named"><span class="who"><bdi>{esc(lesion.label)}</bdi></span>'
        f'<span class="sub">{esc(where)}</span>'
        f'<span class="sub">{images(line.images)}{last}</span></span>'
        f'<span class="level">{level_of(line)}</span></a>'
    )


def loose(cases: Sequence[Case], lines: Sequence[LesionLine], *, changes: bool) -> str:
    """Images of no lesion, each with the choice of its lesion."""
    if not cases:
        return section(words.LOOSE, f'<p class="hint">{words.LOOSE_NONE}</p>')
    rows = "".join(f"<li>{_loose(case, lines, changes)}</li>" for case in cases)
    hint = f'<p class="hint">{words.LOOSE_HELP}</p>' if changes and lines else ""
    return section(words.LOOSE, f'{hint}<ul class="loose-list">{rows}</ul>')


def _loose(case: Case, lines: Sequence[LesionLine], changes: bool) -> str:
    options = "".join(
        f'<option value="{line.lesion.id}">{number}: {esc(line.lesion.label)}, '
        f"{esc(place(line.lesion))}</option>"
        for number, line in enumerate(lines, 1)
    )
    label = words.CHOOSE_LESION_FOR.format(day=day(case.created_at))
    choice = (
        f'<triage-assign data-case="{case.id}" data-version="{case.version}">'
        f'<select aria-label="{esc(label)}"><option value="">{words.CHOOSE_LESION}</option>'
        f'{options}</select><button class="button" type="button">{words.ASSIGN}</button>'
        "</triage-assign>"
    )
    return (
        f'<a href="/case?id={case.id}" aria-label="{words.OPEN_CASE}">{thumbnail(case)}</a>'
        f'<span class="named">{_named(case)}</span>{choice if changes and lines else ""}'
    )


def _named(case: Case) -> str:
    context = case.details.context
    told = [case.details.lesion_label] if case.details.lesion_label else []
    if context.site:
        told.append(_place_words(case))
    line = f'<span class="sub"><bdi>{esc(", ".join(told))}</bdi></span>' if told else ""
    return f"{when(case.created_at)}{line}{shown_level(case)}"


def _place_words(case: Case) -> str:
    context = case.details.context
    site = SITE_LABELS[context.site] if context.site else ""
    side = texts.SIDES[context.laterality.value].lower() if context.laterality else ""
    return ", ".join(part for part in (site, side) if part)


def shown_level(case: Case) -> str:
    """Badge of a case's level, or that it is withheld."""
    if is_withheld(case):
        return f'<span class="sub">{words.WITHHELD}</span>'
    return badge(case.analysis.decision.level)
