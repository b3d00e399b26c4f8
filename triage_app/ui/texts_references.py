"""Words about references of patients that may be mistaken for each other."""

ALIKE = "Also stored: {others}. Check that this is not the same patient."
MIXED = "The reference mixes letters of several alphabets ({alphabets}), which may look the same."
IMAGES = {1: "1 image"}
IMAGES_MANY = "{count} images"
LAST = "{count}, the last on {day}"
HOLDS = "looks the same, and holds {characters}"

ASKED = "Which patient is meant?"
ASKED_HELP = (
    "These references of the file differ from stored ones by case, zeros or separators alone, as "
    "when a spreadsheet drops zeros. Their rows are left out until you choose."
)
MEANS = "{reference} means"
NOT_CHOSEN = "Not chosen: leave the rows out"
