"""The errors a user can meet: one sentence that says what, where, and what to do."""


class PosetuneError(Exception):
    """Bad input or an environment that cannot do the job. The command line exits with 2."""

    exit_code = 2


class CheckFailed(PosetuneError):
    """The input was fine, but a check on it did not pass. The command line exits with 1."""

    exit_code = 1
