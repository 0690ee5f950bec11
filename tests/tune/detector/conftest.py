import json
import shutil

import pytest


@pytest.fixture(scope="session")
def pictures(sample, tmp_path_factory):
    """A small set of rendered people: 8 pictures to train on, 4 to choose on."""
    folder = tmp_path_factory.mktemp("pictures")
    (folder / "images").mkdir()
    (folder / "annotations").mkdir()
    for split, count in (("train", 8), ("val", 4)):
        content = json.loads((sample / "annotations" / f"{split}.json").read_text())
        content["images"] = content["images"][:count]
        kept = {image["id"] for image in content["images"]}
        content["annotations"] = [a for a in content["annotations"] if a["image_id"] in kept]
        (folder / "annotations" / f"{split}.json").write_text(json.dumps(content))
        for image in content["images"]:
            shutil.copy(sample / "images" / image["file_name"], folder / "images")
    return folder
