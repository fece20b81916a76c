"""A long link in user space, for kernels without sch_netem: delay, rate, queue and loss.

Two TUN devices, one for each end of the link; this program carries packets between them, so
that the TCP of both ends sees a real path with a real round-trip time. The devices hand over
TCP segments bundled (TSO, virtio-net headers), which keeps the packet rate low enough for
Python at 1 Gbit/s; loss is drawn for each segment on the wire, and a bundle that loses one is
split there.

Run as root: `python bench/delay.py NAME NAME --delay 0.04 --rate 125e6 --loss 0.001`.
It prints `ready` when both devices exist, and ends when it is told to (SIGTERM).
"""

from __future__ import annotations

import argparse
import fcntl
import os
import random
import select
import struct
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

# linux/if_tun.h
_TUNSETIFF, _TUNSETOFFLOAD = 0x400454CA, 0x400454D0
_IFF_TUN, _IFF_NO_PI, _IFF_VNET_HDR = 0x0001, 0x1000, 0x4000
_TUN_F_CSUM, _TUN_F_TSO4 = 0x01, 0x02
# linux/virtio_net.h: flags, gso_type, hdr_len, gso_size, csum_start, csum_offset
_VNET = struct.Struct("=BBHHHH")
_GSO_NONE, _GSO_TCPV4 = 0, 1

_MAX_PACKET = _VNET.size + 65_536
_BATCH = 64
_FIN_PSH, _CWR = 0x09, 0x80


@dataclass(frozen=True, slots=True)
class Shape:
    """Of one direction: `delay` in seconds, `rate` in bytes a second, `loss` a probability.

    What would wait longer than `queue` seconds for the wire is dropped, as a router does.
    """

    delay: float
    rate: float
    loss: float
    queue: float


@dataclass
class Direction:
    """Packets on their way from one device to the other."""

    source: int
    sink: int
    shape: Shape
    chance: random.Random
    _free_at: float = 0.0
    _flying: deque[tuple[float, bytes]] = field(default_factory=deque)

    @property
    def next_arrival(self) -> float | None:
        return self._flying[0][0] if self._flying else None

    def take_in(self, now: float) -> None:
        """Read what the source has, at most a batch, and put it on the wire."""
        for _ in range(_BATCH):
            try:
                packet = os.read(self.source, _MAX_PACKET)
            except BlockingIOError:
                return
            for piece in survivors(packet, self.shape.loss, self.chance):
                self._send(piece, now)

    def _send(self, packet: bytes, now: float) -> None:
        start = max(now, self._free_at)
        if start - now > self.shape.queue:
            return
        self._free_at = start + wire_bytes(packet) / self.shape.rate
        self._flying.append((self._free_at + self.shape.delay, packet))

    def deliver(self, now: float) -> None:
        while self._flying and self._flying[0][0] <= now:
            with suppress(OSError):
                os.write(self.sink, self._flying.popleft()[1])


def segments(packet: bytes) -> int:
    """How many segments a packet with its virtio-net header is on the wire."""
    _, kind, _, size, start, _ = _VNET.unpack_from(packet)
    if kind == _GSO_NONE or size == 0:
        return 1
    payload = len(packet) - _VNET.size - _headers_length(packet, start)
    return max(1, -(-payload // int(size)))


def wire_bytes(packet: bytes) -> int:
    """Its length on an Ethernet: every segment has headers, preamble and gap of its own."""
    count = segments(packet)
    length = len(packet) - _VNET.size
    if count == 1:
        return length + 38
    start = _VNET.unpack_from(packet)[4]
    return length + (count - 1) * _headers_length(packet, start) + count * 38


def survivors(packet: bytes, loss: float, chance: random.Random) -> Iterator[bytes]:
    """What is left of a packet when each of its segments is lost with probability `loss`."""
    if loss <= 0:
        yield packet
        return
    count = segments(packet)
    lost = [number for number in range(count) if chance.random() < loss]
    first = 0
    for number in [*lost, count]:
        if number > first:
            yield packet if number - first == count else part(packet, first, number)
        first = number + 1


def part(packet: bytes, first: int, stop: int) -> bytes:
    """The segments from `first` up to `stop` of a bundle of TCP over IPv4, as a bundle.

    The checksum of TCP is left to the receiver's device, which expects the sum of the pseudo
    header in its place (virtio specification, 5.1.6.2).
    """
    flags, kind, _, size, start, offset = _VNET.unpack_from(packet)
    headers = _headers_length(packet, start)
    body = memoryview(packet)[_VNET.size + headers :]
    payload = body[first * size : stop * size]
    last = stop * size >= len(body)

    head = bytearray(packet[_VNET.size : _VNET.size + headers])
    length = headers + len(payload)
    struct.pack_into("!H", head, 2, length)
    identity = struct.unpack_from("!H", head, 4)[0]
    struct.pack_into("!H", head, 4, (identity + first) & 0xFFFF)
    struct.pack_into("!H", head, 10, 0)
    struct.pack_into("!H", head, 10, ~_sum16(bytes(head[:start])) & 0xFFFF)
    sequence = struct.unpack_from("!I", head, start + 4)[0]
    struct.pack_into("!I", head, start + 4, (sequence + first * size) & 0xFFFFFFFF)
    if not last:
        head[start + 13] &= ~_FIN_PSH & 0xFF
    if first:
        head[start + 13] &= ~_CWR & 0xFF
    pseudo = bytes(head[12:20]) + struct.pack("!HH", 6, length - start)
    struct.pack_into("!H", head, start + offset, _sum16(pseudo))
    if len(payload) <= size:
        kind, size = _GSO_NONE, 0
    return _VNET.pack(flags, kind, headers, size, start, offset) + bytes(head) + bytes(payload)


def _headers_length(packet: bytes, tcp_start: int) -> int:
    return tcp_start + (packet[_VNET.size + tcp_start + 12] >> 4) * 4


def _sum16(data: bytes) -> int:
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def open_tun(name: str) -> int:
    """A descriptor of a new TUN device that takes and gives bundles. Raises OSError."""
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    request = struct.pack("16sH22x", name.encode(), _IFF_TUN | _IFF_NO_PI | _IFF_VNET_HDR)
    fcntl.ioctl(device, _TUNSETIFF, request)
    fcntl.ioctl(device, _TUNSETOFFLOAD, _TUN_F_CSUM | _TUN_F_TSO4)
    return device


def carry(left: int, right: int, shape: Shape, seed: int) -> None:
    """Carry packets both ways for ever."""
    chance = random.Random(seed)
    ways = (Direction(left, right, shape, chance), Direction(right, left, shape, chance))
    while True:
        now = time.monotonic()
        due = [arrival for way in ways if (arrival := way.next_arrival) is not None]
        pause = max(0.0, min(due) - now) if due else None
        select.select([left, right], [], [], pause)
        now = time.monotonic()
        for way in ways:
            way.deliver(now)
            way.take_in(now)


def main() -> None:
    parser = argparse.ArgumentParser(description="A long link between two TUN devices.")
    parser.add_argument("names", nargs=2, metavar="NAME")
    parser.add_argument("--delay", type=float, required=True, help="seconds, one way")
    parser.add_argument("--rate", type=float, required=True, help="bytes a second")
    parser.add_argument("--loss", type=float, default=0.0, help="probability a segment")
    parser.add_argument("--queue", type=float, default=0.1, help="seconds")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    left, right = (open_tun(name) for name in given.names)
    # the link must keep its time however busy the ends are
    with suppress(PermissionError):
        os.nice(-10)
    print("ready", flush=True)
    shape = Shape(given.delay, given.rate, given.loss, given.queue)
    carry(left, right, shape, given.seed)


if __name__ == "__main__":
    main()
