"""Words about signing in, accounts and people."""

# Frame
MENU = "Menu of {name}"
SIGN_OUT = "Sign out"
SINGLE_USER = (
    "Single-user mode: nobody signs in, everyone at this machine may do everything, and the trail "
    "can't tell people apart."
)
SUSPENDED = "{sentence} Images are stored but not assessed."

# Sign-in
SIGN_IN = "Sign in"
NAME = "Name"
PASSWORD = "Password"
CODE = "Code"
CODE_HINT = "Six digits from your authenticator; leave empty if you have none"
SIGNED_OUT = "You are signed out. Nothing of a patient is left in this browser window."
SESSION_ENDED = "Your session has ended, or you have not signed in yet."
TOO_MANY = "Too many attempts from this address. Try again in {minutes} minutes."
FORGOTTEN = "Forgotten your password? An administrator can give you a new one."

# Password
PASSWORD_TITLE = "Change your password"
PASSWORD_FORCED = (
    "Your password is for one use. Choose your own before you go on; nobody else will know it."
)
OLD_PASSWORD = "Present password"
NEW_PASSWORD = "New password"
REPEAT_PASSWORD = "New password again"
PASSWORD_HINT = "At least {length} characters; several words are easy to remember"
PASSWORD_ENDS = "Your other sessions will end."
CHANGE_PASSWORD = "Change password"
NOT_REPEATED = "The two new passwords differ. Type both again."
PASSWORD_CHANGED = "Your password is changed."
CANCEL = "Cancel"

# Two-factor
TWO_FACTOR_TITLE = "Sign in with two factors"
TWO_FACTOR_INTRO = (
    "Scan this picture with an authenticator on your telephone, then type the code that it shows. "
    "From then on each sign-in asks for a code."
)
TWO_FACTOR_SECRET = "Or type this secret into the authenticator:"
TWO_FACTOR_ON = "Switch two factors on"
TWO_FACTOR_OFF = "Switch two factors off"
TWO_FACTOR_IS_ON = (
    "Each sign-in asks for a code from your authenticator. To set up another one, switch it off "
    "first."
)
TWO_FACTOR_NOW_ON = "Two factors are on: the next sign-in asks for a code."
TWO_FACTOR_NOW_OFF = "Two factors are off: a sign-in asks for your password alone."
QR_LABEL = "QR code of the secret"

# A page that somebody may not open
FORBIDDEN_TITLE = "Not open to your account"
TO_START = "To the start"

# Account
ACCOUNT_WHO = "Signed in as"
ACCOUNT_ROWS = {"name": "Name", "roles": "Roles", "two_factor": "Two factors", "since": "Since"}
ON, OFF = "On", "Off"
ACCOUNT_NOTICES = {
    "password": PASSWORD_CHANGED,
    "two-factor-on": TWO_FACTOR_NOW_ON,
    "two-factor-off": TWO_FACTOR_NOW_OFF,
}
SESSIONS = "Your open sessions"
SESSIONS_HINT = (
    "A session ends by itself when it is not used. End one that you don't know, then change your "
    "password."
)
SESSION_COLUMNS = ("Started", "Last used", "Address", "Here")
THIS_SESSION = "Yes"
END_WHICH = "Session"
END_SESSION = "End the session"
SESSION_CHOICE = "started {when} from {address}"
SESSION_REVOKED = "The session has ended."
CHOOSE_SESSION = "Choose a session first."
UNKNOWN_ADDRESS = "an unknown address"
ACCOUNT_SINGLE = "In single-user mode nobody has an account."

# People
PEOPLE_COLUMNS = ("Name", "Roles", "State", "Two factors", "Since")
STATE_OPEN, STATE_SHUT = "Open", "Shut"
STATE_LOCKED = "Locked until {when}"
STATE_ONE_TIME = "Open, one-time password"
NEW_PERSON = "New account"
NEW_NAME = "Sign-in name"
NEW_NAME_INFO = "Each person has an own one; the trail names people by it"
ROLES = "Roles"
ROLE_INFO = {
    "administrator": "runs the site and answers patients' requests; sees no findings",
    "clinician": "sees findings, files cases, issues reports",
    "photographer": "sends images and completes the intake; sees no findings",
    "auditor": "reads the trail and statistics; sees no patient text",
}
CREATE = "Create account"
CREATED = "The account of {name} is open."
ONE_TIME = "One-time password of {name}, shown only now, valid for 72 hours:"
ONE_TIME_HINT = "Hand it over in person. It must be changed at the first sign-in."
CHANGE_PERSON = "Change an account"
WHO = "Person"
OPEN_ACCOUNT = "The account is open"
SAVE_PERSON = "Save changes"
PERSON_SAVED = "The account of {name} is changed."
RESET = "New one-time password…"
RESET_ASK = (
    "Give {name} a new one-time password? It ends all sessions and switches two factors off."
)
RESET_YES = "Give a new password"
KEEP = "Keep it as it is"
SESSIONS_OF = "Open sessions of {name}"
NO_SESSIONS = "No session is open."
