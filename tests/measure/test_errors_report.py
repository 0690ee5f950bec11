"""Why a network errs, in the report."""

from posetune.measure.errors_report import section


def test_kinds_of_trouble_are_explained_and_the_worst_people_shown(evaluation):
    entry = next(e for e in evaluation.models if e.name == "my-network")
    page = section(evaluation, entry, {"my-network": "c1", "full": "c2"})
    assert "Why it errs" in page
    assert "my-network" in page
    assert "full" in page
    assert "data:image/jpeg;base64" in page
