"""What stands in deploy/, as far as it can be checked without a cluster: by schemas, by the programs' own checkers."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from posetune.cli import build_parser

DEPLOY = Path(__file__).parents[2] / "deploy"
KUBERNETES = list(yaml.safe_load_all((DEPLOY / "kubernetes/job.yaml").read_text()))
SLURM = DEPLOY / "slurm/work.sbatch"
COMPOSE = yaml.safe_load((DEPLOY / "compose/compose.yaml").read_text())
NGINX = DEPLOY / "compose/nginx.conf"


def parsed(verb: str, words: list[str]):
    return build_parser(verb).parse_args([verb, *words])


@pytest.mark.parametrize("version", ["1.31", "1.34"])
def test_kubernetes_takes_it(version):
    checker = pytest.importorskip("kubernetes_validate", reason="pip install kubernetes-validate")
    for document in KUBERNETES:
        checker.validate(document, version, strict=True)


def test_the_job_of_kubernetes():
    config, job = KUBERNETES
    spec, pod = job["spec"], job["spec"]["template"]["spec"]
    (worker,) = pod["containers"]
    args = parsed("job", worker["command"][2:])
    assert (args.action, args.url, args.threads) == ("work", "$(JOB_URL)", 2)
    assert config["data"]["JOB_URL"].startswith("s3://")
    assert spec["completionMode"] == "Indexed"
    assert pod["restartPolicy"] == "Never"  # podFailurePolicy asks for it
    assert pod["securityContext"]["runAsNonRoot"]
    assert worker["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}
    }  # fmt: skip
    assert "secret" not in str(config).lower()


def test_the_array_of_slurm():
    subprocess.run(["bash", "-n", SLURM], check=True)
    text = SLURM.read_text()
    options = re.findall(r"^#SBATCH (--[a-z-]+)=?(\S*)$", text, re.MULTILINE)
    assert {"--array", "--requeue", "--signal", "--cpus-per-task"} <= {name for name, _ in options}
    assert text.index("#SBATCH --output") < text.index("set -eu")  # Slurm reads no options behind a command
    command = re.search(r"^exec posetune (.+?)\n\Z", text, re.MULTILINE | re.DOTALL)
    words = shlex.split(command.group(1).replace("\\\n", " "))
    words[words.index("--threads") + 1] = "2"
    assert parsed("job", words[1:]).action == "work"


def test_the_array_of_slurm_runs(tmp_path):
    """With a stand-in for posetune that says how it was called."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/posetune").write_text('#!/bin/sh\necho "$@"\n')
    (tmp_path / "bin/posetune").chmod(0o755)
    environment = {
        "PATH": f"{tmp_path}/bin:/usr/bin:/bin",
        "JOB": "/shared/job 1",
        "SLURM_CPUS_PER_TASK": "2",
        "SLURM_ARRAY_TASK_ID": "7",
    }
    said = subprocess.run(["bash", SLURM], env=environment, check=True, capture_output=True, text=True).stdout
    assert said.startswith("job work /shared/job 1 --threads 2 --name slurm-0-7-0-")
    del environment["JOB"]
    assert subprocess.run(["bash", SLURM], env=environment, capture_output=True, check=False).returncode != 0


def test_compose_has_two_replicas_alike_that_nginx_knows():
    services = COMPOSE["services"]
    first, second = ({k: v for k, v in services[n].items() if k != "volumes"} for n in ("first", "second"))
    assert first == second
    assert services["first"]["volumes"] != services["second"]["volumes"]  # one data folder has one server
    assert re.findall(r"^ +server (\w+):(\d+)", NGINX.read_text(), re.MULTILINE) == [
        ("first", "8000"),
        ("second", "8000"),
    ]
    assert "ports" not in first
    assert all(port.startswith("127.0.0.1:") for port in services["balancer"]["ports"])
    assert parsed("serve", first["command"]).allowed_host == ["localhost"]
    for service in services.values():
        secrets = {k: v for k, v in service.get("environment", {}).items() if re.search("PASSWORD|TOKEN", k)}
        assert all("${" in value for value in secrets.values())
    for name in services:
        assert set(services[name].get("depends_on", {})) <= set(services)
        used = {v.split(":")[0] for v in services[name].get("volumes", []) if not v.startswith(".")}
        assert used <= set(COMPOSE["volumes"])


def test_nginx_takes_its_configuration(tmp_path):
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        pytest.skip("nginx is not installed")
    text = NGINX.read_text().replace("first:8000", "127.0.0.1:8001").replace("second:8000", "127.0.0.1:8002")
    (tmp_path / "nginx.conf").write_text(
        text.replace("/tmp/", f"{tmp_path}/").replace("listen 8000", "listen 127.0.0.1:1")
    )
    check = subprocess.run(
        [program, "-t", "-c", tmp_path / "nginx.conf", "-p", tmp_path], capture_output=True, text=True, check=False
    )
    assert check.returncode == 0, check.stderr
