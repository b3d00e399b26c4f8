"""How far the findings can be relied on: operating points, image quality, limits of use."""

from collections.abc import Mapping
from typing import Any

from reportlab.platypus import Flowable, KeepTogether

from triage_app.domain.case import Analysis
from triage_app.domain.diagnosis import CLASS_LABELS, DIAGNOSIS_LABELS, Diagnosis, FindingClass
from triage_app.domain.findings import Findings, TwoGates
from triage_app.report import words
from triage_app.report.layout import Desk, Rule
from triage_app.report.tags import Tag

_POINTS = (("rule_out", "Rule-out", "review"), ("rule_in", "Rule-in", "urgent"))


def operating_points(desk: Desk, analysis: Analysis) -> list[Flowable]:
    """Score against point, what was measured there, by diagnosis, on which images."""
    heading = "Operating points"
    findings = analysis.shown_findings
    if findings is None:
        reason = words.NO_MODEL if analysis.model is None else words.NOT_APPLIED
        return desk.section(heading, [desk.text(reason)])
    points = analysis.operating_points
    rows = [_point(*point, points.get(point[0], {}), findings) for point in _POINTS]
    header = ["", "Score of this image", "Point (95 % interval)", "Sensitivity", "Specificity"]
    shares = [0.13, 0.28, 0.19, 0.20, 0.20]
    table = desk.listing("points", header, rows, [share * desk.width for share in shares])
    legend = desk.text(
        "Sensitivity and specificity as measured at the point of the model card: share, 95 % "
        "interval, number of images (n).",
        desk.styles.label_spaced,
    )
    return [
        *desk.section(heading, [table, legend]),
        _by_diagnosis(desk, points),
        *_measured_on(desk, points),
    ]


def _point(
    key: str, label: str, level: str, point: Mapping[str, Any], found: Findings
) -> list[str]:
    score = found.rule_out_score if key == "rule_out" else found.rule_in_score
    value = point.get("value")
    if value is None:
        return [label, words.percent(score), *[words.NOT_RECORDED] * 3]
    side = "at or above the point" if score >= value else "below the point"
    return [
        f"{label}: {level} at or above",
        f"{point.get('score', label)}\n{words.percent(score)}: {side}",
        _value(point, value),
        rate(point.get("sensitivity"), "\n"),
        rate(point.get("specificity"), "\n"),
    ]


def _value(point: Mapping[str, Any], value: float) -> str:
    """The point in force; the interval and all figures belong to the model card's own point."""
    lines = [words.percent(value)]
    measured_at = point.get("card_value", value)
    if measured_at != value:
        lines = [f"{words.percent(value)}, set by the site", f"card: {words.percent(measured_at)}"]
    if point.get("interval"):
        low, high = point["interval"]
        lines.append(f"({100 * low:.2f}–{words.percent(high)})")
    return "\n".join(lines)


def rate(measured: Mapping[str, Any] | None, separator: str = ", ") -> str:
    """A measured share in [0, 1] with its 95 % interval and n, one decimal of a percent."""
    if not measured:
        return words.NOT_MEASURED
    low, high = 100 * measured["low"], 100 * measured["high"]
    share = f"{100 * measured['value']:.1f} % ({low:.1f}–{high:.1f} %)"
    return f"{share}{separator}n = {measured['n']}"


def _by_diagnosis(desk: Desk, points: Mapping[str, Any]) -> Flowable:
    measured = [points.get(key, {}).get("sensitivity_by_diagnosis", {}) for key, *_ in _POINTS]
    rows = [
        [DIAGNOSIS_LABELS[diagnosis], *(rate(rates.get(diagnosis)) for rates in measured)]
        for diagnosis in Diagnosis
        if any(diagnosis in rates for rates in measured)
    ]
    header = ["Sensitivity by diagnosis", "at the rule-out point", "at the rule-in point"]
    widths = [share * desk.width for share in (0.34, 0.33, 0.33)]
    if not rows:
        rows = [["All", words.NOT_MEASURED, words.NOT_MEASURED]]
    return desk.listing("diagnoses", header, rows, widths)


def _measured_on(desk: Desk, points: Mapping[str, Any]) -> list[Flowable]:
    said: dict[str, list[str]] = {}
    for key, label, _ in _POINTS:
        point = points.get(key, {})
        where = point.get("measured_on") or words.NOT_RECORDED
        share = point.get("prevalence")
        prevalence = words.NOT_RECORDED if share is None else f"{100 * share:.1f} %"
        said.setdefault(f"measured on: {where}; prevalence {prevalence}.", []).append(label)
    return [
        desk.text(f"{' and '.join(labels)} {sentence}", desk.styles.small_spaced)
        for sentence, labels in said.items()
    ]


def quality(desk: Desk, analysis: Analysis) -> list[Flowable]:
    """Every quality measure, the competence of the model on the image, the prediction set."""
    evidence = analysis.evidence
    rows = [
        [finding.label, words.quality_text(finding)]
        for finding in (evidence.quality.findings if evidence.quality else ())
    ]
    if not rows:
        rows = [["Image quality", "Not measured."]]
    rows.append(["Competence of the model", _competence(analysis)])
    if analysis.shown_findings is not None:
        rows.append(["Prediction set", _prediction_set(evidence.prediction_set)])
    widths = [0.26 * desk.width, 0.74 * desk.width]
    table = desk.listing("quality", ["Measure", "Result"], rows, widths)
    return desk.section("Image quality and competence", [table])


def _competence(analysis: Analysis) -> str:
    competence = analysis.evidence.competence
    if competence is None:
        return "Not measured."
    if isinstance(competence, TwoGates):
        return _gates(competence)
    figures = f"distance {competence.score:.3g}, limit {competence.limit:.3g}"
    if competence.within:
        return f"Like the images that the model was trained on ({figures})."
    return f"Unlike the images that the model was trained on ({figures})."


def _gates(gates: TwoGates) -> str:
    sure = f"{words.percent(gates.dermoscopic)}, at least {words.percent(gates.least)} needed"
    if not gates.within:
        return f"Does not look like a dermoscopic image ({sure})."
    figures = f"distance {gates.distance:.3g}, limit {gates.limit:.3g}"
    if gates.familiar:
        return f"Dermoscopic ({sure}); camera and look are familiar ({figures})."
    return f"Dermoscopic ({sure}); camera or look is unfamiliar: never routine ({figures})."


def _prediction_set(members: frozenset[FindingClass] | None) -> str:
    labels = [CLASS_LABELS[name] for name in FindingClass if members and name in members]
    return f"{', '.join(labels)}." if labels else "Empty: no class fits well enough."


def limits(desk: Desk, analysis: Analysis) -> list[Flowable]:
    """Limits of use from the model card, each on a line."""
    sentences = analysis.limits_of_use or (words.NO_MODEL,)
    lines = [desk.text(f"– {sentence}", desk.styles.small) for sentence in sentences]
    title = desk.text("Limits of use", desk.styles.heading, Tag("H2"))
    return [KeepTogether([Rule(), title, *lines])]
