"""Walks over pages: every row once, in order, resumable; and honest where a server makes that impossible."""

from tocsin.paging.checkpoint import Checkpoint
from tocsin.paging.page import BadRow, Page
from tocsin.paging.pager import Pager

__all__ = ["BadRow", "Checkpoint", "Page", "Pager"]
