"""Dermoscopy triage workstation.

The layers, outermost first; imports point downwards only and siblings never import each other:

    cli > wiring > web > ui > services > (inference, storage, report) > imaging > ports > domain

``training`` and ``statistics`` stand beside serving: ``cli`` may call ``training``, ``training``
uses ``statistics`` and ``inference``, and nothing that serves imports either. So does ``demo``, a
made-up clinic that uses the services as the pages do. ``tables`` reads what other programs wrote as
CSV, for ``services`` and ``training`` alike.
"""

__version__ = "0.1.0"
