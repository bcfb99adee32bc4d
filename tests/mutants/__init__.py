"""The bank that checks the checks: wrong solutions that must fail, correct alternatives that must pass."""
