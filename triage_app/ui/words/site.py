"""Words about the site, the trail, statistics and patients as a whole."""

# Safety problems
PROBLEM = "Report a safety problem"
PROBLEM_HELP = (
    "Something about the software that did harm, or could have. The report goes to this site's "
    "administrators with the case's number, the program's version and the model."
)
PROBLEM_KIND = "What is wrong"
PROBLEM_TEXT = "What happened"
PROBLEM_TEXT_INFO = "Please name no patient: administrators read this"
PROBLEM_SEND = "Send the report"
PROBLEM_SENT = "Reported to the administrators of this site."

# Site
SITE_MODEL = "The model"
SITE_IN_SERVICE = "In service: images are assessed."
SUSPEND_HELP = (
    "While the model is suspended, images are stored and every one of them counts as “cannot "
    "assess”. Everyone sees the reason on every page. Stored results stay as they are."
)
SUSPEND_REASON = "Reason"
SUSPEND_REASON_INFO = "One sentence that everyone will read"
SUSPEND = "Suspend the model"
SUSPENDED_NOW = "The model is suspended."
RESUME = "Put the model back into service"
RESUMED_NOW = "The model is back in service."
PROBLEMS = "Reported safety problems"
PROBLEM_COLUMNS = ("Reported", "What", "In words", "Case", "Program")
NO_PROBLEMS = "No problem has been reported."
BACKUPS = "Backups"
BACKUP_ROWS = {
    "folder": "Folder",
    "every": "Made every",
    "kept": "Archives kept",
    "last": "Newest",
    "encrypted": "Encrypted",
}
BACKUP_MAKE = "Make a backup now"
BACKUP_MADE = "The backup is made and was checked."
HOURS = "{hours:g} hours"
YES, NO, NEVER = "Yes", "No", "None yet"

# Trail
TRAIL_ACTION = "What happened"
TRAIL_WHO = "Who"
TRAIL_SUBJECT = "Internal number"
TRAIL_SUBJECT_INFO = "Of a case, person, session or certificate"
TIME_ZONE = "Days and times"
ZONE_HELP = (
    "Everything that has a day or a time, on the pages, in letters, reports and tables, follows "
    "this zone. It is set where the program is started; what is stored does not change with it."
)
ZONE_NAME, ZONE_NOW = "Time zone", "Now"
TRAIL_FROM, TRAIL_TO = "From", "To"
ANYONE, NOBODY = "Anyone", "nobody signed in"
TRAIL_SEARCH = "Search"
TRAIL_OLDER = "Older events"
TRAIL_NEWEST = "Back to the newest"
TRAIL_COLUMNS = ("Row", "When", "Who", "What", "Internal number", "Details")
TRAIL_NONE = "No event matches."
TRAIL_COUNT = "{count} events, rows {last} to {first}"
TRAIL_ONE = "1 event, row {first}"
TRAIL_HINT = (
    "Each row's hash covers the row before it. “python -m triage_app verify” checks them all, and "
    "every stored file against its hash."
)
ANCHOR = "Anchor"
ANCHOR_HELP = (
    "An anchor is the number and hash of the last row. Kept outside of this system, it proves "
    "later that nothing was cut off: “python -m triage_app verify --anchor NUMBER:HASH”."
)
ANCHOR_GET = "Show the present anchor"

# Statistics
COUNTS = "Cases by month and triage level"
COUNT_COLUMNS = ("Month", "Urgent", "Review", "Routine", "Cannot assess", "Withheld", "All")
WITHHELD = "Withheld"
WITHHELD_HELP = "Findings are withheld until a clinician has recorded an impression"
BY_MODEL = "Cases by model"
MODEL_COLUMNS = ("Model", "Cases")
NO_MODEL_NAME = "No model"
OPEN_WORK = "Open work"
OPEN_ROWS = {"drafts": "Drafts", "bin": "In the bin", "unread": "Without a verdict"}
OPEN_LATE = "({count} overdue)"
NO_COUNTS = "No case is stored yet."
CHART_LABEL = "{month}: {counts}"

# Patients
FIND_PATIENT = "Patient reference"
FIND_PATIENT_INFO = "Exactly as it stands in the cases"
FIND = "Open"
NOTHING_KEPT = "Nothing is kept under this reference."
PATIENT_KEPT = "What is kept"
PATIENT_HOLD = "Legal hold"
PATIENT_CONSENT = "Consent"
PATIENT_ROWS = {"reference": "Reference", "cases": "Cases", "consent": "Consent", "hold": "Hold"}
CONSENT_NONE = "Not recorded"
CONSENT_SINCE = "{scope}, {day}"
CONSENT_SCOPE = "Scope"
CONSENT_DAY = "Given or refused on"
DAY_INFO = "Year-month-day"
DAY_WRONG = "Write the day as year-month-day, for example 2026-03-31."
CONSENT_SAVE = "Record consent"
CONSENT_SAVED = "The consent is recorded."
HOLD_NONE = "None: data may be erased."
HOLD_SET = "Set: nothing is erased. {reason}"
HOLD_REASON = "Reason of the hold"
HOLD_REASON_INFO = "Such as the file number of a court; empty lifts the hold"
HOLD_SAVE = "Save the hold"
HOLD_SAVED = "The legal hold is set."
HOLD_LIFTED = "The legal hold is lifted."
EXPORT = "Export"
EXPORT_HELP = (
    "Everything that is kept about this patient, as one ZIP file: data as JSON, images, reports "
    "and what the trail says. Hand it over in a way that only the patient can open."
)
EXPORT_GET = "Export everything (ZIP)"
ERASE = "Erase"
ERASE_HELP = (
    "Erases all cases of this patient with images, reports and drafts, also from the bin. Nobody "
    "can bring them back; backups made before still hold them until they are removed."
)
ERASE_REASON = "Reason"
ERASE_CONFIRM = "Type the patient reference again"
ERASE_DO = "Erase this patient for good"
ERASE_DIFFERS = "What you typed is not the reference of this patient. Nothing was erased."
ERASED = "Erased. The certificate says what was removed, without saying whose it was."
CERTIFICATE_LINK = "Download the certificate (PDF)"
