"""An S3-compatible store in this process: moto's server."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator

import pytest


@contextlib.contextmanager
def bucket_url() -> Iterator[str]:
    """The URL of a new bucket's prefix, with keys in the environment for as long as the block runs."""
    pytest.importorskip("moto.server")
    pytest.importorskip("obstore")
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", secrets.token_hex(8))
        patch.setenv("AWS_REGION", "us-east-1")
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1").create_bucket(Bucket="networks")
        try:
            yield f"s3://networks/registry?endpoint={endpoint}"
        finally:
            server.stop()
