"""MLS messages that are right on the outside and random inside: all that a bridge can look at.

The layouts are RFC 9420, Section 6 (MLSMessage, PrivateMessage) and the project's own authenticated
data (bridge/envelope/aad_header.h). Nothing here encrypts; endpoints do.
"""
import os
import struct

MLS10 = 1
PRIVATE_MESSAGE, WELCOME, KEY_PACKAGE = 2, 3, 5
APPLICATION, PROPOSAL, COMMIT = 1, 2, 3
HALF_MINUTE, FIVE_MINUTES, HOUR, DAY, WEEK = 1, 2, 3, 4, 5


def vector(octets):
    """opaque<V> with its length in the shortest form (RFC 9420, Section 2.1.2)."""
    size = len(octets)
    if size < 1 << 6:
        return struct.pack(">B", size) + octets
    if size < 1 << 14:
        return struct.pack(">H", size | 0x4000) + octets
    return struct.pack(">I", size | 0x80000000) + octets


def aad(envelope_id, ttl=DAY, ephemeral=False):
    header = bytes([1]) + envelope_id + bytes([ttl, 1 if ephemeral else 0]) + os.urandom(32)
    franking = struct.pack(">H", 0x0020) + vector(os.urandom(32))
    return vector(franking + struct.pack(">H", 0x8001) + vector(header))


def application(envelope_id, group_id, ciphertext_bytes=256, epoch=1, ttl=DAY, ephemeral=False):
    return (struct.pack(">HH", MLS10, PRIVATE_MESSAGE) + vector(group_id) +
            struct.pack(">QB", epoch, APPLICATION) + vector(aad(envelope_id, ttl, ephemeral)) +
            vector(os.urandom(28)) + vector(os.urandom(ciphertext_bytes)))


def commit(group_id, epoch=1):
    return (struct.pack(">HH", MLS10, PRIVATE_MESSAGE) + vector(group_id) +
            struct.pack(">QB", epoch, COMMIT) + vector(b"") +
            vector(os.urandom(28)) + vector(os.urandom(256)))


def welcome():
    return (struct.pack(">HHH", MLS10, WELCOME, 1) + vector(os.urandom(120)) +
            vector(os.urandom(400)))


def key_package():
    return (struct.pack(">HHHH", MLS10, KEY_PACKAGE, MLS10, 1) + vector(os.urandom(32)) +
            os.urandom(200))
