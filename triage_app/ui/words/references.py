"""Words about references of patients that may be mistaken for each other."""

ASKED = "Which patient is meant?"
ASKED_HELP = (
    "These references of the file differ from stored ones by case, zeros or separators alone, as "
    "when a spreadsheet drops zeros. Their rows are left out until you choose."
)
MEANS = "{reference} means"
NOT_CHOSEN = "Not chosen: leave the rows out"

PAIRS = "References that look the same"
PAIRS_HELP = (
    "These two were stored as different patients, because their references differ in characters "
    "that nobody sees. Compare both, then say whether they are one patient. Until then each keeps "
    "its own images, and an import asks which is meant."
)
PAIR = "Pair {number} of {count}"
SIDES = ("Stored apart", "Has the plain reference")
NO_OTHER = "Nothing of this reference can be seen. Give the patient another one."
CHARACTERS = "Characters"
ALL_PLAIN = "all plain"
PAIR_ROWS = {"images": "Images", "lesions": "Lesions", "days": "From, to", "person": "Known"}
HOW = "How it is known"
MERGE_SURE = "I have compared both. It is one patient; merging cannot be undone."
MERGE_DO = "Merge into one patient"
MERGE_NOT_SURE = "Tick that you have compared both. Nothing was merged."
MERGED = "Both are one patient now: {reference}."
APART = "Other reference for the one that was stored apart"
APART_INFO = "One that nobody confuses with the first, for example “{reference} second”"
APART_DO = "Keep apart under this reference"
KEPT = "The patient is {reference} from now on."
NEXT_PAIR = "Next pair"

CREATE_AGAIN = "If it is another patient, choose “Create patient” again."
USE = "Use {reference}"
STILL_STORED = "Not erased, stored under another reference that may be mistaken for it: {others}."
SPELLINGS = "Spelled"
MAY_BE_MISTAKEN = "May be mistaken for"
