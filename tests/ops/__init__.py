"""Operations: tables of cases (`cases_*.py`) that `test_cases.py` runs on every backend."""
