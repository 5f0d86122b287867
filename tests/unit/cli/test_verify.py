"""`pbxsync verify`: this host reads everything anew, and the audit log says so."""


def test_every_file_is_read_anew_and_the_log_says_so(installed):
    said = installed.json("verify")
    assert (said.status, said.value) == (0, {"anew": True})
    assert "reads every file" in installed("verify").out
