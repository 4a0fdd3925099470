#!/usr/bin/env python3
"""profanity, a client of the terminal, that is told what to do and tells what happens, one JSON object a line.

It types the orders into a tmux of its own, and reads what profanity received from profanity's log; the words are slixmpp_peer.py's.
It decides nothing by itself. The only argument is a folder for profanity's files.
"""
import json
import os
import re
import shlex
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ET

NS_CLIENT = "{jabber:client}"
NS_STATES = "{http://jabber.org/protocol/chatstates}"
NS_STANZAS = "{urn:ietf:params:xml:ns:xmpp-stanzas}"
RECEIVED = "RECV: <"
PATIENCE_S = 15


def tell(event, **facts):
    print(json.dumps({"event": event, **facts}), flush=True)


def condition(stanza):
    for child in stanza.findall(f"{NS_CLIENT}error/*"):
        if child.tag.startswith(NS_STANZAS):
            return child.tag[len(NS_STANZAS) :]
    return ""


class Terminal:
    def __init__(self, folder):
        self.folder = folder
        self.log = os.path.join(folder, "log")
        self.socket = os.path.join(folder, "tmux")
        home = {"HOME": folder, "XDG_CONFIG_HOME": f"{folder}/config", "XDG_DATA_HOME": f"{folder}/data", "LANG": "C.UTF-8"}
        words = ["env", *(f"{name}={value}" for name, value in home.items()), "profanity", "-l", "DEBUG", "-f", self.log]
        self.tmux("-f", "/dev/null", "new-session", "-d", "-s", "p", "-x", "200", "-y", "50", shlex.join(words))
        self.wait(lambda: "Profanity" in self.screen() and "main event loop" in self.logged())
        threading.Thread(target=self.listen, daemon=True).start()
        self.types("/subject off")

    def tmux(self, *words):
        return subprocess.run(["tmux", "-S", self.socket, *words], capture_output=True, text=True, check=False).stdout

    def screen(self):
        return self.tmux("capture-pane", "-p", "-t", "p")

    def logged(self):
        try:
            with open(self.log, encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def types(self, line):
        self.tmux("send-keys", "-t", "p", "-l", line)
        self.tmux("send-keys", "-t", "p", "Enter")

    def wait(self, holds):
        begun = time.monotonic()
        while not holds():
            if time.monotonic() - begun > PATIENCE_S:
                tell("no-answer", order="connect", text=self.screen())
                return False
            time.sleep(0.1)
        return True

    def listen(self):
        """Follows the log; a stanza may have line breaks in it."""
        stanza = None
        with open(self.log, encoding="utf-8", errors="replace") as file:
            line = ""
            while True:
                part = file.readline()
                line += part
                if not line.endswith("\n"):
                    time.sleep(0.05)
                    continue
                if RECEIVED in line:
                    stanza = "<" + line.split(RECEIVED, 1)[1]
                elif stanza is not None:
                    stanza += line
                line = ""
                if stanza is not None and self.heard(stanza):
                    stanza = None

    def heard(self, text):
        if not re.match(r"<(message|presence|iq)\b", text):
            return True
        try:
            stanza = ET.fromstring(text if "xmlns=" in text.split(">", 1)[0] else re.sub(r"^<(\w+)", r'<\1 xmlns="jabber:client"', text))
        except ET.ParseError:
            return False
        kind = stanza.tag.removeprefix(NS_CLIENT)
        facts = {"sender": stanza.get("from", ""), "type": stanza.get("type", ""), "id": stanza.get("id", "")}
        error = condition(stanza) if facts["type"] == "error" else ""
        if kind == "message":
            states = [child.tag[len(NS_STATES) :] for child in stanza if child.tag.startswith(NS_STATES)]
            delay = stanza.find("{urn:xmpp:delay}delay")
            received = stanza.find("{urn:xmpp:receipts}received")
            tell(
                "message",
                **facts,
                body=stanza.findtext(f"{NS_CLIENT}body") or "",
                state=states[0] if states else "",
                received="" if received is None else received.get("id", ""),
                asks_receipt=stanza.find("{urn:xmpp:receipts}request") is not None,
                delayed="" if delay is None else delay.get("stamp", ""),
                error=error,
                text=stanza.findtext(f"{NS_CLIENT}error/{NS_STANZAS}text") or "",
            )
        elif kind == "presence":
            facts["type"] = facts["type"] or stanza.findtext(f"{NS_CLIENT}show") or "available"
            tell("presence", **facts, status=stanza.findtext(f"{NS_CLIENT}status") or "", error=error)
        return True

    def carry_out(self, order):
        match order["do"]:
            case "connect":
                tls = "disable" if order.get("clear") else "trust"
                self.types(f"/connect {order['jid']} server {order['host']} port {order['port']} tls {tls}")
                if not self.wait(lambda: "Enter password" in self.screen()):
                    return
                self.types(order["password"])
                if self.wait(lambda: "logged in successfully" in self.screen()):
                    tell("connected", jid=order["jid"])
            case "presence":
                self.types(f"/status set {order.get('show') or 'online'} \"{order.get('status') or ''}\"")
            case "add":
                self.types(f"/sub request {order['jid']}")
            case "subscribed":
                self.types(f"/sub allow {order['jid']}")
            case "say":
                self.types(f"/msg {order['to']} {order['body']}")
            case "type":
                self.types(order["line"])
            case "screen":
                tell("screen", text=self.screen())
            case "leave":
                self.types("/disconnect")
            case unknown:
                tell("misunderstood", order=unknown)


def main():
    terminal = Terminal(os.path.abspath(sys.argv[1]))
    try:
        for line in sys.stdin:
            terminal.carry_out(json.loads(line))
    finally:
        terminal.tmux("kill-server")


main()
