import app


def test_letters_are_read_from_taps():
    assert app.read_text("555#33#2#66#") == "lean"


def test_a_letter_wraps_around():
    assert app.read_text("2222#") == "a"
