"""The eight diagnoses and the three classes that a clinician reads first."""

from enum import StrEnum


class FindingClass(StrEnum):
    """Sum of diagnoses. ``SUSPICIOUS`` names a class of lesions, not the level of suspicion."""

    BENIGN = "benign"
    SUSPICIOUS = "suspicious"
    MALIGNANT = "malignant"


class Diagnosis(StrEnum):
    """Diagnoses in the alphabetical order that a model's outputs have.

    Those of HAM10000, and squamous cell carcinoma with keratoacanthoma.
    """

    AKIEC = "akiec"
    BCC = "bcc"
    BKL = "bkl"
    DF = "df"
    MEL = "mel"
    NV = "nv"
    SCC = "scc"
    VASC = "vasc"


CLASS_OF: dict[Diagnosis, FindingClass] = {
    Diagnosis.AKIEC: FindingClass.SUSPICIOUS,
    Diagnosis.BCC: FindingClass.MALIGNANT,
    Diagnosis.BKL: FindingClass.BENIGN,
    Diagnosis.DF: FindingClass.BENIGN,
    Diagnosis.MEL: FindingClass.MALIGNANT,
    Diagnosis.NV: FindingClass.BENIGN,
    Diagnosis.SCC: FindingClass.MALIGNANT,
    Diagnosis.VASC: FindingClass.BENIGN,
}

# What a model of the first edition tells apart; its cases keep these seven.
WITHOUT_SCC: tuple[Diagnosis, ...] = tuple(d for d in Diagnosis if d is not Diagnosis.SCC)
# The lists of diagnoses that a model may answer with, each in the order of its outputs.
KNOWN_LISTS: tuple[tuple[Diagnosis, ...], ...] = (tuple(Diagnosis), WITHOUT_SCC)
# The diagnoses that are not benign: the rule-out score sums them, the overlay explains them.
CONCERN: frozenset[Diagnosis] = frozenset(
    d for d, finding_class in CLASS_OF.items() if finding_class is not FindingClass.BENIGN
)

CLASS_LABELS: dict[FindingClass, str] = {
    FindingClass.BENIGN: "Benign",
    FindingClass.SUSPICIOUS: "Suspicious (actinic keratosis / Bowen)",
    FindingClass.MALIGNANT: "Malignant",
}

DIAGNOSIS_LABELS: dict[Diagnosis, str] = {
    Diagnosis.AKIEC: "Actinic keratosis / Bowen",
    Diagnosis.BCC: "Basal cell carcinoma",
    Diagnosis.BKL: "Benign keratosis",
    Diagnosis.DF: "Dermatofibroma",
    Diagnosis.MEL: "Melanoma",
    Diagnosis.NV: "Melanocytic naevus",
    Diagnosis.SCC: "Squamous cell carcinoma",
    Diagnosis.VASC: "Vascular lesion",
}
