"""Words of the worklist and the recall list."""

from triage_app.domain.reading import StepKind
from triage_app.domain.worklist import Whose

SECTIONS = "What waits"
SHOW = {
    "read": "To read",
    "urgent": "Urgent and unread",
    "histology": "Biopsy without histology",
    "referral": "Referral not confirmed",
    "follow_up": "Follow-up",
}
KIND_OF = {
    "histology": StepKind.HISTOLOGY,
    "referral": StepKind.REFERRAL,
    "follow_up": StepKind.FOLLOW_UP,
}
LATE = "{count} overdue"
NONE_LATE = "none overdue"
URGENT_HINT = "of the unread"
WHOSE_LABEL = "Whose"
WHOSE = {Whose.ALL: "All", Whose.MINE: "Mine", Whose.FREE: "Free"}
MINE_COUNT = "Mine ({count})"
ORDER_HINT = (
    "Overdue first, then by triage level, then by waiting time. Cases whose findings are withheld "
    "are ordered by waiting time alone."
)
WITHHELD_HELP = "Findings are withheld until an impression is recorded"
WAITS_DAYS, WAITS_DAY = "waiting {count} days", "waiting 1 day"
WAITS_HOURS, WAITS_HOUR = "waiting {count} hours", "waiting 1 hour"
WAITS_LESS = "waiting less than an hour"
OVERDUE = "Overdue"
ESCALATED = "Unblinded: unread for too long"
FREE = "Free"
WITH_YOU = "With you"
WITH = "With {name}"
TAKE, RELEASE = "Take", "Release"
TAKE_LABEL, RELEASE_LABEL = "Take: {who}", "Release: {who}"
ASSIGN = "Assign to…"
ASSIGN_LABEL = "Assign to: {who}"
TAKEN, RELEASED = "The case is yours.", "The case is free again."
ASSIGNED = "The case is assigned."
NEXT_PART, FIRST_PART = "Next cases", "Back to the first"
EMPTY = {
    "read": ("Everything is read.", "New images appear here until a clinician gives a verdict."),
    "urgent": ("Nothing urgent is unread.", "Urgent cases appear here until there is a verdict."),
    "histology": ("No histology is awaited.", "A verdict “biopsy or excision” puts a case here."),
    "referral": ("No referral waits.", "A verdict “urgent referral” puts a case here."),
    "follow_up": ("No follow-up is planned.", "A verdict “short-term follow-up” puts a case here."),
}
EMPTY_WHOSE = ("Nothing here.", "Choose “All” to see what waits for others.")
TO_ANALYSE = "Analyse an image"
RESPONSIBLE = "Responsible: {name}"
RESPONSIBLE_YOU = "Responsible: you"
ALL_SHOWN = "The first {count} are shown; what is done makes room for the next."

# Recall
RECALL_INTRO = (
    "Patients who are to come back, by the day by which they were asked to. A follow-up leaves "
    "this list when it is done, postponed or cancelled on the page of its case."
)
RECALL_UNTIL = "Due up to"
RECALL_UNTIL_INFO = "Year-month-day; empty for all"
RECALL_OWNER = "Responsible"
RECALL_OWNER_INFO = "Who gave the verdict or took it over"
EVERYBODY = "Everybody"
RECALL_SHOW = "Show"
RECALL_COLUMNS = ("Patient", "Lesion", "Come back by", "Responsible", "Letter", "Case")
RECALL_TITLE = "Recall list of {day}"
RECALL_NONE = "Nobody is to be recalled."
RECALL_NONE_HELP = "A verdict “short-term follow-up” puts a patient here."
RECALL_COUNT_ONE = "1 follow-up"
RECALL_COUNT = "{count} follow-ups"
LETTER = "Letter (PDF)"
NO_LETTER = "None yet"
OPEN = "Open"
