"""Making one record of two that turned out to be of one patient; nothing that is known is lost."""

from dataclasses import replace
from datetime import date, datetime

from triage_app.domain.errors import InvalidInput
from triage_app.domain.lesion import Lesion
from triage_app.domain.people import Actor
from triage_app.domain.site import ConsentScope, PatientRecord
from triage_app.domain.text import LABEL_LENGTH
from triage_app.domain.trail import Action, Entry, Value
from triage_app.ports.adapters import UnitOfWork

# What no two records of one person can differ in.
_FACTS = {"birth_year": "year of birth", "sex": "sex", "skin_type": "skin type"}


def merge_records(
    unit: UnitOfWork, actor: Actor, source: PatientRecord, target: PatientRecord, at: datetime
) -> dict[str, tuple[str, str]]:
    """Give the lesions of ``source``, and what is known, to ``target``; ``source`` is deleted.

    Returns, by id, the old and new name of each lesion whose name both patients had. Raises
    InvalidInput where the records contradict each other: then it may be two people.
    """
    unit.site.save_patient(merged(source, target))
    labels = _with_names_of_their_own(unit, actor, source, target, at)
    unit.references.absorb(source.id, target.id)
    return labels


def merged(source: PatientRecord, target: PatientRecord) -> PatientRecord:
    """What is known of both. A hold of either stays, the later consent counts, risks add up."""
    for name, words in _FACTS.items():
        mine, theirs = getattr(target, name), getattr(source, name)
        if None not in (mine, theirs) and mine != theirs:
            raise InvalidInput(
                name,
                f"The two records differ in the {words} ({mine} and {theirs}). Correct the wrong "
                "one on the patient's page first, or keep the two apart.",
            )
    scope, on = _consent(source, target)
    known = [factors for r in (source, target) if (factors := r.risk_factors) is not None]
    holds = dict.fromkeys(filter(None, (target.hold_reason, source.hold_reason)))
    return replace(
        target,
        consent=scope,
        consent_on=on,
        hold_reason="; ".join(holds),
        birth_year=source.birth_year if target.birth_year is None else target.birth_year,
        sex=target.sex or source.sex,
        skin_type=target.skin_type or source.skin_type,
        risk_factors=frozenset().union(*known) if known else None,
    )


def _consent(
    source: PatientRecord, target: PatientRecord
) -> tuple[ConsentScope | None, date | None]:
    given = [(r.consent_on or date.min, r.consent) for r in (target, source) if r.consent]
    latest = {scope for on, scope in given if on == max(given)[0]} if given else set()
    if len(latest) > 1:
        raise InvalidInput(
            "consent",
            "The two records state different consents of the same day. Correct one of them first.",
        )
    if not given:
        return None, None
    on, scope = max(given)
    return scope, None if on == date.min else on


def _with_names_of_their_own(
    unit: UnitOfWork, actor: Actor, source: PatientRecord, target: PatientRecord, at: datetime
) -> dict[str, tuple[str, str]]:
    taken = {lesion.label.casefold() for lesion in unit.lesions.of_patient(target.id)}
    renamed: dict[str, tuple[str, str]] = {}
    for lesion in unit.lesions.of_patient(source.id):
        label = _free(lesion, taken)
        taken.add(label.casefold())
        if label == lesion.label:
            continue
        after = unit.lesions.save(replace(lesion, label=label, updated_at=at))
        renamed[lesion.id] = (lesion.label, label)
        details: dict[str, Value] = {"version": after.version}
        unit.trail.append(Entry(Action.LESION_CHANGED, actor.id, lesion.id, details), at)
    return renamed


def _free(lesion: Lesion, taken: set[str]) -> str:
    label, number = lesion.label, 2
    while label.casefold() in taken:
        ending = f" ({number})"
        label, number = lesion.label[: LABEL_LENGTH - len(ending)] + ending, number + 1
    return label
