import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbxsync_worker.asterisk.config import MAX_DEPTH, Config, read_config, relative
from pbxsync_worker.core.model.lines import numbered_lines
from tests.fakes.ami_config import MemoryView


def _read(text: str | bytes, **others: str) -> Config:
    files = {name.replace("_conf", ".conf"): content for name, content in others.items()}
    config = read_config(MemoryView({"main.conf": text, **files}), "main.conf")
    assert config is not None
    return config


def _pairs(config: Config, name: str) -> list[tuple[str, str]]:
    return [(one.name, one.value) for section in config.sections if section.name == name for one in section.settings]


def test_sections_settings_and_where_they_stand():
    config = _read("[a]\nx = 1\ny => 2\n\n[b]\n")
    assert [(one.name, str(one.where)) for one in config.sections] == [
        ("a", "main.conf line 1"),
        ("b", "main.conf line 5"),
    ]
    assert _pairs(config, "a") == [("x", "1"), ("y", "2")]


def test_a_missing_main_file_is_none():
    assert read_config(MemoryView({}), "main.conf") is None


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("x = 1 ; comment", "1"),
        ("x = 1\\; not a comment", "1; not a comment"),
        ("x = a;--hidden--;b", "ab"),
        ("x = a;---just a comment", "a"),
        ("x = a = b", "a = b"),
    ],
)
def test_comments_and_escapes(line, value):
    assert _pairs(_read(f"[a]\n{line}\n"), "a") == [("x", value)]


def test_a_block_comment_may_span_lines_and_nest():
    assert _pairs(_read("[a]\n;-- one\nx = 1\n;-- two --;\ny = 2\n--;\nz = 3\n"), "a") == [("z", "3")]


def test_a_template_gives_its_settings_and_is_no_object():
    config = _read("[base](!)\nx = 1\n[a](base)\ny = 2\n")
    assert _pairs(config, "a") == [("x", "1"), ("y", "2")]
    assert [one.name for one in config.objects()] == ["a"]


def test_an_addition_joins_the_section_it_names():
    config = _read("[a]\ntype = aor\n[a]\ntype = endpoint\n[a](+type=endpoint)\nx = 1\n")
    assert [len(one.settings) for one in config.sections] == [1, 2]


def test_a_value_may_be_continued_with_plus_equals():
    assert _pairs(_read("[a]\nx = 1\nx += 2\n"), "a") == [("x", "12")]


def test_an_include_is_read_in_its_place():
    config = _read("[a]\n#include other.conf\ny = 2\n", other_conf="x = 1\n[b]\nz = 3\n")
    assert _pairs(config, "a") == [("x", "1"), ("y", "2")]
    assert _pairs(config, "b") == [("z", "3")]
    assert config.files == {"main.conf", "other.conf"}


@pytest.mark.parametrize(
    "form", ['"other.conf"', "<other.conf>", "./other.conf", "/etc/asterisk/other.conf", "o*.conf"]
)
def test_every_form_of_an_include_is_understood(form):
    assert _pairs(_read(f"[a]\n#include {form}\n", other_conf="x = 1\n"), "a") == [("x", "1")]


def test_a_missing_include_cuts_the_file():
    config = _read("[a]\nx = 1\n#include gone.conf\ny = 2\n")
    assert _pairs(config, "a") == [("x", "1")]
    assert not config.valid
    assert config.faults[0].sentence == "the included file gone.conf does not exist"


def test_a_missing_tryinclude_is_fine():
    config = _read("[a]\n#tryinclude gone.conf\ny = 2\n")
    assert config.faults == ()
    assert config.reaches == {"gone.conf"}


def test_a_glob_that_finds_nothing_is_a_missing_include():
    assert not _read("#include none*.conf\n").valid


def test_a_fault_in_an_include_cuts_only_that_file():
    config = _read("#include other.conf\n[b]\ny = 2\n", other_conf="[a]\nx = 1\n[broken\nz = 3\n")
    assert _pairs(config, "a") == [("x", "1")]
    assert _pairs(config, "b") == [("y", "2")]
    assert config.valid
    assert config.faults[0].cuts


@pytest.mark.parametrize("header", ["[broken", "[a](base", "[a](nowhere)", "[nowhere](+)"])
def test_a_broken_header_cuts_the_file(header):
    assert not _read(f"{header}\nx = 1\n").valid


def test_a_setting_before_any_section_cuts_the_file():
    assert not _read("x = 1\n[a]\n").valid


def test_a_line_without_an_equals_sign_is_skipped():
    config = _read("[a]\nnonsense\nx = 1\n")
    assert _pairs(config, "a") == [("x", "1")]
    assert [fault.cuts for fault in config.faults] == [False]


def test_files_that_include_one_another_end():
    config = _read("#include other.conf\n", other_conf="#include main.conf\n")
    assert f"more than {MAX_DEPTH} levels" in config.faults[0].sentence


def test_files_that_include_one_another_many_times_end_too():
    config = _read("[a]\n" + "#include main.conf\n" * 20)
    assert any("more than 1000 files" in fault.sentence for fault in config.faults)


def test_templates_that_double_at_every_line_end_too():
    lines = "".join(f"[t{n + 1}](t{n},t{n})\n" for n in range(60))
    assert "more settings than anybody needs" in _read(f"[t0]\nx = 1\n{lines}").faults[0].sentence


def test_exec_is_noted_and_never_run():
    config = _read("[a]\n#exec /bin/false\nx = 1\n")
    assert [command for _, command in config.execs] == ["/bin/false"]
    assert not config.complete


@pytest.mark.parametrize("name", ["/root/x.conf", "../x.conf", "a/../../x.conf"])
def test_an_include_outside_the_folder_is_noted_and_not_read(name):
    assert relative(name) is None
    assert _read(f"#include {name}\n").outside == (name,)


def test_a_byte_order_mark_is_passed_over():
    assert _pairs(_read(b"\xef\xbb\xbf[a]\nx = 1\n"), "a") == [("x", "1")]


def test_a_line_longer_than_asterisk_reads_is_a_fault():
    assert "too long" in _read("[a]\nx = " + "y" * 9000 + "\n").faults[0].sentence


@given(st.binary(max_size=300))
def test_no_bytes_stop_the_reader(data):
    list(numbered_lines(data))
    read_config(MemoryView({"main.conf": data}), "main.conf")


@settings(deadline=None)
@given(st.lists(st.sampled_from(["[a]", "[b](a)", "[a](+)", "x=1", "x+=2", "[", "#include main.conf", ";--", "--;"])))
def test_no_arrangement_of_lines_stops_the_reader(lines):
    read_config(MemoryView({"main.conf": "\n".join(lines)}), "main.conf")
