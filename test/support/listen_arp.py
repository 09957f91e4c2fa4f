# Writes each gratuitous ARP that arrives on an interface, with the time in milliseconds: address and sender, `ready` before the first.
# Usage: listen_arp.py INTERFACE SECONDS
import socket
import sys
import time

listener = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
listener.bind((sys.argv[1], 0))
print("ready", flush=True)
end = time.monotonic() + float(sys.argv[2])
while (left := end - time.monotonic()) > 0:
    listener.settimeout(left)
    try:
        frame = listener.recv(2048)
    except TimeoutError:
        break
    if frame[28:32] == frame[38:42]:
        print(f"{time.monotonic() * 1000:.1f} {socket.inet_ntoa(frame[28:32])} {frame[6:12].hex(':')}", flush=True)
