# Types for editors and the table of lazy names at run time.
from .archive import ExportArchive as ExportArchive
