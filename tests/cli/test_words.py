from posetune.cli.words import words


def test_blanks_and_empty_words_do_not_count():
    assert words(" lite, full ,,heavy,") == ["lite", "full", "heavy"]
    assert words(" , ") == []
