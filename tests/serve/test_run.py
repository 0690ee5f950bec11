"""Starting: the port, the data folder, and networks that cannot be loaded."""

from __future__ import annotations

import os
import socket

import pytest

from posetune.errors import PosetuneError
from posetune.lock import locked
from posetune.serve.run import address, listen, run
from posetune.serve.services import Services
from posetune.serve.settings import Settings


def _settings(tmp_path, **more) -> Settings:
    return Settings(tmp_path / "data", **{"models": ("lite",), "port": 0, "workers": 1, **more})


def _silent(_: str) -> None:
    pass


def test_a_port_that_is_taken_is_told():
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(PosetuneError, match="the port is taken"):
        listen("127.0.0.1", other.getsockname()[1])


@pytest.mark.parametrize("host", ["256.0.0.1", "no.such.host.invalid"])
def test_a_host_that_is_none_is_told(host):
    with pytest.raises(PosetuneError, match="Cannot listen"):
        listen(host, 0)


def test_a_data_folder_has_one_server(tmp_path):
    settings = _settings(tmp_path)
    settings.data_dir.mkdir()
    with locked(settings.data_dir / "server.lock"), pytest.raises(PosetuneError, match="Another posetune serve"):
        run(settings, _silent)


def test_a_network_that_cannot_be_loaded_ends_the_server_with_its_sentence(tmp_path):
    with pytest.raises(PosetuneError, match=r"no network .*nix"):
        run(_settings(tmp_path, models=(str(tmp_path / "nix.task"),)), _silent)
    assert os.listdir(tmp_path / "data" / "uploads") == []


def test_ranges_that_are_none_end_it_too(tmp_path):
    settings = _settings(tmp_path)
    settings.data_dir.mkdir()
    (settings.data_dir / "ranges.yaml").write_text("ranges: 5")
    with pytest.raises(PosetuneError, match=r"ranges\.yaml"):
        run(settings, _silent)


def test_what_nobody_foresaw_at_the_start_ends_it_with_a_sentence(tmp_path, monkeypatch):
    async def fail(_: Services) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(Services, "open", fail)
    with pytest.raises(PosetuneError, match=r"could not start \(RuntimeError\)"):
        run(_settings(tmp_path), _silent)


def test_a_data_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "data").write_text("a file")
    with pytest.raises(PosetuneError, match="data folder"):
        run(_settings(tmp_path), _silent)


def test_certificates_that_are_none_are_told(tmp_path):
    (tmp_path / "cert").write_text("nonsense")
    with pytest.raises(PosetuneError, match="certificate"):
        run(_settings(tmp_path, tls_cert=tmp_path / "cert", tls_key=tmp_path / "cert"), _silent)


@pytest.mark.parametrize(
    ("host", "url"), [("127.0.0.1", "http://127.0.0.1:"), ("0.0.0.0", "http://localhost:"), ("::1", "http://[::1]:")]
)
def test_the_address_is_what_a_browser_takes(tmp_path, host, url):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert address(_settings(tmp_path, host=host), listener).startswith(url)
