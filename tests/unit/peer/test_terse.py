"""What an answer of the peer port looks like on the wire."""

from types import SimpleNamespace

from pbxsync_worker.peer.terse import TerseResponse
from pbxsync_worker.peer.wire import TYPE, Last


class Line:
    """A socket that notes what is sent, packet by packet."""

    def __init__(self) -> None:
        self.packets: list[bytes] = []

    def sendall(self, data: bytes) -> None:
        self.packets.append(data)


def answered(*pieces: bytes, length: int | None = None, closing: bool = False) -> list[bytes]:
    line = Line()
    request = SimpleNamespace(method="POST", version=(1, 1), should_close=lambda: closing)
    answer = TerseResponse(request, line, SimpleNamespace(is_ssl=True, sendfile=False, protocol="http"))
    sizes = [("Content-Length", str(length))] if length is not None else []
    write = answer.start_response("200 OK", [("Content-Type", TYPE), *sizes])
    for piece in pieces:
        write(piece)
    answer.close()
    return line.packets


def test_a_short_answer_is_one_packet_without_needless_headers():
    assert answered(b"PBXS", length=4) == [b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nPBXS"]


def test_a_streamed_answer_comes_in_chunks():
    first, second, end = answered(b"one", b"two!")
    assert first.endswith(b"Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
    assert (second, end) == (b"4\r\ntwo!\r\n", b"0\r\n\r\n")


def test_the_end_leaves_with_the_last_piece():
    assert answered(b"one", Last(b"two!"))[1:] == [b"4\r\ntwo!\r\n0\r\n\r\n"]


def test_who_is_to_go_is_told_so():
    assert b"Connection: close\r\n" in answered(b"x", length=1, closing=True)[0]


def test_an_answer_without_a_body_is_sent_all_the_same():
    assert answered(length=0) == [b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"]
