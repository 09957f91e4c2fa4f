# Runs a program on a terminal of its own, does what the steps say, and prints as JSON what came of it: the exit status, what
# was written, and whether the terminal's settings are as before.
# Usage: in_terminal.py ROWSxCOLUMNS STEP... -- PROGRAM ARGUMENT...
# Steps: wait:TEXT (from here on), send:TEXT (with \n, \x escapes), size:ROWSxCOLUMNS, signal:NUMBER
import fcntl, json, os, pty, select, signal, struct, sys, termios, time

LIMIT_S = 30
split = sys.argv.index("--")
steps, command = sys.argv[2:split], sys.argv[split + 1:]


def set_size(fd, text):
    rows, columns = text.split("x")
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", int(rows), int(columns), 0, 0))


master, slave = pty.openpty()
set_size(slave, sys.argv[1])
before = termios.tcgetattr(slave)
pid = os.fork()
if pid == 0:
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for fd in (0, 1, 2):
        os.dup2(slave, fd)
    os.close(master)
    os.execvp(command[0], command)

output = b""
seen = 0


def read(seconds):
    global output
    if select.select([master], [], [], seconds)[0]:
        try:
            output += os.read(master, 65536)
        except OSError:
            pass


failed = None
for step in steps:
    kind, _, text = step.partition(":")
    if kind == "wait":
        end = time.time() + LIMIT_S
        wanted = text.encode().decode("unicode_escape").encode("latin-1")
        while wanted not in output[seen:]:
            if time.time() > end:
                failed = step
                break
            read(0.2)
        seen = len(output)
        if failed:
            break
    elif kind == "send":
        os.write(master, text.encode().decode("unicode_escape").encode("latin-1"))
    elif kind == "size":
        set_size(slave, text)
        os.kill(pid, signal.SIGWINCH)
    elif kind == "signal":
        os.kill(pid, int(text))

end = time.time() + 10
status = None
while time.time() < end and status is None:
    read(0.1)
    done, value = os.waitpid(pid, os.WNOHANG)
    if done:
        status = os.waitstatus_to_exitcode(value)
if status is None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
read(0.1)
after = termios.tcgetattr(slave)
print(json.dumps({"code": status, "output": output.decode("utf-8", "replace"), "restored": before == after, "failed": failed}))
