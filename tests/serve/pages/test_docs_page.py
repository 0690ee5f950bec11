"""The API's description, rendered from the server's OpenAPI document."""

from __future__ import annotations


def test_every_operation_is_described(visit, pages_server):
    spec = pages_server.get("/api/v1/openapi.json").json()
    operations = [(path, method) for path, item in spec["paths"].items() for method in item if method != "parameters"]
    page = visit("/api/docs")
    page.wait_for_selector("html[data-status=ready]")
    assert page.locator(".operation").count() == len(operations) == page.evaluate("posetune.state.operations")
    predict = page.locator("#post-api-v1-predict")
    assert predict.get_attribute("open") is not None
    assert "max_people" in predict.inner_text()
    assert '"landmarks_px"' in predict.inner_text()
    page.get_by_role("link", name="Load a network").click()
    page.wait_for_timeout(100)
    assert page.locator("#post-api-v1-networks").get_attribute("open") is not None
