# make setup | run | test | bench | soak | arithmetics | bundle | audit; each sets up what it needs.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.requirements-installed
NAME := dermoscopy-triage
# A bundle (see `make bundle`) brings its wheels along: then nothing is asked from a network, and
# the machine's own pip settings are left out.
WHEELS := $(wildcard wheels/SHA256SUMS)
OFFLINE := --isolated --no-index --find-links wheels --only-binary :all:
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: setup run test check bench soak arithmetics bundle audit browser proxy

setup: $(STAMP)

$(STAMP): requirements.txt $(WHEELS)
	$(if $(WHEELS),cd wheels && sha256sum --check --quiet --strict SHA256SUMS)
	$(PYTHON) -m venv $(VENV)
	$(PIP) $(if $(WHEELS),install $(OFFLINE),install) --quiet -r requirements.txt
	touch $@

run: setup
	$(BIN)/python app.py

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/bandit --quiet --severity-level medium --configfile pyproject.toml \
	  --recursive triage_app app.py migrations

# Side by side on as many cores as there are, four at most: each process may load TensorFlow.
test: check browser proxy
	$(BIN)/python -m pytest -m "not soak" -rfEs \
	  --numprocesses auto --maxprocesses 4 --dist loadscope --no-loadscope-reorder

soak: setup browser
	$(BIN)/python -m pytest -m soak

# The tests that compute, again and again: as on other processors (see tests/arithmetics.py).
arithmetics: setup
	$(BIN)/python -m tests.arithmetics

bench: setup browser
	$(BIN)/python -m tests.bench

# The last commit with all wheels, in one archive for a machine without a network. It fits the
# operating system, processor and Python that it was made on.
bundle: BUNDLE = build/bundle/$(NAME)
bundle: ARCHIVE = $(NAME)-$(shell git describe --always)-$(shell $(BIN)/python -c \
  'import sys, sysconfig; print(f"py3{sys.version_info[1]}-{sysconfig.get_platform()}")').tar
bundle: setup
	@git diff --quiet HEAD || { echo "Commit first: a bundle holds the last commit only."; exit 1; }
	rm -rf build/bundle
	mkdir -p $(BUNDLE)
	git archive HEAD | tar --extract --directory $(BUNDLE)
	$(PIP) wheel --quiet --wheel-dir $(BUNDLE)/wheels -r $(BUNDLE)/requirements.txt
	cd $(BUNDLE)/wheels && sha256sum *.whl > SHA256SUMS
	tar --create --file build/$(ARCHIVE) --sort=name --owner=0 --group=0 --numeric-owner \
	  --mtime="$$(git log -1 --format=%cI)" --directory build/bundle $(NAME)
	rm -r build/bundle
	cd build && sha256sum $(ARCHIVE) | tee $(ARCHIVE).sha256

# Looks every pinned package up in a list of known vulnerabilities; needs a network, and fails when
# it could not look.
audit: setup
	[ -x build/audit/bin/pip-audit ] || $(PYTHON) -m venv build/audit
	build/audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit==2.10.1
	rm -f build/audit.json
	-build/audit/bin/pip-audit --requirement requirements.txt --no-deps --disable-pip \
	  --progress-spinner off --format json --output build/audit.json
	$(BIN)/python -m tests.audit build/audit.json requirements.txt

# The browser tests need Chromium and the report tests pdftoppm; both skip with a reason without.
browser:
	@command -v chromium >/dev/null && command -v pdftoppm >/dev/null \
	  || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	       && apt-get update -qq && apt-get install -y -qq chromium poppler-utils >/dev/null; } \
	  || echo "note: chromium or pdftoppm is missing and cannot be installed; those tests skip"

# The reverse proxy test needs nginx. Unpacked here, not installed: the package's installation
# would start a server on port 80.
proxy:
	@[ -x build/nginx/usr/sbin/nginx ] || command -v nginx /usr/sbin/nginx >/dev/null \
	  || { mkdir -p build/nginx && cd build/nginx \
	       && { apt-get download -qq nginx || { apt-get update -qq && apt-get download -qq nginx; }; } \
	       && dpkg-deb --extract nginx_*.deb . ; } >/dev/null 2>&1 \
	  || echo "note: nginx is missing and cannot be fetched; the reverse proxy test skips"
