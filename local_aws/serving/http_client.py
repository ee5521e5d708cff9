"""A small asynchronous HTTP/1.1 client with kept-alive connections, for talking to model servers."""

from __future__ import annotations

import asyncio
from typing import NamedTuple


class HttpResponse(NamedTuple):
    """An answer: status, headers with lower-case names, body."""

    status: int
    headers: dict[str, str]
    body: bytes


class ConnectionLostError(Exception):
    """The server did not answer."""


class HttpClient:
    """Keeps idle connections to one loopback port and opens more as needed.

    Args:
        port: Port of the server on 127.0.0.1.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def request(
        self, method: str, path: str, headers: dict[str, str], body: bytes, timeout_seconds: float
    ) -> HttpResponse:
        """Send a request and return its answer.

        Raises:
            ConnectionLostError: If no answer came, or not in time.
        """
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        message = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{head}Content-Length: {len(body)}\r\n\r\n"
        try:
            reader, writer = self._idle.pop() if self._idle else await self._open()
        except OSError as error:
            raise ConnectionLostError(str(error)) from error
        try:
            async with asyncio.timeout(timeout_seconds):
                writer.write(message.encode("latin-1") + body)
                response = await _read(reader)
        except (OSError, EOFError, TimeoutError, ValueError) as error:
            writer.close()
            raise ConnectionLostError(str(error) or type(error).__name__) from error
        except BaseException:
            writer.close()
            raise
        if response.headers.get("connection", "").lower() == "close":
            writer.close()
        else:
            self._idle.append((reader, writer))
        return response

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self._port, limit=2**20)

    def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            self._idle.pop()[1].close()


async def _read(reader: asyncio.StreamReader) -> HttpResponse:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    status = int(head[0].split(" ", 2)[1])
    headers = {}
    for line in head[1:]:
        name, separator, value = line.partition(":")
        if separator:
            headers[name.strip().lower()] = value.strip()
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return HttpResponse(status, headers, body)
