"""Runs `rvenv` as `python -m rvenv`."""

from rvenv_cli import main

if __name__ == "__main__":
    main()
