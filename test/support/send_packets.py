# Sends IP packets, given in hex on the standard input, as they are: send_packets.py DEVICE MAC [SECONDS PER_SECOND]
# Once each, or again and again for some seconds at a rate. Prints how many it has sent.
import socket
import sys
import time

device, mac = sys.argv[1], bytes.fromhex(sys.argv[2].replace(":", ""))
seconds, rate = (float(word) for word in (sys.argv[3:5] or ("0", "0")))
sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
sender.bind((device, 0x0800))
source = sender.getsockname()[4]
group = bytes.fromhex("01005e000012")
frames = []
for line in sys.stdin.read().split():
    packet = bytes.fromhex(line)
    frames.append((group if packet[16] >> 4 == 14 else mac) + source + b"\x08\x00" + packet)
sent = 0
if seconds == 0:
    for frame in frames:
        sender.send(frame)
        sent += 1
else:
    start = time.monotonic()
    while True:
        passed = time.monotonic() - start
        if passed >= seconds:
            break
        while sent < passed * rate:
            try:
                sender.send(frames[sent % len(frames)])
            except OSError:
                pass  # the queue of the device is full
            sent += 1
            if sent % 512 == 0 and time.monotonic() - start >= seconds:
                break
        else:
            time.sleep(0.0005)
print(sent)
