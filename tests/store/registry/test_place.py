from __future__ import annotations

from posetune.store.registry.folder import Folder
from posetune.store.registry.place import place_of


def test_a_folder_is_named_by_its_path_or_as_a_file_url(tmp_path):
    for url in (str(tmp_path), f"file://{tmp_path}"):
        place = place_of(url)
        assert isinstance(place, Folder)
        assert place.name == str(tmp_path)
