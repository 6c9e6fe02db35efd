"""``python -m analysis``: see `analysis.run.command`."""

from analysis.run.command import main

if __name__ == "__main__":
    main()
