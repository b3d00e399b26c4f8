"""All words that a reader of the pages sees, apart from those of the domain."""

from triage_app.domain.case import CaseState, Order
from triage_app.domain.triage import Level

DISCLAIMER = (
    "Research software. Not CE- or UKCA-marked, not cleared by the FDA. "
    "Decision support for clinicians, not a diagnosis."
)
SYNTHETIC = "SYNTHETIC DATA: drawn images and made-up patients, to try things out. No real patient."
NAV = {
    "analyse": "Analyse",
    "worklist": "Worklist",
    "recall": "Recall",
    "batch": "Batch",
    "history": "History",
    "patients": "Patients",
    "outcomes": "Outcomes",
    "privacy": "Privacy",
    "people": "People",
    "trail": "Trail",
    "site": "Site",
    "statistics": "Statistics",
    "account": "My account",
    "about": "About",
}
NAV_LABEL = "Pages"
TITLES = {
    "analyse": "Analyse a dermoscopic image",
    "worklist": "Worklist",
    "recall": "Recall list",
    "batch": "Analyse many images",
    "history": "Review history",
    "case": "Case",
    "patients": "Patients",
    "patient": "Patient",
    "lesion": "Lesion",
    "outcomes": "Outcomes from a file, cases as a file",
    "privacy": "Privacy: consent, export, erasure",
    "people": "People and their roles",
    "trail": "The trail: who did what, and when",
    "site": "This site",
    "statistics": "Statistics",
    "account": "My account",
    "about": "About the model and its limits",
}
NOT_GIVEN = "Not given"

# Levels
LEVEL_HEADING = "Triage level"
LEVEL_MEANING = {
    Level.ROUTINE: "Below the rule-out point; a clinician decides. This is no discharge.",
    Level.REVIEW: "A clinician has to look at this lesion.",
    Level.URGENT: "Look at this lesion first.",
    Level.CANNOT_ASSESS: "No finding is shown for this image. Refer on clinical grounds if in "
    "doubt; a missing finding is no reassurance.",
}
FINDINGS_LEVEL = "From the image alone, without patient and lesion: {level}."
REASONS = "Reasons"

# Result
EMPTY_RESULT_TITLE = "The result appears here"
EMPTY_RESULT = (
    "Add a dermoscopic image. It is analysed and stored as a draft at once, so a closed window "
    "loses nothing. Answers that you give later change the triage level while you type."
)
WITHHELD = "Findings are shown to clinicians"
WITHHELD_HELP = (
    "The image is stored, and a clinician will see it. Check its quality here, and take it again "
    "if it is poor."
)
IMAGE = "Image"
FINDINGS = "Findings"
FINDINGS_HINT = "Calibrated probabilities of the model; they sum to 100 %."
CLASSES = "Three classes"
DIAGNOSES = "Diagnoses"
NOT_TOLD_APART = "This model did not know {diagnoses}; such a lesion shows under another diagnosis."
NO_FINDINGS = "No probabilities are shown, because the image could not be assessed."
OPERATING = "Operating points"
OPERATING_COLUMNS = ("Point", "This image", "Threshold", "Sensitivity", "Specificity")
POINT_NAMES = {"rule_out": "Rule-out", "rule_in": "Rule-in"}
POINT_EFFECT = {"rule_out": "review at or above", "rule_in": "urgent at or above"}
POINT_SCORES = {"rule_out": "P(malignant) + P(suspicious)", "rule_in": "P(melanoma)"}
AT_OR_ABOVE = "at or above"
BELOW = "below"
INTERVAL = "95 % interval {low} to {high}"
BY_DIAGNOSIS = "Sensitivity by diagnosis at the {point} point"
MEASURED_ON = "Measured on {images}; {prevalence} of them {positives}."
POSITIVES = {"rule_out": "malignant or suspicious", "rule_in": "melanoma"}
STRICTER = "This site uses {value} instead of the model card's {card}; measured at the card's."
QUALITY = "Image quality"
QUALITY_UNKNOWN = "The quality could not be measured."
GRADES = {"good": "Good", "borderline": "Borderline", "poor": "Poor"}
OVERLAY = "Overlay"
OVERLAY_NOT_SHOWN = "No overlay is shown, because the image could not be assessed."
OVERLAY_NONE = "No positive evidence: no region of the image supports {group} against the rest."
OVERLAY_CENTRE = "{share} of the positive evidence for {group} lies in the centre of the image."
OVERLAY_OFF = (
    "Only {share} of the positive evidence for {group} lies in the centre: the model may have "
    "reacted to the border, ink, a ruler or a neighbouring structure."
)
OVERLAY_CAVEAT = (
    "The overlay shows where the model looked, not where disease is. “Centre” means the image "
    "centre; the lesion is not outlined."
)
GROUPS = {
    "melanoma": "melanoma",
    "malignant_or_suspicious": "malignant or suspicious",
}
MODEL = "Model and analysis"
MODEL_NONE = "No model was in service."
MODEL_ROWS = {
    "model": "Model",
    "sha256": "Weights, SHA-256",
    "analysed": "Analysed",
    "took": "Took",
    "image": "Image",
    "notes": "Converted",
    "image_sha256": "Image, SHA-256",
}
CROP_ALT = "Analysed crop of the dermoscopic image"
THUMBNAIL_ALT = "Thumbnail of the analysed crop"
NO_MODEL = "Analysis is switched off. {reason} Images are stored but not assessed."

# Form
FORM_TITLE = "Patient and lesion"
CONTEXT_TITLE = "Context"
FIELD_INFO = {
    "patient_reference": "Needed to file the case",
    "lesion_label": "For example “left forearm 1”",
    "age": "Years",
    "skin_type": "Fitzpatrick",
    "red_flags": "Ask each one; they only ever raise the level",
    "clinical_question": "Optional",
    "note": "Optional",
}
YES, NO, NOT_STATED = "Yes", "No", "Not stated"
SEXES = {"female": "Female", "male": "Male", "other": "Other"}
SIDES = {"left": "Left", "right": "Right", "midline": "Midline"}
NONE_PRESENT = "Asked: none present"

# Steps
FILE_CASE = "File case"
FILED = "Filed. It is in the review history."
NEXT_LESION = "Analyse the next image"
OPEN_CASE = "Open the case"
BACK_TO_HISTORY = "Back to the history"
STALE_FLUSH = "Your last edits are not saved yet; see the line above the form."
STATES = {CaseState.DRAFT: "Draft", CaseState.FILED: "Filed"}
IN_BIN = "In the bin"

# Case page
NO_CASE = "No case is open"
NO_CASE_HELP = "Choose a case from the review history."
REPORTS = "Reports"
NO_REPORTS = "No report has been issued."
ISSUE_REPORT = "Issue report (PDF)"
REPORT_NEEDS_FILING = "A report is issued from a filed case."
REPORT_ISSUED = "Report {number} is issued and stored."
REPORT_SAME = "Nothing has changed since report {number}; it is still valid."
REPORT_LINK = "Download report {number} (PDF)"
ORIGINAL_LINK = "Download the original image"
DELETE = "Delete case…"
DELETE_ASK = "Move this case to the bin? It leaves every list and can be restored from there."
DELETE_YES = "Move to the bin"
KEEP = "Keep it"
DELETED = "The case is in the bin."
RESTORE = "Restore case"
RESTORED = "The case is restored."
ERASE = "Erase for good…"
ERASE_ASK = (
    "Erase this case with its images and issued reports? They cannot be brought back by anyone."
)
ERASE_YES = "Erase for good"
ERASED = "The case and its files were erased."
CREATED = "Stored {when}"
FILED_AT = "filed {when}"
DELETED_AT = "in the bin since {when}"

# History
MORE_FILTERS = "More filters: state, class, dates"
ORDER = "Order"
ORDERS = {Order.NEWEST: "Newest first", Order.RISK: "By risk"}
FILTER_LEVEL = "Triage level"
FILTER_CLASS = "Leading class"
FILTER_STATE = "Show"
FILTER_STATES = {
    "": "Drafts and filed cases",
    "draft": "Drafts",
    "filed": "Filed cases",
    "unread": "Without a verdict",
    "read": "With a verdict",
    "bin": "The bin",
}
FILTER_FROM = "From"
FILTER_TO = "To"
DATE_INFO = "Year-month-day"
DATE_WRONG = "Write the date as year-month-day, for example 2026-03-31."
FILTER_WRONG = "The address holds a filter that does not exist. Clear the filter."
FILTER_PATIENT = "Patient reference"
FILTER_PATIENT_INFO = "From its start"
FILTER_TEXT = "Search in notes"
FILTER_TEXT_INFO = "Notes and clinical questions"
APPLY = "Apply filter"
CLEAR = "Clear filter"
ANY = "Any"
NEXT = "Next page"
PREVIOUS = "Previous page"
TOTAL_ONE = "1 case"
TOTAL = "{count} cases"
TOTAL_MORE = "More than {count} cases"
HISTORY_EMPTY = "No case is stored yet."
HISTORY_EMPTY_HELP = "Analyse a dermoscopic image; every analysis is kept here as a draft."
HISTORY_NO_MATCH = "No case matches this filter."
HISTORY_NO_MATCH_HELP = "Clear the filter to see all cases."
HISTORY_COLUMNS = ("Image", "Patient and lesion", "Triage level", "Findings", "Analysed", "State")
HISTORY_COLUMNS_WITHHELD = ("Image", "Patient and lesion", "Sent", "State")
NO_REFERENCE = "No patient reference yet"

# Batch
BATCH_INTRO = (
    "Each file becomes a draft of its own. Give each one a patient reference, then file it. Once "
    "all are sent you may leave: the work goes on, and this page's address brings the batch back."
)
BATCH_CONTEXT = (
    "New images have no age, skin type, site or red flags yet, so none is routine. Open a case to "
    "add them."
)
BATCH_DRAFTS = "Images of this batch"
BATCH_EMPTY = "No image to show yet. Images appear here when they have been analysed."
SELECT = "Select"
SELECT_ALL = "Select all"
APPLY_SELECTED = "Apply to selected"
APPLY_HELP = "For all selected images"
FILE_ONE = "File"
FILE_SELECTED = "File selected"
NOTHING_SELECTED = "Select at least one image first."
BATCH_FILED = "{count} filed."
BATCH_NOT_FILED = "Not filed: {name}: {reason}"
BATCH_MORE = "Shown: {shown} of {total}, the newest first."
BATCH_PROGRESS = "{filed} of {total} filed"
UNNAMED = "Unnamed image"

# About
SYSTEM = "This system"
SYSTEM_ROWS = {
    "version": "Program",
    "model": "Model",
    "site": "Site",
    "upload": "Largest file",
    "state": "State",
}
IN_SERVICE = "In service"
OUT_OF_SERVICE = "Not in service"
ABOUT_DATA = "Training data"
ABOUT_DATA_COLUMNS = ("Part", "Images", "Lesions")
ABOUT_PARTS = {"train": "Training", "val": "Validation", "test": "Test"}
ABOUT_LIMITS = "Limits of use"
ABOUT_MEASURED = "Measured figures"
ABOUT_ALL_FIGURES = "Show every figure of the model card"
ABOUT_COMPETENCE = "Images unlike the training data"
ABOUT_COMPETENCE_TEXT = (
    "Refused by a detector ({method}); it refuses {share} of the validation images."
)
ABOUT_CONFORMAL = "Prediction set"
ABOUT_CONFORMAL_TEXT = "Meant to miss the right class in {alpha} of lesions overall. Measured:"
ABOUT_LICENCE = "Licence of the weights"
ABOUT_RULE = "How the level is set"
ABOUT_LEVELS = {
    Level.CANNOT_ASSESS: "The image is unreadable, too poor, or unlike the training images, or no "
    "model is in service. No probability is shown.",
    Level.URGENT: "P(melanoma) at or above the rule-in point, or a red flag that this site lists "
    "as urgent.",
    Level.REVIEW: "P(malignant) + P(suspicious) at or above the rule-out point; an ambiguous "
    "prediction set; a borderline image; evidence off the centre; a vascular lesion or "
    "dermatofibroma leads; or anything in the context that is never routine.",
    Level.ROUTINE: "None of these. A clinician decides; it is no discharge.",
}

# Failures of a page's own steps
UNEXPECTED = (
    "Something went wrong in the program, and the step was not carried out. Reload the page and "
    "try again; what was stored before is safe."
)
