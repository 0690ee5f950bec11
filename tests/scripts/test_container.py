"""Dockerfile and compose.yaml, as far as they can be read; they are not built here."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from posetune.cli import build_parser

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())


def test_what_is_copied_is_there_and_is_sent_to_the_builder():
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    copied = [n for line in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE) for n in line.split()]
    assert copied
    for name in copied:
        assert (ROOT / name).exists()
        assert f"!{name}" in ignored


def test_the_command_is_one_that_there_is():
    words = re.search(r'^ENTRYPOINT \["posetune", (.+)\]$', DOCKERFILE, re.MULTILINE)
    assert words
    args = build_parser("serve").parse_args(re.findall(r'"([^"]+)"', words.group(1)))
    assert (args.host, args.port, str(args.data_dir)) == ("0.0.0.0", 8000, "/data")


def test_it_runs_without_rights():
    assert re.search(r"^USER 10001$", DOCKERFILE, re.MULTILINE)
    assert DOCKERFILE.index("USER 10001") < DOCKERFILE.index("ENTRYPOINT")
    assert "/readyz" in DOCKERFILE.partition("HEALTHCHECK")[2]
    app = COMPOSE["services"]["posetune"]
    assert app["read_only"]
    assert app["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in app["security_opt"]
    assert all(port.startswith("127.0.0.1:") for port in app["ports"])


def test_there_are_no_secrets_in_it():
    for service in COMPOSE["services"].values():
        assert not [v for k, v in service["environment"].items() if re.search("PASSWORD|TOKEN", k) and "${" not in v]
    assert "ports" not in COMPOSE["services"]["database"]
