"""Words of reading a case: impression, verdict, next steps, outcome, letter."""

from triage_app.domain.reading import Confidence, StepEnd, StepKind

# Reading
READING = "Reading"
TO_READING = "Impression and verdict"
TAKEN_BY_YOU = "You are reading this case."
TAKEN_BY = "{name} is reading this case."
TAKEN_BY_NOBODY = "Nobody is reading this case yet."
TAKE, RELEASE = "Take it", "Release it"
TAKEN, RELEASED = "You are reading this case now.", "The case is free again."
CLOSED_AT = "closed {when}"
CLOSED, READ = "Closed", "Read"
CLOSE = "Close case"
CLOSE_DONE = "The case is closed. A new verdict or image opens it again."
REOPEN = "Reopen case"
REOPEN_DONE = "The case is open again."
FORMER = "a former account"
BY_PROGRAM = "the program"
BY_TERMINAL = "a person at the server's terminal"
LOCAL = "the local user"

# Withheld findings
WITHHELD_FIRST = "Your impression first"
WITHHELD_FIRST_HELP = (
    "This site asks for a clinician's own impression before the findings are revealed. Look at "
    "the image, then record your impression."
)
WITHHELD_WHERE = "Record your impression"
WITHHELD_BATCH = "Withheld until a clinician has recorded an impression on the page of the case."
REVEALED = "{label}, {when}."
REVEALED_BY = "{label}, {when}, by {name}."

# Impression
IMPRESSION = "Your impression"
IMPRESSION_MORE = "Record an impression"
IMPRESSION_ONCE = "An impression can't be changed afterwards."
IMPRESSION_SEEN = "The findings are on this page, so it will be marked as not blinded."
DIAGNOSIS = "Leading diagnosis"
LEVEL = "Level that you would give"
CONFIDENCE = "Confidence"
CONFIDENCES = {Confidence.LOW: "Low", Confidence.MODERATE: "Moderate", Confidence.HIGH: "High"}
ABCD_MORE = "ABCD rule of dermoscopy (optional)"
SEVEN_POINT_MORE = "Seven-point checklist (optional)"
SEVEN_POINT_SEEN = "Criteria seen"
SEVEN_POINT_NONE = "Assessed: none seen"
NOT_SCORED = "Not scored"
SCORE = "{name}: {score:g}, {meaning}."
SCORE_PART = "Score all four parts; then the total is shown."
RECORD_IMPRESSION = "Record impression"
RECORD_AND_REVEAL = "Record impression and reveal findings"
IMPRESSION_RECORDED = "Your impression is recorded."
BLINDED, UNBLINDED = "Blinded", "Not blinded"
IMPRESSIONS = "Impressions"
CONFIDENCE_OF = "{confidence} confidence"

# Verdict
VERDICT = "Verdict"
VERDICT_GIVE = "Give your verdict"
VERDICT_AGAIN = "Give a new verdict"
VERDICT_AGAIN_HELP = "It supersedes the present one, which stays readable. Open steps end with it."
VERDICT_NEEDS_FILING = "A verdict is given on a filed case. File it below first."
VERDICT_NEEDS_IMPRESSION = "Record your impression first; then the findings and the verdict follow."
LEVEL_VERDICT = "Your level"
AGREE = "Agree: {level}"
OVERRIDE = "Override: {level}"
AGREED, OVERRIDDEN = "agrees with the finding", "overrides “{found}”"
REASON = "Why you override"
REASON_INFO = "Needed for an override"
DISPOSITION = "What happens next"
DUE = "Come back by"
DUE_INFO = "Year-month-day"
SOON = {3: "3 months", 6: "6 months", 12: "12 months"}
NOTE = "Note on the verdict"
NOTE_INFO = "Optional; stands in the report"
RECORD_VERDICT = "Record verdict"
VERDICT_RECORDED = "The verdict is recorded."
SUPERSEDED = "Superseded"
PRESENT = "Present verdict"
VERDICTS_BEFORE = "Earlier verdicts"
DUE_BY = "by {day}"
REASON_OF = "Reason: {text}"
NOTE_OF = "Note: {text}"

# Next steps
STEPS = "Next steps"
STEP_LATE_ONE = "Overdue by 1 day"
STEP_LATE = "Overdue by {days} days"
STEP_DUE = "due {day}"
STEP_OWNER = "Responsible: {name}"
STEP_ENDS = {
    StepEnd.DONE: "Done",
    StepEnd.SUPERSEDED: "Replaced by a new verdict",
    StepEnd.POSTPONED: "Postponed",
    StepEnd.CANCELLED: "Cancelled",
}
STEP_WHICH = "Which step"
STEP_CHOICE = "{kind}, due {day}"
STEP_WHAT = "What happened"
STEP_DONE = {
    StepKind.FOLLOW_UP: "Done: the patient was seen",
    StepKind.HISTOLOGY: "Done: the result is known",
    StepKind.REFERRAL: "Done: the referral is confirmed",
}
STEP_DONE_ANY = "Done"
STEP_POSTPONE = "Postpone"
STEP_CANCEL = "Cancel: no longer needed"
STEP_HAND = "Hand over"
STEP_NOTE = "Why, or what was confirmed"
STEP_NOTE_INFO = "Needed to postpone or cancel"
STEP_NEW_DUE = "New date"
STEP_PERSON = "Hand over to"
STEP_SAVE = "Save the step"
STEP_SAVED = "The step is saved."
STEP_NONE = "Choose what happened."
STEP_NOBODY = "Choose who is responsible from now on."
STEP_NO_DAY = "Give the new date."

# Outcome
OUTCOMES = "Outcome"
HISTOLOGY_MORE = "Record histopathology"
FOLLOW_UP_MORE = "Record the result of a follow-up"
OUTCOME_ON = "Date of the pathologist's report"
OUTCOME_LAST = "Date of the last image"
DAY_INFO = "Year-month-day"
OUTCOME_DIAGNOSIS = "Diagnosis of the pathologist"
BRESLOW = "Breslow thickness, mm"
BRESLOW_INFO = "Invasive melanoma only"
SPECIMEN = "Specimen number"
SPECIMEN_INFO = "Optional"
OUTCOME_TEXT = "Report as text"
OUTCOME_TEXT_INFO = "Optional; a PDF can be added once it is recorded"
CHANGED = "Compared with the first image"
CHANGED_CHOICES = {"no": "No change", "yes": "Changed"}
FOLLOW_UP_HELP = (
    "Counts as benign after twelve months between the first and the last image of the lesion "
    "without change; otherwise the outcome is “unproven”."
)
FOLLOW_UP_TEXT = "Note on the follow-up"
RECORD_OUTCOME = "Record outcome"
OUTCOME_RECORDED = "The outcome is recorded."
OUTCOME_PROOF = "Counts as: {proof}"
OUTCOME_COUNTS = "This outcome counts"
OUTCOME_BRESLOW = "Breslow {mm:g} mm"
OUTCOME_SPECIMEN = "Specimen {number}"
OUTCOME_MONTHS = "{months} months between the first and the last image"
OUTCOME_CHANGED, OUTCOME_SAME = "changed", "without change"
OUTCOME_DOCUMENT = "Download the pathologist's report (PDF)"
WITHDRAWN = "Withdrawn"
WITHDRAWN_WHY = "Withdrawn because: {text}"
WITHDRAWN_BY = "Withdrawn by {name}, {when}"
WITHDRAW_MORE = "Withdraw an outcome that was recorded by mistake"
WITHDRAW_HELP = (
    "It counts no more, and stays readable here and in reports as withdrawn, with your reason. "
    "That can't be undone: one that was right after all is recorded again."
)
WITHDRAW_STEP = "{outcome}: “{kind}”, due {day}, is open again."
WITHDRAW_CLOSED = "The case, which is closed, is opened again."
WITHDRAW_WHICH = "Which outcome"
WITHDRAW_CHOICE = "{found} ({method}, {day})"
WITHDRAW_WHY = "Why it was a mistake"
WITHDRAW_DO = "Withdraw this outcome"
WITHDRAW_NONE = "Choose the outcome that is withdrawn."
WITHDRAW_DONE = "The outcome is withdrawn."
ATTACHED = "The PDF is stored with the outcome."

# Letter
LETTERS = "Letters to the patient"
ISSUE_LETTER = "Issue letter to the patient (PDF)"
LETTER_ISSUED = "The letter is issued and stored."
LETTER_LINK = "Download letter {number} (PDF)"
LETTER_OLD = "from an earlier verdict"

# Going through the worklist
GO_BACK = "Worklist"
GO_PREVIOUS, GO_NEXT = "Previous unread", "Next unread"
GO_END = "No further unread case."
GO_LABEL = "Unread cases"
DECIDED = "Verdict: {level}, {disposition}"
