"""The program `rvenv` of the distribution `rvenv-cli`, for Python code that starts it."""

from rvenv_cli import ForeignFiles, RvenvNotFound, find_rvenv_bin

__all__ = ["ForeignFiles", "RvenvNotFound", "find_rvenv_bin"]
