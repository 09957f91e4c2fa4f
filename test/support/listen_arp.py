# Writes each gratuitous ARP that arrives on an interface, with the time in milliseconds: address and sender, `ready` before the first.
# Usage: listen_arp.py INTERFACE SECONDS
import socket
import struct
import sys
import time

TIMESTAMPNS = 35  # asm-generic/socket.h: when the kernel had it, whenever this program comes to read it

listener = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
listener.setsockopt(socket.SOL_SOCKET, TIMESTAMPNS, 1)
listener.bind((sys.argv[1], 0))
print("ready", flush=True)
end = time.monotonic() + float(sys.argv[2])
while (left := end - time.monotonic()) > 0:
    listener.settimeout(left)
    try:
        frame, control, _, _ = listener.recvmsg(2048, 64)
    except TimeoutError:
        break
    if frame[28:32] == frame[38:42]:
        seconds, nanoseconds = struct.unpack("qq", control[0][2][:16])
        print(f"{seconds * 1000 + nanoseconds / 1e6:.1f} {socket.inet_ntoa(frame[28:32])} {frame[6:12].hex(':')}", flush=True)
