"""Runs the notebooks of a study, in order and side by side, and builds the report.

Reading order:

- `forkserver`: the process that kernels are copied from
- `kernels`: how Jupyter comes to start kernels that way
- `notebooks`: which notebooks there are, what each needs, and their parameters
- `engine`: how one notebook is executed and how its failure is told
- `schedule`: work side by side, in an order
- `freshness`: what is up to date and need not run again
- `walk`: the whole run
- `look`: what a study's files hold, without running anything
- `newcomer`: a study folder to fill in
- `draw`: the next wave's invitations
- `code`: texts for coders, their workbooks, and what they differ on
- `exchange`: texts and codings for other programs
- `refresh`: the outputs that are kept with the notebooks
- `progress`: a line per notebook
- `command`: the command line
"""
