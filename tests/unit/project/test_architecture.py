"""The direction of imports, and that importing does no work."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import triage_app
from triage_app.config import PROJECT_ROOT

PACKAGE = PROJECT_ROOT / "triage_app"

# What each layer may import of the project, besides itself.
ALLOWED: dict[str, set[str]] = {
    "domain": set(),
    "tables": {"domain"},
    "imaging": {"domain"},
    "inference": {"domain"},
    "statistics": set(),
    "ports": {"domain"},
    "storage": {"domain"},
    "report": {"domain", "imaging", "ports"},
    "services": {"domain", "imaging", "inference", "ports", "tables"},
    "training": {"domain", "imaging", "inference", "statistics", "tables"},
    "web": {"domain", "services", "ui", "config"},
    "ui": {"domain", "services"},
    "demo": {"domain", "services"},
    "wiring": {
        *("domain", "imaging", "inference", "ports", "report", "services", "storage"),
        *("config", "logs"),
    },
    "cli": {
        *("demo", "domain", "imaging", "ports", "report", "services", "storage", "training"),
        *("web", "wiring", "config", "logs", "paths"),
    },
}
# The rooms of a layer, lowest first: each may use those before it. A module that stands beside the
# rooms counts as one.
ROOMS: dict[str, tuple[str, ...]] = {
    "services": (
        *("ground", "images", "accounts", "cases", "patients", "reading"),
        *("batches", "exchange", "trail", "documents", "site"),
    ),
    "ui": (
        *("words", "kit", "cases", "office", "patients", "reading"),
        *("case", "waiting", "pages"),
    ),
    "storage": (
        *("schema", "records", "files", "lists", "database"),
        *("repositories", "unit_of_work", "backup"),
    ),
    "web": ("memory", "temporary", "door", "sign_in", "routes", "mount", "app", "serve"),
    "imaging": ("files", "colour", "field", "intake", "quality", "overlay", "likeness", "decoding"),
}
# Libraries that only one layer may know.
OWNERS: dict[str, set[str]] = {
    "sqlalchemy": {"storage"},
    "alembic": {"storage"},
    "reportlab": {"report"},
    "gradio": {"ui", "web"},
    "fastapi": {"web"},
    "tensorflow": {"training"},
    "keras": {"training"},
    "torch": {"training"},
    "ai_edge_litert": {"inference"},
    "argon2": {"services", "storage"},
    "pyrage": {"storage"},
    "pyotp": {"services"},
    "segno": {"services", "report"},
}


def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path.name}: imports are absolute"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


LAYERS = sorted(p.name for p in PACKAGE.iterdir() if (p / "__init__.py").exists())


def _modules() -> list[tuple[str, Path]]:
    return [(layer, path) for layer in LAYERS for path in sorted((PACKAGE / layer).rglob("*.py"))]


def test_every_layer_has_a_rule() -> None:
    assert set(LAYERS) <= set(ALLOWED)


@pytest.mark.parametrize(("layer", "path"), _modules(), ids=lambda v: getattr(v, "stem", v))
def test_imports_point_one_way(layer: str, path: Path) -> None:
    for name in _imports(path):
        if name.startswith("triage_app."):
            target = name.removeprefix("triage_app.")
            allowed = {layer, *ALLOWED[layer], "__version__"}
            assert any(target == a or target.startswith(f"{a}.") for a in allowed), (
                f"{layer}/{path.name} imports {name}"
            )


def test_the_readme_says_what_each_layer_may_import() -> None:
    readme = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")
    table = readme[readme.index("| folder | holds | may import |") :].split("\n\n")[0]
    rows = (line.split("|") for line in table.splitlines() if "| `triage_app/" in line)
    said = {row[1].strip(" `/").split("/")[-1]: set(re.findall(r"`(\w+)`", row[3])) for row in rows}
    assert said == ALLOWED


def test_the_package_says_the_order_of_its_layers() -> None:
    (line,) = (text for text in (triage_app.__doc__ or "").splitlines() if " > " in text)
    steps = [set(re.findall(r"\w+", step)) for step in line.split(">")]
    beside = set().union(*steps)
    for number, step in enumerate(steps):
        below = set().union(*steps[number + 1 :])
        for layer in step:
            assert ALLOWED[layer] & beside <= below, f"{layer} stands at the wrong place"


def _room(layer: str, dotted: str) -> str | None:
    """The room of a module of ``layer``, None for another layer or for the layer itself."""
    parts = dotted.removeprefix("triage_app.").split(".")
    return parts[1] if parts[0] == layer and len(parts) > 1 and parts[1] != "__init__" else None


def _rooms() -> list[tuple[str, Path]]:
    return [(layer, path) for layer, path in _modules() if layer in ROOMS]


@pytest.mark.parametrize(("layer", "path"), _rooms(), ids=lambda v: getattr(v, "stem", v))
def test_rooms_use_the_rooms_below_them_only(layer: str, path: Path) -> None:
    own = _room(layer, ".".join(path.relative_to(PACKAGE).with_suffix("").parts))
    if own is None:  # the package itself
        return
    order = ROOMS[layer]
    assert own in order, f"{layer} has no room {own} in this test"
    below = {*order[: order.index(own)], own}
    for name in _imports(path):
        used = _room(layer, name) if name.startswith("triage_app.") else None
        assert used is None or used in below or used not in _names(layer), (
            f"{layer}/{own}/{path.name} imports {name}, which stands above it"
        )


def _names(layer: str) -> set[str]:
    return {p.stem for p in (PACKAGE / layer).iterdir()}


@pytest.mark.parametrize(("layer", "path"), _modules(), ids=lambda v: getattr(v, "stem", v))
def test_each_library_is_known_to_its_own_layer_only(layer: str, path: Path) -> None:
    for name in _imports(path):
        owners = OWNERS.get(name.split(".")[0])
        assert owners is None or layer in owners, f"{layer}/{path.name} imports {name}"


def test_the_domain_and_the_reader_of_tables_need_the_standard_library_only() -> None:
    pure = [*(PACKAGE / "domain").rglob("*.py"), *(PACKAGE / "tables").rglob("*.py")]
    for path in pure:
        for name in _imports(path):
            top = name.split(".")[0]
            assert top in sys.stdlib_module_names or top == "triage_app", f"{path.name}: {name}"


def test_tables_of_other_programs_are_read_in_one_place_only() -> None:
    other_ways = re.compile(r"csv\.(reader|DictReader|Sniffer)|read_csv|genfromtxt|loadtxt")
    assert not [p for p in PACKAGE.rglob("*.py") if other_ways.search(p.read_text("utf-8"))]


def test_training_opens_no_photograph_by_itself() -> None:
    # Of its own: a picture in memory that was degraded, and masks, which hold no colours.
    own = {"camera.py", "overlay_check.py", "saved_anew.py"}
    found = {
        path.name
        for path in (PACKAGE / "training").rglob("*.py")
        if "Image.open(" in path.read_text("utf-8")
    }
    assert found <= own


def test_wiring_for_serving_imports_no_training_library() -> None:
    code = (
        "import sys, triage_app.wiring.bootstrap;"
        "unwanted = {'tensorflow', 'keras', 'torch', 'scipy', 'matplotlib'};"
        "print(sorted(unwanted & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PACKAGE.parent
    )
    assert done.stdout.strip() == "[]"
