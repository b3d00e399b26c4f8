"""How long tests wait for what is sure to come.

No test says how quick the program is: these end one that would wait for ever. A wait is over once
what it waits for is there, so that patience costs nothing, and a slow or busy machine needs it.
"""

SECONDS = 300
BROWSER_MS = 120_000
"""In the browser, where a failing test waits so long for each thing that is missing."""
