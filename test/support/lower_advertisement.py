# Sends one VRRP version 3 advertisement: SOURCE VRID PRIORITY ADDRESS. For tests of a master that hears a lower one.
import socket
import struct
import sys

GROUP = "224.0.0.18"
source, vrid, priority, address = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]


def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def advertisement(sum16):
    return struct.pack("!BBBBHH4s", 0x31, vrid, priority, 1, 20, sum16, socket.inet_aton(address))


pseudo = socket.inet_aton(source) + socket.inet_aton(GROUP) + struct.pack("!BBH", 0, 112, 12)
sender = socket.socket(socket.AF_INET, socket.SOCK_RAW, 112)
sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(source))
sender.sendto(advertisement(checksum(pseudo + advertisement(0))), (GROUP, 0))
