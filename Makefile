# `make demo` and `make test` need nothing but python3 and make.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DEMO := $(VENV)-demo
INTEROP ?= tests/interop
SITE ?= build/site

# What one process of pytest has rewritten, the others read.
unexport PYTHONDONTWRITEBYTECODE

# Debian has venv in a package of its own; what python3 says of that is long.
define new-venv
$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
	{ echo 'hfget needs Python 3.10 or later: make PYTHON=python3.11 ...' >&2; exit 1; }
$(PYTHON) -m venv $(1) || { rm -rf $(1); \
	echo 'python3 cannot make an environment; on Debian: apt install python3-venv' >&2; exit 1; }
endef

.PHONY: demo test lint test-oldest test-newest test-locked test-interop soak trials fuzz mutants checks \
	lock audit bench \
	bench-quick docs messages zipapp picture clean

demo: $(DEMO)/ready ## set up, then download, interrupt, go on, verify; KEEP=1 leaves the files
	$(DEMO)/bin/python docs/demo.py $(if $(KEEP),--keep)

test: $(VENV)/ready ## all tests
	$(BIN)/python -m pytest -n 4 --dist worksteal

lint: $(VENV)/ready ## style, types, architecture
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test-oldest: $(VENV)-oldest/ready ## the lowest versions we promise to work with
	$(VENV)-oldest/bin/python -m pytest -n 4 --dist worksteal tests/unit tests/interop tests/system/test_main_job.py

test-newest: ## the newest of what hfget builds on, pre-releases and what pyproject.toml excludes too
	rm -rf $(VENV)-newest
	$(call new-venv,$(VENV)-newest)
	$(VENV)-newest/bin/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	$(VENV)-newest/bin/python -m pip install --quiet --disable-pip-version-check --pre --upgrade \
		huggingface_hub typer click rich requests urllib3 filelock starlette uvicorn
	$(VENV)-newest/bin/python -m pytest -n 4 --dist worksteal tests/unit tests/interop \
		tests/system/test_main_job.py

test-locked: $(VENV)-locked/ready ## all tests with the versions of requirements-dev.lock
	$(VENV)-locked/bin/python -m pytest -n 4 --dist worksteal

test-interop: $(VENV)-interop/ready ## transformers, datasets, notebooks and Ray with what was fetched
	$(VENV)-interop/bin/python -m pytest -n 2 --dist loadfile $(INTEROP)

soak: $(VENV)/ready ## a thousand kills: SIGKILL, SIGTERM, SIGINT at random moments
	$(BIN)/python -m tests.support.soak --kills 1000

trials: $(VENV)/ready ## every fault of the table, injected for real
	$(BIN)/python -m tests.trials

fuzz: $(VENV)/ready ## 100,000 hostile inputs, counted; prints the seed that gives them again
	$(BIN)/python -m tests.fuzz --inputs 100000

mutants: $(VENV)-mutants/ready ## change the modules that safety rests on: do the tests see it?
	$(VENV)-mutants/bin/python -m tests.mutants --sample 30

checks: $(VENV)/ready ## remove each fsync, join, CRC, range, origin and path check in turn
	$(BIN)/python -m tests.mutants --checks

# What builds hfget is locked too, so that nothing is fetched without a hash.
lock: $(VENV)-tools/ready ## renew requirements-dev.lock: versions and hashes, all platforms
	printf 'hatchling\neditables\n' | UV_CUSTOM_COMPILE_COMMAND='make lock' \
		$(VENV)-tools/bin/uv pip compile --quiet --universal --python-version 3.10 --upgrade \
		--generate-hashes --no-annotate --extra dev --output-file requirements-dev.lock \
		pyproject.toml -

# --strict: a package that the service says nothing of is a failure, not a line to overlook.
audit: $(VENV)-tools/ready ## ask pypi.org for known vulnerabilities of what is locked
	@$(VENV)-tools/bin/pip-audit --strict --disable-pip --require-hashes \
		--requirement requirements-dev.lock || { echo 'audit failed: a vulnerability is listed' \
		'above, or the advisories of pypi.org could not be read from here' >&2; exit 1; }

bench: $(VENV)/ready ## how fast, beside others; writes docs/bench.md and the plot (an hour)
	$(BIN)/python -m bench --install --out docs/bench

bench-quick: $(VENV)/ready ## the same with smaller sizes, in five minutes, into bench/.work/
	$(BIN)/python -m bench --quick --install

# Strict: a page that is left out, and a link that leads nowhere, are errors.
docs: $(VENV)-docs/ready ## the documentation as a site, in build/site/
	TMPDIR=$(VENV)-docs NO_MKDOCS_2_WARNING=1 $(VENV)-docs/bin/mkdocs build --strict --quiet \
		--site-dir $(SITE)

messages: $(VENV)/ready ## catalogues of other languages: new texts in, old ones out; compiled
	$(BIN)/python docs/write_messages.py

zipapp: $(VENV)/ready ## dist/hfget.pyz: hfget in one file, for machines without pip
	$(BIN)/python docs/zipapp.py

picture: $(VENV)/ready ## the pictures of the screen in README and docs, from real runs
	$(BIN)/python docs/picture.py

$(DEMO)/ready: pyproject.toml
	$(call new-venv,$(DEMO))
	$(DEMO)/bin/python -m pip install --quiet --disable-pip-version-check -e '.[serve]'
	@touch $@

$(VENV)/ready: pyproject.toml
	$(call new-venv,$(VENV))
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

$(VENV)-oldest/ready: pyproject.toml tests/oldest.txt
	$(call new-venv,$(VENV)-oldest)
	$(VENV)-oldest/bin/python -m pip install --quiet --disable-pip-version-check \
		-e '.[dev]' -c tests/oldest.txt
	@touch $@

$(VENV)-locked/ready: pyproject.toml requirements-dev.lock
	$(call new-venv,$(VENV)-locked)
	$(VENV)-locked/bin/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes -r requirements-dev.lock
	$(VENV)-locked/bin/python -m pip install --quiet --disable-pip-version-check \
		--no-deps --no-build-isolation -e .
	@touch $@

$(VENV)-tools/ready:
	$(call new-venv,$(VENV)-tools)
	$(VENV)-tools/bin/python -m pip install --quiet --disable-pip-version-check uv pip-audit
	@touch $@

$(VENV)-docs/ready: pyproject.toml
	$(call new-venv,$(VENV)-docs)
	$(VENV)-docs/bin/python -m pip install --quiet --disable-pip-version-check -e '.[docs]'
	@touch $@

$(VENV)-mutants/ready: pyproject.toml
	$(call new-venv,$(VENV)-mutants)
	$(VENV)-mutants/bin/python -m pip install --quiet --disable-pip-version-check \
		-e '.[dev]' 'cosmic-ray>=8.4,<9'
	@touch $@

# torch first and by itself: its CPU build is a third of what its dependents would choose.
$(VENV)-interop/ready: pyproject.toml
	$(call new-venv,$(VENV)-interop)
	$(VENV)-interop/bin/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	$(VENV)-interop/bin/python -m pip install --quiet --disable-pip-version-check \
		-e '.[dev]' 'transformers>=5,<6' 'datasets>=5,<6' 'accelerate>=1.1,<2' \
		'nbclient>=0.10' 'ipykernel>=6' 'ray>=2.40,<3'
	@touch $@

clean: ## remove all environments and builds
	rm -rf $(VENV) $(DEMO) $(VENV)-oldest $(VENV)-newest $(VENV)-locked $(VENV)-interop $(VENV)-tools \
		$(VENV)-docs $(VENV)-mutants .demo build dist
