"""Names of what the trail records."""

from triage_app.domain.trail import Action

ACTIONS: dict[Action, str] = {
    Action.STARTED: "Program started",
    Action.MIGRATED: "Database brought up to date",
    Action.SIGNED_IN: "Signed in",
    Action.SIGN_IN_FAILED: "Sign-in failed",
    Action.SIGNED_OUT: "Signed out",
    Action.SESSION_REVOKED: "Session ended by a person",
    Action.PASSWORD_CHANGED: "Password changed",
    Action.TOTP_CHANGED: "Two factors switched",
    Action.PERSON_CREATED: "Account created",
    Action.PERSON_CHANGED: "Account changed",
    Action.UPLOAD_RECEIVED: "Image of a batch received",
    Action.UPLOAD_DISMISSED: "Image of a batch dismissed unread",
    Action.BATCH_VIEWED: "Batch viewed",
    Action.CASE_ANALYSED: "Image analysed and stored",
    Action.CASE_VIEWED: "Case viewed",
    Action.PATIENT_VIEWED: "Patient's record viewed",
    Action.LIST_VIEWED: "List of cases viewed",
    Action.ORIGINAL_READ: "Original image read",
    Action.CASE_CHANGED: "Case changed",
    Action.CASE_FILED: "Case filed",
    Action.COPY_KEPT: "Kept as a second copy of an image",
    Action.CASE_BINNED: "Case moved to the bin",
    Action.CASE_RESTORED: "Case restored",
    Action.CASE_ERASED: "Case erased",
    Action.PATIENTS_MERGED: "Two references made one patient",
    Action.PATIENT_RENAMED: "Patient given another reference",
    Action.REPORT_ISSUED: "Report issued",
    Action.REPORT_READ: "Report read",
    Action.PATIENT_EXPORTED: "Patient's data exported",
    Action.PATIENT_ERASED: "Patient erased",
    Action.HOLD_CHANGED: "Legal hold changed",
    Action.CONSENT_CHANGED: "Consent recorded",
    Action.SETTING_CHANGED: "Setting changed",
    Action.MODEL_SUSPENDED: "Model suspended",
    Action.MODEL_RESUMED: "Model back in service",
    Action.SAFETY_REPORTED: "Safety problem reported",
    Action.BACKUP_MADE: "Backup made",
    Action.ANCHOR_EXPORTED: "Anchor shown",
    Action.TRAIL_READ: "Trail read",
}


def name_of(action: str) -> str:
    """The name of a recorded action; a code that this version does not know stands for itself."""
    try:
        return ACTIONS[Action(action)]
    except (KeyError, ValueError):
        return action
