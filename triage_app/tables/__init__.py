"""The one reader of tables that other programs wrote: outcomes, labels, and whatever comes next.

``encoding`` finds the characters, ``dialect`` what separates the columns, ``cells`` the cells,
``reader`` makes rows under their headings of them, ``days`` reads dates. Standard library only.
"""
