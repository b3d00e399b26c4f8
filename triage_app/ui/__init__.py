"""The pages; the only place that uses Gradio.

Gradio and the hub client read these variables while they are imported, so they are set before any
module of this package can import them: no usage statistics, no request to another machine.
"""

import os

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
# It would count up the last ten thousand events after each event, for a page that stays shut.
os.environ["GRADIO_ANALYTICS_MAX_EVENTS"] = "1"
os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"] = str(10**9)
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
