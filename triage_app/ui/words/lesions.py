"""Words of patients, lesions, their images over time, and of outcomes from a file."""

from triage_app.services.exchange.outcome_import import RowStatus

# Patients
HOLDS = "holds {characters}"
FIND_LABEL = "Patient reference"
FIND_INFO = "From its start; empty for all"
FIND_DO = "Find"
NEW_REFERENCE = "Reference of the new patient"
NEW_REFERENCE_INFO = "A pseudonym, never a name"
NEW_DO = "Create patient"
PATIENT_EXISTS = "There is a patient with this reference already. Find the patient instead."
PATIENTS_COUNT = {1: "1 patient"}
PATIENTS_MANY = "{count} patients"
PATIENTS_MORE = "The first {count} patients; type more of the reference to narrow the list."
NO_PATIENT = "No patient matches"
NO_PATIENT_HELP = (
    "Create the patient here, or give an image of the patient a reference and it appears."
)
NO_PATIENTS_YET = "No patient is stored yet"

# One patient
NOT_OPEN = "No patient is open"
NOT_OPEN_HELP = "Choose a patient from the list."
TO_PATIENTS = "Patients"
TO_PRIVACY = "Export or erasure"
ABOUT_YEARS = "born {year} (about {years} years)"
SKIN = "skin type {kind}"
LESIONS = "Lesions"
NO_LESIONS = "No lesion yet. Mark its place on the body map and create it."
LESION_IMAGES = {0: "No image yet", 1: "1 image"}
LESION_IMAGES_MANY = "{count} images"
LAST_IMAGE = "last {when}"
WITHHELD = "Findings withheld"
WITHHELD_HELP = (
    "Findings of at least one image wait for a clinician's impression, so no level is shown."
)
LEVEL_HELP = "A lesion's level is the worst of its images; a milder later image does not lower it."
OFF_MAP = "not on the body map"
MARK = "{number}: {label}, {place}, {level}"
NO_LEVEL = "no image yet"
NEW_LESION = "New lesion"
NEW_LESION_HELP = "Mark the place on the body map, or choose body site and side."
LESION_LABEL = "Name of the lesion"
LESION_LABEL_INFO = "Optional; without one it is numbered"
SITE = "Body site"
SIDE = "Side"
CREATE_LESION = "Create lesion"
LESION_CREATED = "The lesion is stored. Now file images under it."
LOOSE = "Images without a lesion"
LOOSE_HELP = "Choose the lesion that each image shows."
LOOSE_NONE = "Every image of this patient is filed under a lesion."
CHOOSE_LESION = "Lesion"
CHOOSE_LESION_FOR = "Lesion for the image of {day}"
ASSIGN = "File under it"
ASSIGN_NONE = "Choose a lesion first."
ASSIGNED = "The image is filed under the lesion."
OPEN_CASE = "Open case"

# The record of a patient
RECORD = "Patient record"
BIRTH_YEAR = "Year of birth"
SEX = "Sex"
SKIN_TYPE = "Skin type (Fitzpatrick)"
UNKNOWN = "Unknown"
RISKS = "Risk factors"
RISKS_INFO = "Ask each one"
RISKS_NONE = "Asked: none"
RISKS_NOT_ASKED = "not asked yet"
CONSENT = "Consent"
CONSENT_ON = "Date of consent"
CONSENT_NONE = "Not recorded"
DAY_INFO = "Year-month-day"
SAVE_RECORD = "Save record"
RECORD_SAVED = "The record is saved."
HOLD = "Legal hold"
HOLD_IS_SET = "Yes"

# One lesion
NO_LESION = "No lesion is open"
NO_LESION_HELP = "Choose a lesion on the page of its patient."
PATIENT_OF = "Patient"
COMPARE = "Compare two images"
COMPARE_BEFORE = "Earlier image"
COMPARE_AFTER = "Later image"
COMPARE_ONE = "A comparison needs two images of the lesion; there is {count}."
COMPARE_COUNT = {0: "none yet", 1: "one"}
COMPARE_WITHHELD = (
    "Findings of at least one of the two images are withheld, so what changed in them is not told."
)
EARLIER_WORDS = "Earlier: {day}"
LATER_WORDS = "Later: {day}"
CHANGES = "What changed in the findings"
TIMELINE = "Findings over time"
TIMELINE_ALT = (
    "P(malignant or suspicious) of {count} images from {first} to {last}; the table below has all "
    "values."
)
TIMELINE_AXIS = "P(malignant or suspicious)"
TIMELINE_SCALE = "The scale is in log-odds: equal distances are equal weights of evidence."
TIMELINE_BAND = (
    "Bars: where 95 % of further photographs of the unchanged lesion would fall, from the measured "
    "repeatability of this model. Overlapping bars are no evidence of change."
)
TIMELINE_NO_BAND = "The repeatability of the model is not known, so no bars are drawn."
TIMELINE_EMPTY = "No figure can be shown of these images."
TIMELINE_BREAK = (
    "Dotted upright line: another model from here on. Figures on its two sides do not compare."
)
TIMELINE_POINT = "Dashed line: rule-out point in force for the image."
TIMELINE_NEW_MODEL = "model {version}"
TIMELINE_NONE = "no figure"
TIMELINE_COLUMNS = (
    "Image of",
    "Triage level",
    "P(malignant or suspicious)",
    "P(melanoma)",
    "Model",
)
TIMELINE_TABLE = "Findings of each image"
WITHHELD_SHORT = "Withheld"
NOT_ASSESSED = "Not assessed"
IMAGES = "Images"
IMAGES_NONE_HELP = "File one from the page of the patient, or from the page of a case."
VERDICT = "Verdict: {level}, {disposition}"
NO_VERDICT = "No verdict yet"
OUTCOME = "Outcome: {proof}"
MOVE = "Move an image"
MOVE_WHICH = "Image"
MOVE_TO = "To"
MOVE_NOWHERE = "No lesion"
MOVE_REASON = "Why"
MOVE_REASON_INFO = "Stays in the history of the image"
MOVE_DO = "Move the image"
MOVE_NONE = "Choose the image to move."
MOVED = "The image is moved. Its history keeps where it was."
PLACE = "Name and place"
PLACE_SAVE = "Save name and place"
PLACE_SAVED = "Name and place are saved."
MOVES = "Images moved here or away"
MOVES_COLUMNS = ("When", "Who", "Image", "From", "To", "Why")
MOVES_ELSEWHERE = "another lesion"
MOVES_HERE = "this lesion"
MOVES_NONE = "no lesion"

# On the page of a case
CHOICE = "Lesion"
CHOICE_IN = "This image is filed under a lesion."
CHOICE_NONE = "This image is not filed under a lesion yet."
CHOICE_NO_PATIENT = "Give the patient reference first; a lesion belongs to a patient."
CHOICE_OPEN = "Open the lesion"
CHOICE_PATIENT = "Open the patient"
CHOICE_START = "File under a lesion…"
CHOICE_CHANGE = "Move to another lesion…"
CHOICE_EXISTING = "A lesion of this patient"
CHOICE_NEW = "A new lesion"
CHOICE_NEW_DO = "Create the lesion and file the image under it"
CHOICE_DO = "File under this lesion"

WITHDRAWN = "Withdrawn by {name}, {when}"

# Outcomes from a file
OUTCOMES_IN = "Outcomes from a CSV file"
OUTCOMES_HELP = (
    "One pathologist's report in each row. Nothing is stored before you have seen the preview, and "
    "a row that is stored already is never stored twice."
)
OUTCOMES_COLUMNS = {
    "case_id": "Number of the case; or, instead of it:",
    "patient_reference": "Reference of the patient,",
    "lesion": "with the name of the lesion where the patient has several,",
    "image_date": "and the day of the image at this site, where the lesion has several",
    "specimen": "Number of the specimen; optional",
    "date": "Day of the pathologist's report, as 2026-03-31, 31.03.2026 or 31 Mar 2026",
    "diagnosis": "A diagnosis as listed below",
    "breslow_mm": "Breslow thickness, invasive melanoma only",
    "report": "The report as text; optional",
}
OUTCOMES_SEPARATED = (
    "Columns are separated by comma, semicolon or tab; the first row names them. A day such as "
    "03/04/2026, which could be in March or in April, is not guessed: write it as 2026-04-03."
)
OUTCOMES_FORMAT = "Columns that are understood"
OUTCOMES_DIAGNOSES = "Diagnoses that are understood"
PREVIEW = "What the file would do"
PREVIEW_COLUMNS = (
    "Row",
    "What happens",
    "Image that it belongs to",
    "Patient",
    "Specimen",
    "Date",
    "Diagnosis",
    "Breslow, mm",
)
PREVIEW_NO_LESION = "Image of no lesion"
PREVIEW_COUNTS = {
    RowStatus.ADD: "{count} will be added",
    RowStatus.STORED: "{count} stored already",
    RowStatus.WITHDRAWN: "{count} withdrawn before",
    RowStatus.NO_MATCH: "{count} without a match",
    RowStatus.CONFLICT: "{count} contradict what is stored",
    RowStatus.AMBIGUOUS: "{count} may be several patients",
}
APPLY = "Add {count} outcomes"
APPLY_ONE = "Add 1 outcome"
APPLIED = "{added} added, {stored} stored before, {left} left out."
READ_AGAIN = "Choose the file again; the window no longer holds it."
EXPORT = "Cases as a CSV file"
EXPORT_HELP = (
    "All cases outside the bin, one in each row, with impression, verdict and outcome. What is "
    "withheld stands as “withheld”. Cells that a spreadsheet could run as a formula are made safe."
)
EXPORT_GET = "Download cases (CSV)"
