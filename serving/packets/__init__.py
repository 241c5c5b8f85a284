"""Packets: one answer with everything that made it, in one file, so that it can be asked again and compared."""

from serving.packets.comparing import Comparison, Difference, compare
from serving.packets.files import check_writable, packet_as_json, read_packet, write_packet
from serving.packets.freezing import frozen_searcher
from serving.packets.recording import Recorder
from serving.packets.records import FORMAT, Packet

__all__ = [
    "FORMAT",
    "Comparison",
    "Difference",
    "Packet",
    "Recorder",
    "check_writable",
    "compare",
    "frozen_searcher",
    "packet_as_json",
    "read_packet",
    "write_packet",
]
