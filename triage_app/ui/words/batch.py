"""Words of assigning to selected lines of a batch."""

IMAGES = "{count} images"
IMAGE = "1 image"
OVERWRITE_TITLE = "This would overwrite what is assigned already:"
OVERWRITE = {
    "patient_reference": "{images} of patient “{before}” would be given to patient “{after}”.",
    "lesion_label": "{images} of lesion “{before}” would be named “{after}”.",
}
OVERWRITE_YES = "Overwrite"
OVERWRITE_NO = "Leave as it is"
APPLIED = "Assigned to {images}: {what}."
APPLIED_NONE = "The selected images have this already; nothing was changed."
NAMED = {"patient_reference": "patient “{value}”", "lesion_label": "lesion “{value}”"}
NOTHING_TYPED = "Type a patient reference or a lesion first."
NOT_ASSIGNED = "Nothing was assigned, because of {name}: {reason}"
UNDO = "Undo"
UNDONE = "Undone: {images} are as they were before."


def images(count: int) -> str:
    """So many images."""
    return IMAGE if count == 1 else IMAGES.format(count=count)
