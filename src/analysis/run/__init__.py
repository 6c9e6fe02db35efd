"""Runs the notebooks of a study, in order and side by side, and builds the report.

Reading order:

- `forked`: what happens inside a kernel that starts as a fork
- `kernels`: how Jupyter comes to start kernels that way
- `engine`: how one notebook is executed and how its failure is told
- `notebooks`: which notebooks there are, what each needs, and their parameters
- `freshness`: what is up to date and need not run again
- `walk`: the whole run
- `survey_files`: what a study's files hold, without running anything
- `newcomer`: a study folder to fill in
- `refresh`: the outputs that are kept with the notebooks
- `command`: the command line
"""
