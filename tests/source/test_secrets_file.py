"""Secrets are read from and written to this machine alone, and hidden wherever they would show."""

from __future__ import annotations

import base64
import json
import os
import stat
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployer.errors import ConfigurationError
from deployer.source.secrets_file import Secrets, read_secrets, write_secrets

posix = pytest.mark.skipif(os.name != "posix", reason="file modes and links are POSIX's")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / ".deployer" / "staging" / "secrets.env"


def given_file(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True)
    file.touch(mode=0o600)
    file.write_bytes(text.encode())
    return file


def test_without_a_file_there_are_no_secrets(file: Path) -> None:
    assert read_secrets(file) == {}


def test_every_form_of_a_line_is_read(file: Path) -> None:
    given_file(
        file,
        "\ufeff# comment\n\nA=plain-value\nexport b = 12345678 \r\nC='as \\n it \" is'\n"
        'D="line\\nbreak \\u00e9"\nE=with=equals#and"quote\nF=two words\n',
    )
    assert read_secrets(file) == {
        "A": "plain-value",
        "B": "12345678",
        "C": 'as \\n it " is',
        "D": "line\nbreak é",
        "E": 'with=equals#and"quote',
        "F": "two words",
    }


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("swordfish1", "not a secret; write NAME=value"),
        ("A-B=swordfish1", "not a secret; write NAME=value"),
        ("A='swordfish1", "secret A: the value begins with '"),
        ("A='sword'fish1'", "secret A: the value begins with '"),
        ('A="swordfish1', 'secret A: the value in "..." is not a JSON string'),
        ('A="sword\\fish1\\q"', 'secret A: the value in "..." is not a JSON string'),
        ("A=swordfish1 # mine", "secret A: a comment or a part of the value?"),
        ("A=sword", "secret A is shorter than 8 characters"),
        ("A=", "secret A is shorter than 8 characters"),
        ("OK=swordfish2", "secret OK is there already"),
        ("ok=swordfish2", "secret OK is there already"),
    ],
)
def test_a_wrong_line_is_named_and_its_value_is_not(file: Path, line: str, message: str) -> None:
    given_file(file, f"OK=swordfish0\n{line}\n")
    with pytest.raises(ConfigurationError) as caught:
        read_secrets(file)
    assert str(caught.value).startswith(f"{file}:2: {message}")
    assert "sword" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.exit_code == 3


def test_a_file_that_is_no_text_is_refused(file: Path) -> None:
    given_file(file, "").write_bytes(b"A=\xff\xfe\xff\xfe\xff\xfe\xff\xfe")
    with pytest.raises(ConfigurationError, match="not UTF-8"):
        read_secrets(file)


def test_a_huge_file_is_refused(file: Path) -> None:
    given_file(file, "#" * 1_000_001)
    with pytest.raises(ConfigurationError, match="larger than"):
        read_secrets(file)


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644])
def test_a_file_that_others_may_open_is_refused_with_the_way_out(file: Path, mode: int) -> None:
    given_file(file, "A=swordfish1\n").chmod(mode)
    with pytest.raises(ConfigurationError, match=f"mode {mode:04o}") as caught:
        read_secrets(file)
    assert caught.value.hint == f"Run `chmod 600 {file}`."


@posix
def test_links_pipes_and_folders_are_refused(file: Path, tmp_path: Path) -> None:
    target = given_file(tmp_path / "x" / "target", "A=swordfish1\n")
    file.parent.mkdir(parents=True)
    file.symlink_to(target)
    with pytest.raises(ConfigurationError, match="symbolic link"):
        read_secrets(file)
    file.unlink()
    os.mkfifo(file, 0o600)
    with pytest.raises(ConfigurationError, match="not an ordinary file"):
        read_secrets(file)
    file.unlink()
    file.mkdir(mode=0o700)
    with pytest.raises(ConfigurationError, match="not an ordinary file"):
        read_secrets(file)


@posix
def test_a_folder_that_leads_elsewhere_is_not_written_to(file: Path, tmp_path: Path) -> None:
    (tmp_path / "workflows").mkdir()
    file.parent.parent.mkdir()
    file.parent.symlink_to(tmp_path / "workflows")
    with pytest.raises(ConfigurationError, match="symbolic link"):
        write_secrets(file, {"A": "swordfish1"})
    assert list((tmp_path / "workflows").iterdir()) == []


def test_a_new_file_is_private_and_ignored_by_git(file: Path) -> None:
    write_secrets(file, {"crm": "swordfish1", "PEM": 'a "b"\nc\\d '})
    assert read_secrets(file) == {"CRM": "swordfish1", "PEM": 'a "b"\nc\\d '}
    assert file.read_text() == 'CRM=swordfish1\nPEM="a \\"b\\"\\nc\\\\d "\n'
    assert (file.parent.parent / ".gitignore").read_text() == "*\n"
    assert [path.name for path in file.parent.iterdir()] == ["secrets.env"]
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_writing_keeps_other_lines_and_somebody_s_gitignore(file: Path) -> None:
    given_file(file, "# by hand\nexport a=swordfish1\n\nB=swordfish2\n")
    (file.parent.parent / ".gitignore").write_text("mine\n")
    write_secrets(file, {"A": "swordfish3", "C": "swordfish4"})
    assert file.read_text() == "# by hand\nA=swordfish3\n\nB=swordfish2\nC=swordfish4\n"
    assert (file.parent.parent / ".gitignore").read_text() == "mine\n"


@pytest.mark.parametrize(
    ("name", "value"), [("A", "sword"), ("A-B", "swordfish1"), ("", "swordfish1"), ("A\nB", "swordfish1")]
)
def test_what_the_file_cannot_hold_is_not_written(file: Path, name: str, value: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        write_secrets(file, {name: value})
    assert value not in str(caught.value)
    assert not file.exists()


def test_a_broken_file_is_not_written_over(file: Path) -> None:
    given_file(file, "no secret\n")
    with pytest.raises(ConfigurationError, match="not a secret"):
        write_secrets(file, {"A": "swordfish1"})
    assert file.read_text() == "no secret\n"


VALUES = st.text(st.characters(), min_size=8, max_size=30)


@given(st.dictionaries(st.from_regex(r"\A[A-Z_][A-Z0-9_]{0,8}\Z"), VALUES, max_size=4))
@settings(max_examples=60, deadline=None)
def test_every_value_survives_the_file(tmp_path_factory: pytest.TempPathFactory, secrets: dict[str, str]) -> None:
    file = tmp_path_factory.mktemp("project") / ".deployer" / "local" / "secrets.env"
    write_secrets(file, secrets)
    assert read_secrets(file) == secrets


def test_the_environment_wins_over_the_file() -> None:
    secrets = Secrets(
        {"DEPLOYER_SECRET_A": "from-environ", "DEPLOYER_SECRET_C": "", "DEPLOYER_SECRET_": "nameless", "PATH": "/bin"},
        {"a": "from-file", "B": "from-file-b", "C": "from-file-c"},
    )
    assert secrets.get("A") == secrets.get("a") == "from-environ"
    assert secrets.get("B") == "from-file-b"
    assert secrets.get("C") == "from-file-c"
    assert secrets.get("D") is None
    assert secrets.names == {"A", "B", "C"}
    assert secrets.missing(["d", "A", "Z", "b", "d"]) == ["Z", "d"]
    assert secrets.name_of("from-file-b") == "B"
    assert secrets.name_of("other") is None


def test_a_short_secret_is_refused_by_name() -> None:
    for environ, values in (({"DEPLOYER_SECRET_A": "sword"}, {}), ({}, {"A": "sword"})):
        with pytest.raises(ConfigurationError, match="secret A ") as caught:
            Secrets(environ, values)
        assert "sword" not in str(caught.value)


def test_a_repr_names_secrets_and_shows_none() -> None:
    assert repr(Secrets({}, {"B": "swordfish", "A": "swordfish2"})) == "Secrets(A, B)"


SECRET = 'p/ss+w"rd ä\\1'


@pytest.mark.parametrize(
    "shown",
    [
        SECRET,
        quote(SECRET, safe=""),
        quote(SECRET),
        quote_plus(SECRET),
        quote(SECRET, safe="")
        .replace("%2F", "%2f")
        .replace("%2B", "%2b")
        .replace("%C3%A4", "%c3%a4")
        .replace("%5C", "%5c"),
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        json.dumps(json.dumps(SECRET))[3:-3],
        SECRET.encode().hex(),
    ],
)
def test_a_secret_is_hidden_in_every_encoding(shown: str) -> None:
    assert Secrets({}, {"X": SECRET}).mask(f"<{shown}> {shown}") == "<(secret X)> (secret X)"


@given(VALUES, st.binary(max_size=5), st.binary(max_size=5), st.booleans())
@settings(max_examples=150, deadline=None)
def test_a_secret_is_hidden_in_base64_of_longer_data(value: str, before: bytes, after: bytes, urlsafe: bool) -> None:
    if any("\ud800" <= character <= "\udfff" for character in value):
        return
    encode = base64.urlsafe_b64encode if urlsafe else base64.b64encode
    text = encode(before + value.encode() + after).decode()
    masked = Secrets({}, {"X": value}).mask(text)
    assert "(secret X)" in masked
    # What is left are the neighbours, and at most one character at each side that holds bits of both.
    rest = masked.replace("(secret X)", "")
    assert len(rest) <= len(encode(before)) + len(encode(after)) + 4


def test_a_secret_of_several_lines_is_hidden_line_by_line() -> None:
    key = "-----BEGIN-----\nfirst-line-of-key\nsecond-line-of-key\n-----END-----\n"
    secrets = Secrets({}, {"KEY": key})
    shown = "  + first-line-of-key\n  + second-line-of-key"
    assert secrets.mask(shown) == "  + (secret KEY)\n  + (secret KEY)"
    assert secrets.mask(f"a {key}b") == "a (secret KEY)b"


def test_the_longer_secret_wins_and_overlaps_leave_nothing() -> None:
    secrets = Secrets({}, {"LONG": "abcdefgh-ijkl", "SHORT": "abcdefgh", "NEXT": "ijkl-mnop"})
    assert secrets.mask("abcdefgh-ijkl abcdefgh") == "(secret LONG) (secret SHORT)"
    assert secrets.mask("x abcdefgh-ijkl-mnop y") == "x (secret LONG) y"


def test_text_without_secrets_stays_as_it_is() -> None:
    assert Secrets({}).mask("nothing to hide") == "nothing to hide"
    assert Secrets({}, {"A": "swordfish"}).mask("nothing to hide") == "nothing to hide"
