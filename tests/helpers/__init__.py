"""What several test files share and is no fixture: ``from tests.helpers.NAME import …``."""
