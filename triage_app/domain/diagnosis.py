"""The seven diagnoses and the three classes that a clinician reads first."""

from enum import StrEnum


class FindingClass(StrEnum):
    """Sum of diagnoses. ``SUSPICIOUS`` names a class of lesions, not the level of suspicion."""

    BENIGN = "benign"
    SUSPICIOUS = "suspicious"
    MALIGNANT = "malignant"


class Diagnosis(StrEnum):
    """Diagnoses of HAM10000, in the alphabetical order that the model's outputs have."""

    AKIEC = "akiec"
    BCC = "bcc"
    BKL = "bkl"
    DF = "df"
    MEL = "mel"
    NV = "nv"
    VASC = "vasc"


CLASS_OF: dict[Diagnosis, FindingClass] = {
    Diagnosis.AKIEC: FindingClass.SUSPICIOUS,
    Diagnosis.BCC: FindingClass.MALIGNANT,
    Diagnosis.BKL: FindingClass.BENIGN,
    Diagnosis.DF: FindingClass.BENIGN,
    Diagnosis.MEL: FindingClass.MALIGNANT,
    Diagnosis.NV: FindingClass.BENIGN,
    Diagnosis.VASC: FindingClass.BENIGN,
}

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
    Diagnosis.VASC: "Vascular lesion",
}
