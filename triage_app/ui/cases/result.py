"""The result of an analysis as HTML: level, picture, findings, operating points, quality, model."""

from collections.abc import Mapping
from typing import Any

from triage_app.domain.case import Analysis, Case
from triage_app.domain.diagnosis import (
    CLASS_LABELS,
    CLASS_OF,
    DIAGNOSIS_LABELS,
    Diagnosis,
    FindingClass,
)
from triage_app.domain.files import FileKind
from triage_app.domain.findings import EvidenceLocation, Findings
from triage_app.domain.quality import Grade, ImageQuality
from triage_app.domain.triage import LEVEL_LABELS
from triage_app.domain.withholding import is_withheld
from triage_app.ui.kit.markup import esc, facts, percent, section, shape, table, when
from triage_app.ui.words import review as words
from triage_app.ui.words import texts

CLASS_ORDER = (FindingClass.MALIGNANT, FindingClass.SUSPICIOUS, FindingClass.BENIGN)


def empty() -> str:
    """Stands where the result will be."""
    return (
        f'<div class="result-empty"><h2>{texts.EMPTY_RESULT_TITLE}</h2>'
        f"<p>{texts.EMPTY_RESULT}</p></div>"
    )


def whole(case: Case, *, link: bool = False) -> str:
    """Everything that was found on the image of a case, as far as it is shown to the reader.

    ``link``: where findings wait for an impression, lead to the page on which it is recorded.
    """
    if is_withheld(case):
        return withheld(case, link=link)
    analysis = case.analysis
    looked_at = (
        viewer(case)
        + section(texts.OVERLAY, overlay(analysis))
        + section(texts.QUALITY, quality(analysis.evidence.quality))
    )
    parts = [
        banner(case),
        f'<div class="two-columns"><div class="stack">{looked_at}</div>',
        f'<div class="stack">{reasons(case)}{findings(analysis)}</div></div>',
        operating_points(analysis),
        section(texts.MODEL, model(case)),
    ]
    return f'<div class="result">{"".join(parts)}</div>'


def withheld(case: Case, *, link: bool) -> str:
    """The image and its quality, with why nothing else is shown and what to do."""
    looked_at = viewer(case) + section(texts.QUALITY, quality(case.analysis.evidence.quality))
    return (
        f'<div class="result withheld"><div class="notice" role="status">'
        f"{_why_withheld(case, link=link)}</div>{looked_at}"
        f"{section(texts.IMAGE, model(case))}</div>"
    )


def _why_withheld(case: Case, *, link: bool) -> str:
    # Whoever takes photographs and sees no findings gets every case without this mark.
    if not case.blinded:
        return f"<h2>{texts.WITHHELD}</h2><p>{texts.WITHHELD_HELP}</p>"
    way = ""
    if link:
        address = f"/case?id={case.id}"
        way = (
            f'<p class="next-steps"><a class="button" href="{address}">'
            f"{words.WITHHELD_WHERE}</a></p>"
        )
    return f"<h2>{words.WITHHELD_FIRST}</h2><p>{words.WITHHELD_FIRST_HELP}</p>{way}"


def banner(case: Case) -> str:
    """Triage level as shape, word and meaning; beside it the level from the image alone."""
    decision = case.analysis.decision
    from_image = ""
    if case.details.context.missing or decision.findings_level is not decision.level:
        label = LEVEL_LABELS[decision.findings_level].lower()
        from_image = f'<p class="from-image">{esc(texts.FINDINGS_LEVEL.format(level=label))}</p>'
    return (
        f'<section class="banner level-{decision.level}" aria-label="{texts.LEVEL_HEADING}">'
        f'{shape(decision.level)}<div><p class="kicker">{texts.LEVEL_HEADING}</p>'
        f'<p class="level-word">{esc(LEVEL_LABELS[decision.level])}</p></div>'
        f'<div class="meaning"><p>{esc(texts.LEVEL_MEANING[decision.level])}</p>{from_image}</div>'
        "</section>"
    )


def reasons(case: Case) -> str:
    """Why the level is what it is, most pressing first."""
    decision = case.analysis.decision
    items = "".join(
        f'<li class="reason-{reason.level}">{esc(reason.text)}</li>' for reason in decision.reasons
    )
    return section(texts.REASONS, f"<ul>{items}</ul>", f"reasons level-{decision.level}")


def viewer(case: Case) -> str:
    """The picture, with the overlay only where findings may be shown."""
    plain = " plain" if is_withheld(case) else ""
    base = f"/cases/{case.id}/images"
    with_overlay = FileKind.OVERLAY in case.files and case.analysis.decision.assessed
    overlay_source = f"{base}/overlay" if with_overlay else ""
    return (
        f'<triage-viewer crop="{base}/crop" overlay="{overlay_source}" '
        f'alt="{texts.CROP_ALT}"{plain}></triage-viewer>'
    )


def findings(analysis: Analysis) -> str:
    """Probabilities of the three classes and the diagnoses, or why there are none."""
    shown = analysis.shown_findings
    if shown is None:
        return section(texts.FINDINGS, f"<p>{texts.NO_FINDINGS}</p>", "findings")
    classes = shown.by_class()
    body = (
        f'<h3>{texts.CLASSES}</h3><dl class="bars classes">'
        + "".join(_bar(CLASS_LABELS[c], classes[c], f"class-{c}") for c in CLASS_ORDER)
        + f'</dl><h3>{texts.DIAGNOSES}</h3><dl class="bars diagnoses">'
        + "".join(_diagnosis_bar(shown, d) for d in _by_probability(shown))
        + f'</dl><p class="hint">{texts.FINDINGS_HINT}{_unknown(shown)}</p>'
    )
    return section(texts.FINDINGS, body, "findings")


def _unknown(shown: Findings) -> str:
    """Says which diagnoses the model of that time did not know."""
    missing = [DIAGNOSIS_LABELS[d].lower() for d in Diagnosis if d not in shown.known]
    return f" {esc(texts.NOT_TOLD_APART.format(diagnoses=', '.join(missing)))}" if missing else ""


def _by_probability(shown: Findings) -> list[Diagnosis]:
    return sorted(shown.known, key=lambda d: -shown.probabilities[d])


def _diagnosis_bar(shown: Findings, diagnosis: Diagnosis) -> str:
    kind = f"class-{CLASS_OF[diagnosis]}"
    return _bar(DIAGNOSIS_LABELS[diagnosis], shown.probabilities[diagnosis], kind)


def _bar(label: str, share: float, kind: str) -> str:
    return (
        f'<div class="bar {kind}"><dt>{esc(label)}</dt><dd>{percent(share)}</dd>'
        f'<span class="track" aria-hidden="true"><span style="width:{100 * share:.2f}%"></span>'
        "</span></div>"
    )


def operating_points(analysis: Analysis) -> str:
    """Score and threshold of both points, with what was measured there."""
    shown = analysis.shown_findings
    if shown is None or not analysis.operating_points:
        return ""
    scores = {"rule_out": shown.rule_out_score, "rule_in": shown.rule_in_score}
    points = {name: analysis.operating_points[name] for name in scores}
    rows = [_point_row(name, scores[name], point) for name, point in points.items()]
    notes = "".join(point_notes(name, point) for name, point in points.items())
    body = table(texts.OPERATING_COLUMNS, rows, texts.OPERATING) + notes
    return section(texts.OPERATING, body, "operating")


def _point_row(name: str, score: float, point: Mapping[str, Any]) -> list[str]:
    side = texts.AT_OR_ABOVE if score >= point["value"] else texts.BELOW
    return [
        f"{texts.POINT_NAMES[name]}<small>{texts.POINT_SCORES[name]}</small>",
        f"{percent(score, 2)}<small>{side}</small>",
        f"{percent(point['value'], 2)}<small>{texts.POINT_EFFECT[name]}</small>",
        rate(point["sensitivity"]),
        rate(point["specificity"]),
    ]


def rate(measured: Mapping[str, Any]) -> str:
    """A measured share with its interval and number."""
    interval = texts.INTERVAL.format(low=percent(measured["low"]), high=percent(measured["high"]))
    return f"{percent(measured['value'])}<small>{interval}, n = {measured['n']:,}</small>"


def point_notes(name: str, point: Mapping[str, Any]) -> str:
    """Sensitivity by diagnosis, the images behind the figures, and a site's stricter value."""
    each = ", ".join(
        f"{DIAGNOSIS_LABELS[Diagnosis(code)]} {percent(measured['value'])} (n = {measured['n']:,})"
        for code, measured in point["sensitivity_by_diagnosis"].items()
    )
    by_diagnosis = texts.BY_DIAGNOSIS.format(point=texts.POINT_NAMES[name].lower())
    measured_on = texts.MEASURED_ON.format(
        images=str(point["measured_on"]).rstrip("."),
        prevalence=percent(point["prevalence"]),
        positives=texts.POSITIVES[name],
    )
    stricter = ""
    card_value = point.get("card_value", point["value"])
    if card_value != point["value"]:
        text = texts.STRICTER.format(value=percent(point["value"], 2), card=percent(card_value, 2))
        stricter = f"<p>{esc(text)}</p>"
    listed = f"<p>{esc(by_diagnosis)}: {esc(each)}.</p>" if each else ""
    return f'<div class="hint">{listed}<p>{esc(measured_on)}</p>{stricter}</div>'


def overlay(analysis: Analysis) -> str:
    """What the overlay says, in words."""
    evidence = analysis.evidence.overlay
    if evidence is None or not analysis.decision.assessed:
        return f"<p>{texts.OVERLAY_NOT_SHOWN}</p>"
    group = texts.GROUPS.get(evidence.group, evidence.group)
    template = {
        EvidenceLocation.NONE: texts.OVERLAY_NONE,
        EvidenceLocation.CENTRE: texts.OVERLAY_CENTRE,
        EvidenceLocation.OFF_CENTRE: texts.OVERLAY_OFF,
    }[evidence.location]
    share = percent(evidence.centre_share or 0.0, 0)
    return (
        f"<p>{esc(template.format(group=group, share=share))}</p>"
        f'<p class="hint">{texts.OVERLAY_CAVEAT}</p>'
    )


def quality(measured: ImageQuality | None) -> str:
    """What stands against the image, with advice, then the measures that are good."""
    if measured is None:
        return f"<p>{texts.QUALITY_UNKNOWN}</p>"
    objections = "".join(
        f'<li class="grade-{f.grade}"><span class="grade">{texts.GRADES[f.grade]}</span> '
        f"{esc(f.label)}<small>{esc(f.advice)}</small></li>"
        for f in measured.findings
        if f.grade is not Grade.GOOD
    )
    good = ", ".join(f.label.lower() for f in measured.findings if f.grade is Grade.GOOD)
    listed = f'<ul class="quality">{objections}</ul>' if objections else ""
    return listed + (f"<p>{texts.GRADES['good']}: {esc(good)}.</p>" if good else "")


def model(case: Case) -> str:
    """Which weights judged which image, when, and how long it took."""
    analysis, original = case.analysis, case.files.get(FileKind.ORIGINAL)
    names = texts.MODEL_ROWS
    identity = analysis.model
    pairs = {
        names["model"]: _model_name(case),
        names["analysed"]: when(analysis.created_at),
        names["took"]: took(analysis.timings),
        names["image"]: _image_facts(case),
        names["notes"]: esc("; ".join(analysis.image_notes)),
        names["sha256"]: f"<code>{esc(identity.sha256)}</code>" if identity else "",
        names["image_sha256"]: f"<code>{esc(original.sha256)}</code>" if original else "",
    }
    return facts(pairs)


def _model_name(case: Case) -> str:
    identity = case.analysis.model
    if identity is None:
        return "" if is_withheld(case) else texts.MODEL_NONE
    return esc(f"{identity.name} {identity.version}")


def _image_facts(case: Case) -> str:
    original = case.files.get(FileKind.ORIGINAL)
    if original is None:
        return ""
    size = f"{original.width} × {original.height} px, {original.size / 1e6:.1f} MB"
    name = f"{original.source_name}: " if original.source_name else ""
    return f"<bdi>{esc(name)}</bdi>{esc(size)}"


def took(timings: Mapping[str, float]) -> str:
    """Total time, then the stages, in milliseconds."""
    if not timings:
        return ""
    stages = ", ".join(f"{esc(stage)} {ms:.0f}" for stage, ms in timings.items())
    return f"{sum(timings.values()):.0f} ms <small>({stages})</small>"
