"""Pictures on a CVAT server: each is called by what is in it and its name, so that nothing is sent twice and nothing is taken for
another picture.

"3f2a9c01-clip_000120.jpg" is the file clip_000120.jpg whose sha256 begins with 3f2a9c01; folders become "__", as CVAT drops them.
``data.formats.image_finder`` knows such names, so that CVAT's own exports are read, too.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import PurePosixPath

from posetune.data.formats.image_finder import some
from posetune.data.formats.writing import unique_names
from posetune.data.people import Dataset, ImageRecord
from posetune.errors import PosetuneError
from posetune.files import read_bytes
from posetune.progress import Reporter

#: What the header of an upload cannot hold.
_UNFIT = re.compile(r'["\\\x00-\x1f]')
_NAMED = re.compile(r"([0-9a-f]{8})-(.+)")


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:8]


def fingerprint(names: Sequence[str]) -> str:
    """Of a task's pictures, names in order: two tasks with the same one hold the same."""
    return hashlib.sha256("\n".join(names).encode("utf-8", "surrogateescape")).hexdigest()[:10]


class Pictures:
    """A set's pictures by their names on a server."""

    def __init__(self, dataset: Dataset) -> None:
        (names,) = unique_names([dataset], with_suffix=False)
        self.images = dataset.images
        self._flat = {key: _UNFIT.sub("_", name.replace("/", "__")) for key, name in names.items()}
        self._by_flat = {flat: image for image in self.images if (flat := self._flat[id(image)])}
        self._digests: dict[int, str | None] = {}

    def names(self, report: Reporter) -> dict[int, str]:
        """id(image) → its name on the server; reads every file. Raises PosetuneError if one cannot be read."""
        with report.counting("images looked at", len(self.images)) as counter:
            missing = []
            for image in self.images:
                if self.digest(image) is None:
                    missing.append(image.path.name)
                counter.step()
        if missing:
            raise PosetuneError(
                f"{len(missing)} of {len(self.images)} images cannot be read ({some(missing)}); put them back, or take them out of "
                "the label file."
            )
        return {id(image): f"{self.digest(image)}-{self._flat[id(image)]}" for image in self.images}

    def digest(self, image: ImageRecord) -> str | None:
        """The beginning of the sha256 of an image's file; None if there is no such file."""
        if id(image) not in self._digests:
            try:
                self._digests[id(image)] = digest_of(read_bytes(image.path, "the image"))
            except PosetuneError:
                self._digests[id(image)] = None
        return self._digests[id(image)]

    def find(self, name: str) -> tuple[ImageRecord | None, bool]:
        """``(image, changed)``: the image that is called ``name`` on a server, and whether its file is another now.

        An image that was renamed since is found by what is in it. A picture that did not come from here goes by its name, with
        or without suffix.
        """
        match = _NAMED.fullmatch(PurePosixPath(name).name)
        if match is None:
            return self._by_any_name.get(name) or self._by_any_name.get(PurePosixPath(name).stem), False
        digest, flat = match.groups()
        image = self._by_flat.get(flat)
        if image is not None and self.digest(image) in (digest, None):
            return image, False
        renamed = self._by_digest.get(digest)
        if renamed is not None:
            return renamed, False
        return image, image is not None

    @cached_property
    def _by_digest(self) -> dict[str, ImageRecord]:
        """Those of whose content there is one only."""
        found: dict[str, list[ImageRecord]] = {}
        for image in self.images:
            digest = self.digest(image)
            if digest is not None:
                found.setdefault(digest, []).append(image)
        return {digest: images[0] for digest, images in found.items() if len(images) == 1}

    @cached_property
    def _by_any_name(self) -> dict[str, ImageRecord]:
        found: dict[str, list[ImageRecord]] = {}
        for image in self.images:
            flat = self._flat[id(image)]
            for name in {flat, flat.replace("__", "/"), image.path.name, image.path.stem, PurePosixPath(flat).stem}:
                found.setdefault(name, []).append(image)
        return {name: images[0] for name, images in found.items() if len(images) == 1}
