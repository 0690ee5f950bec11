"""How long until a worker that was killed (SIGKILL) has a successor whose networks have answered; five times.

python benchmarks/serve/replaced.py
"""

from __future__ import annotations

import http.client
import os
import re
import signal
import time

from served import children_of, serving


def ready(port: int) -> int:
    """Workers whose networks have answered."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/metrics")
    found = re.search(r"^posetune_workers_ready (\S+)", connection.getresponse().read().decode(), re.MULTILINE)
    connection.close()
    assert found
    return int(float(found[1]))


def main() -> None:
    with serving("--model", "full") as server:
        workers = ready(server.port)
        for _ in range(5):
            began = time.perf_counter()
            os.kill(int(children_of(server.pid)[0]), signal.SIGKILL)
            while ready(server.port) == workers:
                time.sleep(0.005)
            while ready(server.port) < workers:
                time.sleep(0.01)
            print(f"replaced after {time.perf_counter() - began:.2f} s", flush=True)


if __name__ == "__main__":
    main()
