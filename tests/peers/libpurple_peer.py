#!/usr/bin/env python3
"""An XMPP client (libpurple, as bitlbee drives it) that is told what to do and tells what happens, one JSON object a line.

bitlbee shows libpurple as an IRC server, which this script starts on a socket pair and speaks to. It takes commands on standard input and
writes events to standard output; the words are slixmpp_peer.py's. bitlbee knows people by nicks, events and orders by addresses. It
decides nothing but that the host's self-made certificate is accepted. The only argument is a folder for bitlbee's files.
"""
import json
import os
import re
import socket
import subprocess
import sys
import threading

ROOT = "&bitlbee"
LINE = re.compile(r"^(?::(?P<sender>[^! ]+)\S* )?(?P<word>\S+) (?P<rest>.*)$")


def tell(event, **facts):
    print(json.dumps({"event": event, **facts}), flush=True)


class Gateway:
    def __init__(self, folder):
        config = os.path.join(folder, "bitlbee.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write("[settings]\nRunMode = Inetd\nAuthMode = Open\n")
        ours, theirs = socket.socketpair()
        arguments = ["bitlbee", "-I", "-d", folder, "-c", config]
        errors = open(os.path.join(folder, "bitlbee.log"), "wb")
        self.process = subprocess.Popen(arguments, stdin=theirs, stdout=theirs, stderr=errors, env={**os.environ, "HOME": folder})
        theirs.close()
        self.socket = ours
        # Who was added, by address and by nick.
        self.nicks, self.addresses = {}, {}
        self.jid = ""
        self.lines = ours.makefile("r", encoding="utf-8", errors="replace", newline="\r\n")

    def send(self, line):
        self.socket.sendall((line + "\r\n").encode())

    def control(self, words):
        self.send(f"PRIVMSG {ROOT} :{words}")

    def listen(self):
        for line in self.lines:
            match = LINE.match(line.rstrip())
            if match:
                self.heard(match["sender"] or "", match["word"], match["rest"])
        tell("disconnected")

    def heard(self, sender, word, rest):
        if word == "PING":
            self.send(f"PONG {rest}")
        elif word == "376":
            tell("started")
        elif word == "JOIN" and sender != "customer":
            tell("appeared", nick=sender)
            self.shown(sender, "available")
        elif word in ("QUIT", "PART") and sender != "customer":
            self.shown(sender, "unavailable")
        elif word in ("PRIVMSG", "NOTICE"):
            target, _, text = rest.partition(" :")
            if sender == "root":
                self.control_said(text)
            else:
                tell("message", sender=self.addresses.get(sender, sender), type="chat", to=target, body=text)
        elif word == "401":
            tell("unknown", text=rest)

    def control_said(self, text):
        text = text.replace("\x02", "")
        tell("control", text=text)
        if "yes/no commands" in text:
            self.control("yes")
        elif text.endswith("Logged in"):
            tell("connected", jid=self.jid)
        elif "Login error" in text:
            tell("refused", text=text)

    def shown(self, nick, kind):
        tell("presence", sender=self.addresses.get(nick, nick), type=kind, status="", error="")

    def nick_of(self, address, adds):
        """The nick of an address; one not seen before is put on bitlbee's list, or on the server's roster too."""
        if address not in self.nicks or adds:
            # The nick that libpurple gives by itself to who is on the server's roster.
            nick = self.nicks.setdefault(address, address.split("@")[0])
            self.addresses[nick] = address
            self.control(f"add {'' if adds else '-tmp '}jabber {address} {nick}")
        return self.nicks[address]

    def carry_out(self, order):
        match order["do"]:
            case "connect":
                self.jid = order["jid"]
                self.control(f"account add jabber {order['jid']} {order['password']}")
                self.control(f"account jabber set connect_server {order['host']}")
                self.control(f"account jabber set port {order['port']}")
                self.control("account jabber set auto_reconnect false")
                if order.get("clear"):
                    self.control("account jabber set connection_security opportunistic_tls")
                    self.control("account jabber set auth_plain_in_clear true")
                self.control("account jabber on")
            case "add":
                self.nick_of(order["jid"], True)
            case "say":
                nick = order["to"] if "@" not in order["to"] else self.nick_of(order["to"], False)
                self.send(f"PRIVMSG {nick} :{order['body']}")
            case "presence":
                pass
            case "list":
                self.control("blist all")
            case "leave":
                self.control("account jabber off")
            case unknown:
                tell("misunderstood", order=unknown)


def main():
    gateway = Gateway(os.path.abspath(sys.argv[1]))
    threading.Thread(target=gateway.listen, daemon=True).start()
    gateway.send("NICK customer")
    gateway.send("USER customer 0 * :customer")
    for line in sys.stdin:
        gateway.carry_out(json.loads(line))
    gateway.socket.close()
    gateway.process.terminate()
    gateway.process.wait(5)


main()
