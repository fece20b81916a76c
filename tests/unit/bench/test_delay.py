"""The user-space link of the bench: bundles of TCP segments, split where one is lost."""

from __future__ import annotations

import random
import struct
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from bench import delay

MSS = 1448
VNET = struct.Struct("=BBHHHH")
IP_BYTES, TCP_BYTES = 20, 32
HEADERS = IP_BYTES + TCP_BYTES
SEQUENCE = 0xFFFFF000


def bundle(payload: bytes, flags: int = 0x18) -> bytes:
    """TCP over IPv4 as a TUN device hands it over, with 12 bytes of TCP options."""
    bundled = len(payload) > MSS
    vnet = VNET.pack(1, int(bundled), HEADERS, MSS if bundled else 0, IP_BYTES, 16)
    ip = struct.pack("!BBHHHBBH", 0x45, 0, HEADERS + len(payload), 7, 0x4000, 64, 6, 0)
    ip += bytes([198, 18, 0, 1, 198, 18, 0, 2])
    tcp = struct.pack("!HHIIBBHHH", 8081, 40000, SEQUENCE, 1, 8 << 4, flags, 500, 0, 0)
    return vnet + ip + tcp + bytes(12) + payload


def payload_of(packet: bytes) -> bytes:
    return packet[VNET.size + HEADERS :]


def sequence_of(packet: bytes) -> int:
    found: int = struct.unpack_from("!I", packet, VNET.size + IP_BYTES + 4)[0]
    return found


def ones_sum(data: bytes) -> int:
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def noise(size: int) -> bytes:
    return random.Random(size).randbytes(size)


@settings(max_examples=60, deadline=None)
@given(size=st.integers(1, 60_000), loss=st.floats(0, 1), seed=st.integers())
def test_what_survives_are_pieces_of_the_bundle_in_their_place(
    size: int, loss: float, seed: int
) -> None:
    payload = noise(size)
    packet = bundle(payload)
    kept = list(delay.survivors(packet, loss, random.Random(seed)))

    assert sum(map(delay.segments, kept)) <= delay.segments(packet)
    ends = []
    for piece in kept:
        at = (sequence_of(piece) - SEQUENCE) % 2**32
        body = payload_of(piece)
        assert at % MSS == 0
        assert body == payload[at : at + len(body)]
        ends.append((at, at + len(body)))
    assert all(left[1] + MSS <= right[0] for left, right in pairwise(ends))


def test_each_piece_has_headers_that_a_kernel_accepts() -> None:
    packet = bundle(noise(5 * MSS + 100))
    for first, stop in ((0, 2), (3, 6), (5, 6), (1, 2)):
        piece = delay.part(packet, first, stop)
        ip = piece[VNET.size : VNET.size + IP_BYTES]
        assert ones_sum(ip) == 0xFFFF
        assert struct.unpack_from("!H", ip, 2)[0] == len(piece) - VNET.size
        pseudo = ip[12:20] + struct.pack("!HH", 6, len(piece) - VNET.size - IP_BYTES)
        assert struct.unpack_from("!H", piece, VNET.size + IP_BYTES + 16)[0] == ones_sum(pseudo)
        _, kind, _, size, _, _ = VNET.unpack_from(piece)
        assert (kind, size) == ((1, MSS) if len(payload_of(piece)) > MSS else (0, 0))


def test_only_the_last_piece_ends_the_stream() -> None:
    packet = bundle(noise(3 * MSS), flags=0x19)
    at = VNET.size + IP_BYTES + 13
    assert delay.part(packet, 0, 1)[at] & 0x09 == 0
    assert delay.part(packet, 2, 3)[at] & 0x09 == 0x09


def test_loss_is_drawn_for_each_segment() -> None:
    chance = random.Random(1)
    packet = bundle(noise(40 * MSS))
    sent = 40 * 2000
    kept = sum(
        delay.segments(piece)
        for _ in range(2000)
        for piece in delay.survivors(packet, 0.01, chance)
    )
    assert 0.008 < 1 - kept / sent < 0.012


def test_the_wire_counts_the_headers_of_every_segment() -> None:
    single, three = bundle(noise(MSS)), bundle(noise(3 * MSS))
    assert delay.wire_bytes(single) == MSS + HEADERS + 38
    assert delay.wire_bytes(three) == 3 * delay.wire_bytes(single)
