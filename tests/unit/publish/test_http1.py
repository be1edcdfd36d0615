"""What registries and what stands before them may answer, byte by byte."""

from __future__ import annotations

import socket
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from timonier.publish import http1

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A connection: our end, and the registry's."""
    ours, theirs = socket.socketpair()
    with closing(ours), closing(theirs):
        yield ours, theirs


def asked(ends: tuple[socket.socket, socket.socket], answer: bytes, method: str = "GET") -> http1.Answer:
    """Ask a registry that gives one answer and then says nothing more."""
    ours, theirs = ends
    theirs.sendall(answer)
    theirs.shutdown(socket.SHUT_WR)
    return http1.exchange(ours, method, "/v2/", {"Host": "here"}, b"", 5)


@pytest.mark.parametrize(
    ("answer", "data", "is_last"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", b"hi", False),
        (b"HTTP/1.1 200\nContent-Length:2\n\nhi", b"hi", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: Close\r\n\r\nhi", b"hi", True),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", b"hi", True),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", b"until the end", True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3;a=b\r\nab\n\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\n",
         b"ab\n0123456789", False),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", b"hi", False),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b"", False),
    ],
    ids=["length", "bare", "close", "1.0", "no length", "chunks", "continue", "no content"],
)  # fmt: skip
def test_an_answer_ends_where_it_says(
    ends: tuple[socket.socket, socket.socket], answer: bytes, data: bytes, *, is_last: bool
) -> None:
    """And the connection is used again unless it ends with it."""
    got = asked(ends, answer)
    assert (got.data, got.is_last) == (data, is_last)
    assert got.status in {200, 204}


def test_an_answer_to_head_has_no_body(ends: tuple[socket.socket, socket.socket]) -> None:
    """Though it tells how long that would be."""
    assert asked(ends, b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n", "HEAD").data == b""


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 all right\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999999\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000,
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000,
    ],
    ids=["SSH", "2", "no status", "no number", "too long", "coded", "no size", "many headers", "long header"],
)
def test_what_is_no_http_is_said_to_be_none(ends: tuple[socket.socket, socket.socket], answer: bytes) -> None:
    """It is neither guessed at, nor does it fill the memory."""
    with pytest.raises(http1.NotHttpError):
        asked(ends, answer)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nh",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n",
    ],
    ids=["nothing", "head", "body", "chunk", "chunks", "end"],
)
def test_half_an_answer_is_none(ends: tuple[socket.socket, socket.socket], answer: bytes) -> None:
    """A manifest that broke off is not taken for a short one."""
    with pytest.raises(ConnectionError):
        asked(ends, answer)


@pytest.mark.parametrize("target", ["/v2/ HTTP/1.1\r\nX: y", "/a b", "/\x7f", "/ü", "/a\nb"])
def test_a_place_that_would_be_more_than_one_line_is_not_asked(
    ends: tuple[socket.socket, socket.socket], target: str
) -> None:
    """Registries name places to send to, and would send something else with our login by it."""
    ours, theirs = ends
    theirs.setblocking(False)  # noqa: FBT003 - its only argument
    with pytest.raises(http1.NotHttpError):
        http1.exchange(ours, "PUT", target, {"Host": "here"}, b"", 5)
    with pytest.raises(BlockingIOError):
        theirs.recv(1)


def test_a_large_body_arrives_as_it_is(ends: tuple[socket.socket, socket.socket]) -> None:
    """In more parts than one."""
    ours, theirs = ends
    body, arrived = bytes(range(256)) * 4000, bytearray()

    def take() -> None:
        while not arrived.endswith(body):
            arrived.extend(theirs.recv(65536))
        theirs.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")

    taker = threading.Thread(target=take)
    taker.start()
    answer = http1.exchange(ours, "PUT", "/a", {"Host": "here", "Content-Length": str(len(body))}, body, 5)
    taker.join()
    assert answer.status == 201
    assert bytes(arrived) == b"PUT /a HTTP/1.1\r\nHost: here\r\nContent-Length: 1024000\r\n\r\n" + body
