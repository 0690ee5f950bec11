from __future__ import annotations

import re

from posetune.coach.report.texts import TEXTS


def test_both_languages_say_the_same_things_about_the_same_values():
    values = {lang: {k: set(re.findall(r"\{\w+\}", t)) for k, t in words.items()} for lang, words in TEXTS.items()}
    assert values["en"] == values["zh"]
