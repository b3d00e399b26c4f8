"""Whether the pinned packages have known vulnerabilities; `make audit` runs it.

The tool that looks them up answers "none found" for a package that it could not look up. So its
report counts only when it names every pinned package with its version, and skipped none.
"""

import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement


def pinned(requirements: str) -> dict[str, str]:
    """Version by normalised name of every pin that applies to this machine."""
    lines = (line.partition("#")[0].strip() for line in requirements.splitlines())
    wanted = [Requirement(line) for line in lines if line]
    return {
        _normalised(r.name): str(r.specifier).removeprefix("==")
        for r in wanted
        if r.marker is None or r.marker.evaluate()
    }


def objections(report: dict[str, Any], wanted: dict[str, str]) -> list[str]:
    """A sentence for each vulnerability, and for each package that was not looked up."""
    found = report.get("dependencies", [])
    looked_up = {_normalised(d["name"]): d.get("version") for d in found if "vulns" in d}
    said = [_skipped(d) for d in found if "skip_reason" in d]
    named = {_normalised(d["name"]) for d in found}
    said += [
        f"{name} {version}: not in the report"
        for name, version in wanted.items()
        if name not in named
    ]
    said += [
        f"{name}: {looked_up[name]} was looked up, {version} is pinned"
        for name, version in wanted.items()
        if looked_up.get(name, version) != version
    ]
    return said + [sentence for d in found for sentence in _vulnerabilities(d)]


def main(arguments: list[str]) -> int:
    """Judge a report (JSON) against a requirements file; exit status 1 with sentences."""
    report, requirements = (Path(name) for name in arguments)
    try:
        content = json.loads(report.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return _tell(["no report was written: nothing was looked up"])
    wanted = pinned(requirements.read_text(encoding="utf-8"))
    said = objections(content, wanted)
    if not said:
        print(f"{len(wanted)} packages looked up, no known vulnerability")
    return _tell(said)


def _tell(said: Iterable[str]) -> int:
    failed = 0
    for sentence in said:
        print(sentence, file=sys.stderr)
        failed = 1
    return failed


def _skipped(dependency: dict[str, Any]) -> str:
    return f"{dependency['name']}: could not be looked up: {dependency['skip_reason']}"


def _vulnerabilities(dependency: dict[str, Any]) -> list[str]:
    return [
        f"{dependency['name']} {dependency['version']}: {found['id']}, fixed in "
        f"{', '.join(found.get('fix_versions', [])) or 'no version yet'}"
        for found in dependency.get("vulns", [])
    ]


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
