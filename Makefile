# make setup | run | test | bench | soak; each sets up what it needs.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.requirements-installed

.PHONY: setup run test check bench soak browser

setup: $(STAMP)

$(STAMP): requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

run: setup
	$(BIN)/python app.py

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: check browser
	$(BIN)/python -m pytest -m "not soak"

soak: setup browser
	$(BIN)/python -m pytest -m soak

bench: setup
	$(BIN)/python -m tests.bench

# The browser tests need Chromium and the report tests pdftoppm; both skip with a reason without.
browser:
	@command -v chromium >/dev/null && command -v pdftoppm >/dev/null \
	  || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	       && apt-get update -qq && apt-get install -y -qq chromium poppler-utils >/dev/null; } \
	  || echo "note: chromium or pdftoppm is missing and cannot be installed; those tests skip"
