"""A private folder for what Gradio may write, named before Gradio is loaded.

Otherwise it makes ``gradio`` among the temporary files as soon as it is loaded, which belongs
to whoever on the machine was the first.
"""

import atexit
import os
import shutil
import tempfile
from functools import cache

from triage_app.domain.errors import ConfigurationError

VARIABLE = "GRADIO_TEMP_DIR"


@cache
def private_folder() -> str:
    """The folder, of this user alone and of this process; it is removed at the exit.

    Raises ConfigurationError where no folder for temporary files can be used.
    """
    try:
        folder = tempfile.mkdtemp(prefix="dermoscopy-triage-")
    except OSError as error:
        raise ConfigurationError(
            f"No folder for temporary files can be used ({error.strerror}). Set TMPDIR to one in "
            "which this user may write and that has room."
        ) from error
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ[VARIABLE] = folder
    return folder
