STUDY = demo
PERIOD = 2026Q3
PYTHON = python3
RUN = .venv/bin/python -m
export PYTHON
unexport PYTHONDONTWRITEBYTECODE

.PHONY: report test check look lab new clean

report: .venv/ready  # run the notebooks of STUDY up to PERIOD and build the pages
	@$(RUN) analysis run $(STUDY) $(PERIOD)

test: .venv/ready  # pass every test
	@$(RUN) pytest -n 2 --dist loadscope

check: .venv/ready  # style, types, and what is in the files of STUDY
	@$(RUN) ruff check && $(RUN) ruff format --check && $(RUN) mypy && $(RUN) analysis check $(STUDY)

look: .venv/ready  # say what is in the files of STUDY and run nothing: make look STUDY=acme
	@$(RUN) analysis check $(STUDY)

lab: .venv/ready  # open the notebooks, in kernels that start at once
	@JUPYTER_DEFAULT_PROVISIONER_NAME=analysis-fork $(RUN) jupyterlab notebooks

new: .venv/ready  # make the folder of a new study: make new STUDY=acme
	@$(RUN) analysis new $(STUDY)

clean:  # remove the environment and caches; studies and reports stay
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/ready: requirements.lock pyproject.toml
	@.ci/environment
