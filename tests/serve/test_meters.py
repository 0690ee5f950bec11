"""Figures for Prometheus."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from posetune.serve.meters import Meters


def test_requests_are_counted_and_timed():
    meters = Meters()
    meters.count("GET", "/x", 200, 0.02)
    meters.count("GET", "/x", 200, 3.0)
    meters.count("GET", "/x", 404, 99.0)
    text = meters.text({"busy": ("Workers at work", 1.0)}, {"deaths": ("Workers that died", 2.0)}).decode()
    found = {
        (s.name, *sorted(s.labels.values())): s.value for f in text_string_to_metric_families(text) for s in f.samples
    }
    assert found["posetune_requests_total", "/x", "200", "GET"] == 2
    assert found["posetune_request_seconds_bucket", "/x", "0.025"] == 1
    assert found["posetune_request_seconds_bucket", "+Inf", "/x"] == 3
    assert found["posetune_request_seconds_sum", "/x"] == 102.02
    assert found["posetune_busy",] == 1
    assert found["posetune_deaths_total",] == 2
