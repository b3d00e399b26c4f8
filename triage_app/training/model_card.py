"""MODEL_CARD.md, generated from the card so that text and figures can't differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from triage_app.inference.card import ModelCard, OperatingPoint, Rate
from triage_app.statistics.repeatability import pair_limit
from triage_app.training.report_html import NOTICE, shown

CARD_TEXT = "MODEL_CARD.md"
_CAVEATS = {
    "val": " (calibration and operating points were fitted on these images: flattering)",
    "train": " (the network learned these images: not a measurement)",
}


def render_card(card: ModelCard) -> str:
    """Markdown in the order that CLEAR Derm and DECIDE-AI ask for: data, technique, use, limits."""
    parts = [
        f"# {card.name} {card.version}",
        f"> {NOTICE}",
        "_Generated from card.json; edit neither by hand._",
        _identity(card),
        _data(card),
        _technique(card),
        _points(card),
        _repeatability(card),
        _measured(card),
        "## Limits of use\n\n" + "\n".join(f"- {line}" for line in card.limits_of_use),
        f"## Licence\n\n{card.licence.id}. {card.licence.attribution}",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _identity(card: ModelCard) -> str:
    files = "\n".join(f"| {name} | `{digest}` |" for name, digest in card.files.items())
    return (
        "## Model\n\n"
        f"{card.architecture}, input {card.input.size} x {card.input.size} px RGB scaled as "
        f"{card.input.scaling}; outputs for {', '.join(card.labels)}. Logits are averaged over "
        f"{len(card.views)} view(s): {', '.join(card.views)}. Created {card.created}.\n\n"
        f"| file | SHA-256 |\n|---|---|\n{files}"
    )


def _data(card: ModelCard) -> str:
    rows = "\n".join(
        f"| {name} | {part.images} | {part.groups} |"
        for name, part in (
            ("train", card.data.train),
            ("val", card.data.val),
            ("test", card.data.test),
        )
    )
    return (
        f"## Data\n\n{card.data.description}\n\n| split | images | lesions |\n|---|---|---|\n{rows}"
        f"\n\nSHA-256 of labels and training pixels: `{card.data.sha256}`."
    )


def _technique(card: ModelCard) -> str:
    settings = "\n".join(f"- {key}: {value}" for key, value in card.training.items())
    coverage = ", ".join(
        f"{name} {100 * value:.1f} %"
        for name, value in card.conformal.coverage.items()
        if isinstance(value, float) and name in {"all", *card.conformal.classes}
    )
    return (
        f"## Technique\n\n{settings}\n\n"
        f"Calibration: {card.calibration.method}, temperature {card.calibration.temperature:.3f}, "
        f"bias {', '.join(f'{b:.2f}' for b in card.calibration.bias)}.\n\n"
        f"Prediction set: a class is in it from probability "
        f"{max(card.conformal.thresholds.values()):.3f}; intended miss rate "
        f"{100 * card.conformal.alpha:.0f} %, measured coverage {coverage}.\n\n"
        f"Competence: {card.competence.method}; limit {card.competence.limit:.2f}, above which lie "
        f"{100 * card.competence.refused_val:.1f} % of validation images: "
        f"{'refused' if card.gate is None else 'called unfamiliar, never routine'}."
        f"{_gate(card)}"
    )


def _gate(card: ModelCard) -> str:
    """What the dermoscopy gate is, and what it refuses of each kind; empty without one."""
    if card.gate is None:
        return ""
    rows = "\n".join(f"| {kind} | {_rate(rate)} |" for kind, rate in card.gate.refused.items())
    return (
        f"\n\nDermoscopy gate: {card.gate.method}. Refused below {card.gate.limit:.4f}; of held-"
        "out pictures (dermoscopic ones by source):\n\n"
        f"| pictures | refused [95 % interval] |\n|---|---|\n{rows}"
    )


def _points(card: ModelCard) -> str:
    points = (
        ("Rule-out", card.operating_points.rule_out),
        ("Rule-in", card.operating_points.rule_in),
    )
    return "## Operating points\n\n" + "\n\n".join(_point(name, point) for name, point in points)


def _point(name: str, point: OperatingPoint) -> str:
    rows = [("sensitivity", point.sensitivity), ("specificity", point.specificity)]
    rows += [(f"sensitivity, {dx}", rate) for dx, rate in point.sensitivity_by_diagnosis.items()]
    table = "\n".join(f"| {label} | {_rate(rate)} |" for label, rate in rows)
    return (
        f"**{name}**: {point.score} at or above {point.value:.4f} "
        f"[{point.interval[0]:.4f} to {point.interval[1]:.4f}], measured on {point.measured_on}, "
        f"share of positives {100 * point.prevalence:.1f} %.\n\n"
        f"| | 95 % interval |\n|---|---|\n{table}"
    )


def _rate(rate: Rate) -> str:
    return f"{rate.value:.3f} [{rate.low:.3f} to {rate.high:.3f}], n {rate.n}"


def _repeatability(card: ModelCard) -> str:
    found = card.repeatability
    if found is None:
        return ""
    return (
        f"## Repeatability\n\nThe log-odds of {found.score} of {found.images} photographs of "
        f"{found.lesions} lesions vary within a lesion with a standard deviation of "
        f"{found.log_odds_sd:.2f} [{found.low:.2f} to {found.high:.2f}]. Two photographs of an "
        f"unchanged lesion should differ by less than {pair_limit(found.log_odds_sd):.2f} in 95 % "
        f"of pairs; {100 * found.pairs_within:.1f} % of the pairs did. Measured on "
        f"{found.measured_on}."
    )


def _measured(card: ModelCard) -> str:
    return "\n\n".join(
        f"## Measured on {name}{_CAVEATS.get(name, '')}\n\n{_figures(figures)}"
        for name, figures in card.measured.items()
        if isinstance(figures, Mapping) and "discrimination" in figures
    )


def _figures(figures: Mapping[str, Any]) -> str:
    about, rule = figures["about"], figures["shipped_rule"]["refusals_as_referred"]
    # Cards of the first edition call it by the number of their diagnoses.
    leading = figures.get("leading_diagnosis") or figures["seven_diagnoses"]
    whole = {
        **figures["discrimination"],
        "balanced accuracy, leading diagnosis as shown": leading["balanced_accuracy_as_shown"],
        "balanced accuracy, diagnoses weighted evenly": leading["balanced_accuracy_even_weights"],
        "calibration error of P(malignant)": figures["calibration"]["malignant"][
            "calibration_error"
        ],
        "images refused": figures["shipped_rule"]["refused"]["all"],
        **{key: value for key, value in rule.items() if "value" in value},
    }
    lines = [f"| {key.replace('_', ' ')} | {shown(value)} |" for key, value in whole.items()]
    foreign = figures.get("drawn_foreign_pictures_refused", {})
    lines += [
        f"| drawn non-dermoscopic pictures refused: {k} | {v:.3f} |" for k, v in foreign.items()
    ]
    lines += [
        f"| {kind} refused | {shown(value)} |"
        for kind, value in figures.get("other_pictures_refused", {}).items()
    ]
    lines += _sources(figures.get("by_source", {}))
    lines += _copies(figures.get("saved_anew", {}))
    lines += [
        f"| overlay: {key.replace('_', ' ')} | {shown(value)} |"
        for key, value in figures.get("overlay", {}).items()
        if not isinstance(value, Mapping)
    ]
    lines += _curves(figures.get("overlay", {}).get("curves", {}))
    lines += _damage(figures.get("robustness", {}))
    return (
        f"{about['images']} images of {about['lesions']} lesions, "
        f"{100 * about['share_needing_action']:.1f} % malignant or suspicious; refusals count as "
        "referred.\n\n| figure | value [95 % interval] |\n|---|---|\n" + "\n".join(lines)
    )


def _sources(by_source: Mapping[str, Any]) -> list[str]:
    """The figures of each source: ranking, the shipped rule, calibration."""
    lines = []
    for source, part in by_source.items():
        shown_of = {
            key: part[key]
            for key in ("auc_needs_action", "auc_melanoma", "balanced_accuracy_even_weights")
        }
        if "shipped_rule" in part:
            rule = part["shipped_rule"]
            shown_of |= {
                key: rule["refusals_as_referred"][key]
                for key in (
                    "sensitivity_at_rule_out",
                    "melanoma_sensitivity_at_rule_out",
                    "specificity_at_rule_out",
                    "benign_in_routine",
                )
            }
            shown_of["images refused"] = rule["refused"]["all"]
            shown_of["calibration error of P(malignant)"] = part["calibration"]["malignant"][
                "calibration_error"
            ]
        lines += [
            f"| {source}: {key.replace('_', ' ')} | {shown(value)} |"
            for key, value in shown_of.items()
        ]
        lines += _slopes(source, part.get("calibration", {}))
    return lines


def _slopes(source: str, calibration: Mapping[str, Any]) -> list[str]:
    found = calibration.get("malignant")
    if found is None or found["slope"] is None:
        return []
    line = f"{found['slope']:.2f} and {found['intercept']:.2f}"
    return [f"| {source}: slope and intercept of P(malignant) | {line} |"]


def _copies(saved_anew: Mapping[str, Any]) -> list[str]:
    """One line for each way of saving a photograph anew."""
    return [
        f"| another level when saved as {way}, by source | "
        + "; ".join(
            f"{source} {100 * found['another_level']['value']:.1f} % of "
            f"{found['another_level']['n']} (log-odds {found['log_odds_moved_90']:.2f})"
            for source, found in sources.items()
        )
        + " |"
        for way, sources in saved_anew.items()
    ]


def _curves(curves: Mapping[str, Any]) -> list[str]:
    """One line for each deletion or insertion curve of the overlay: mean log-odds by share."""
    shares = curves.get("share_of_cells", [])
    return [
        f"| overlay: {name.replace('_', ' ')}, log-odds by share of cells | "
        + "; ".join(f"{s:g}: {v:.2f}" for s, v in zip(shares, values, strict=True))
        + " |"
        for name, values in curves.items()
        if name.endswith(("_top", "_random"))
    ]


def _damage(robustness: Mapping[str, Any]) -> list[str]:
    """One line for each kind of damage: sensitivity and share refused at each step."""
    steps = {name: part for name, part in robustness.items() if name != "undamaged"}
    return [
        f"| {name.replace('_', ' ')}: sensitivity (refused) by step | "
        + "; ".join(
            f"{step}: {found['sensitivity_refusals_as_referred']['value']:.2f} "
            f"({100 * found['refused']:.0f} %)"
            for step, found in part.items()
        )
        + " |"
        for name, part in steps.items()
    ]
