import socket

from pbxsync_worker.asterisk.down import proven_down


def test_a_socket_that_is_not_there_proves_it(tmp_path):
    assert proven_down(tmp_path / "asterisk.ctl", 1.0)


def test_a_socket_on_which_nobody_listens_proves_it(tmp_path):
    path = tmp_path / "asterisk.ctl"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    assert proven_down(path, 1.0)


def test_a_socket_that_somebody_listens_on_proves_nothing(tmp_path):
    path = tmp_path / "asterisk.ctl"
    with socket.socket(socket.AF_UNIX) as link:
        link.bind(str(path))
        link.listen()
        assert not proven_down(path, 1.0)


def test_a_path_that_cannot_be_looked_at_proves_nothing(tmp_path):
    assert not proven_down(tmp_path / ("x" * 200), 1.0)
