"""Histopathological diagnoses in the pathologist's words, with a fixed map to what they prove.

The list follows the WHO Classification of Skin Tumours in the depth that a biopsy of a pigmented
lesion asks for; dysplasia is graded low and high, as there.
"""

from enum import StrEnum


class Proof(StrEnum):
    """What an outcome proves about the lesion."""

    BENIGN = "benign"
    SUSPICIOUS = "suspicious"
    MALIGNANT = "malignant"
    UNPROVEN = "unproven"


PROOF_LABELS: dict[Proof, str] = {
    Proof.BENIGN: "Benign",
    Proof.SUSPICIOUS: "Suspicious (Bowen disease, actinic keratosis or high-grade dysplasia)",
    Proof.MALIGNANT: "Malignant",
    Proof.UNPROVEN: "Unproven",
}


class Pathology(StrEnum):
    """Diagnosis of a specimen."""

    MELANOMA_INVASIVE = "melanoma_invasive"
    MELANOMA_IN_SITU = "melanoma_in_situ"
    LENTIGO_MALIGNA = "lentigo_maligna"
    LENTIGO_MALIGNA_MELANOMA = "lentigo_maligna_melanoma"
    BASAL_CELL_CARCINOMA = "basal_cell_carcinoma"
    SQUAMOUS_CELL_CARCINOMA = "squamous_cell_carcinoma"
    BOWEN = "bowen"
    ACTINIC_KERATOSIS = "actinic_keratosis"
    KERATOACANTHOMA = "keratoacanthoma"
    MERKEL_CELL_CARCINOMA = "merkel_cell_carcinoma"
    METASTASIS = "metastasis"
    OTHER_MALIGNANT = "other_malignant"
    DYSPLASTIC_HIGH = "dysplastic_high"
    DYSPLASTIC_LOW = "dysplastic_low"
    NAEVUS = "naevus"
    BLUE_NAEVUS = "blue_naevus"
    SPITZ_NAEVUS = "spitz_naevus"
    SEBORRHOEIC_KERATOSIS = "seborrhoeic_keratosis"
    SOLAR_LENTIGO = "solar_lentigo"
    LICHENOID_KERATOSIS = "lichenoid_keratosis"
    DERMATOFIBROMA = "dermatofibroma"
    VASCULAR = "vascular"
    OTHER_BENIGN = "other_benign"
    UNCERTAIN = "uncertain"
    NOT_DIAGNOSTIC = "not_diagnostic"


PATHOLOGY_LABELS: dict[Pathology, str] = {
    Pathology.MELANOMA_INVASIVE: "Melanoma, invasive",
    Pathology.MELANOMA_IN_SITU: "Melanoma in situ",
    Pathology.LENTIGO_MALIGNA: "Lentigo maligna",
    Pathology.LENTIGO_MALIGNA_MELANOMA: "Lentigo maligna melanoma",
    Pathology.BASAL_CELL_CARCINOMA: "Basal cell carcinoma",
    Pathology.SQUAMOUS_CELL_CARCINOMA: "Squamous cell carcinoma, invasive",
    Pathology.BOWEN: "Bowen disease (squamous cell carcinoma in situ)",
    Pathology.ACTINIC_KERATOSIS: "Actinic keratosis",
    Pathology.KERATOACANTHOMA: "Keratoacanthoma",
    Pathology.MERKEL_CELL_CARCINOMA: "Merkel cell carcinoma",
    Pathology.METASTASIS: "Cutaneous metastasis",
    Pathology.OTHER_MALIGNANT: "Other malignant tumour",
    Pathology.DYSPLASTIC_HIGH: "Dysplastic naevus, high grade",
    Pathology.DYSPLASTIC_LOW: "Dysplastic naevus, low grade",
    Pathology.NAEVUS: "Melanocytic naevus",
    Pathology.BLUE_NAEVUS: "Blue naevus",
    Pathology.SPITZ_NAEVUS: "Spitz naevus",
    Pathology.SEBORRHOEIC_KERATOSIS: "Seborrhoeic keratosis",
    Pathology.SOLAR_LENTIGO: "Solar lentigo",
    Pathology.LICHENOID_KERATOSIS: "Lichenoid keratosis",
    Pathology.DERMATOFIBROMA: "Dermatofibroma",
    Pathology.VASCULAR: "Vascular lesion",
    Pathology.OTHER_BENIGN: "Other benign lesion",
    Pathology.UNCERTAIN: "Melanocytic tumour of uncertain malignant potential",
    Pathology.NOT_DIAGNOSTIC: "Not diagnostic",
}

_MALIGNANT = (
    Pathology.MELANOMA_INVASIVE,
    # A melanoma in situ is treated as melanoma, and the training data count it so.
    Pathology.MELANOMA_IN_SITU,
    Pathology.LENTIGO_MALIGNA,
    Pathology.LENTIGO_MALIGNA_MELANOMA,
    Pathology.BASAL_CELL_CARCINOMA,
    Pathology.SQUAMOUS_CELL_CARCINOMA,
    # Cannot be told from a well differentiated squamous cell carcinoma with certainty.
    Pathology.KERATOACANTHOMA,
    Pathology.MERKEL_CELL_CARCINOMA,
    Pathology.METASTASIS,
    Pathology.OTHER_MALIGNANT,
)
_SUSPICIOUS = (Pathology.BOWEN, Pathology.ACTINIC_KERATOSIS, Pathology.DYSPLASTIC_HIGH)
_UNPROVEN = (Pathology.UNCERTAIN, Pathology.NOT_DIAGNOSTIC)
PROOF_OF: dict[Pathology, Proof] = {
    diagnosis: Proof.MALIGNANT
    if diagnosis in _MALIGNANT
    else Proof.SUSPICIOUS
    if diagnosis in _SUSPICIOUS
    else Proof.UNPROVEN
    if diagnosis in _UNPROVEN
    else Proof.BENIGN
    for diagnosis in Pathology
}

# Breslow thickness is measured in invasive melanoma only.
WITH_BRESLOW = frozenset({Pathology.MELANOMA_INVASIVE, Pathology.LENTIGO_MALIGNA_MELANOMA})
LARGEST_BRESLOW_MM = 100.0
