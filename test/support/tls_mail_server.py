# A program for tests, `tls_mail_server.py CERTIFICATE KEY FILE`: SMTP on 127.0.0.1 with a login (ops, s3cret pass). Port 2465
# begins with TLS, 2587 goes over to it by STARTTLS. Appends a line of JSON to a file for each mail: how it came, and its text.
import base64, json, socket, ssl, sys, threading

certificate, key, file = sys.argv[1:4]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
LOGIN = base64.b64encode(b"\0ops\0s3cret pass").decode()


def serve(connection, secret):
    if secret:
        connection = context.wrap_socket(connection, server_side=True)
    lines = connection.makefile("rb")
    state = {"tls": secret, "login": False, "text": ""}

    def say(*answers):
        connection.sendall("".join(answer + "\r\n" for answer in answers).encode())

    say("220 test")
    while True:
        line = lines.readline().decode().rstrip("\r\n")
        verb = line.split(" ")[0].upper()
        if verb == "EHLO":
            say("250-test", "250 AUTH PLAIN" if state["tls"] else "250 STARTTLS")
        elif verb == "STARTTLS":
            say("220 go on")
            connection = context.wrap_socket(connection, server_side=True)
            lines = connection.makefile("rb")
            state["tls"] = True
        elif verb == "AUTH":
            state["login"] = line == "AUTH PLAIN " + LOGIN
            say("235 welcome" if state["login"] else "535 wrong name or password")
        elif verb == "DATA":
            say("354 go on")
            while (text := lines.readline().decode()) not in ("", ".\r\n"):
                state["text"] += text
            with open(file, "a") as out:
                out.write(json.dumps(state) + "\n")
            say("250 taken")
        elif verb in ("QUIT", ""):
            return connection.close()
        else:
            say("250 ok")


def guarded(connection, secret):
    try:
        serve(connection, secret)
    except (OSError, ssl.SSLError):
        connection.close()


def listen(port, secret):
    listener = socket.create_server(("127.0.0.1", port))
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=guarded, args=(connection, secret), daemon=True).start()


for port, secret in ((2465, True), (2587, False)):
    threading.Thread(target=listen, args=(port, secret)).start()
print("ready", flush=True)
