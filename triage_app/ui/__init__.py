"""The pages; the only place that uses Gradio.

Gradio and the hub client read these variables while they are imported, so they are set before any
module of this package can import them: no usage statistics, no request to another machine.
"""

import os

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
