#!/usr/bin/env python3
"""An XMPP client (slixmpp) that is told what to do and tells what happens, one JSON object a line.

It takes commands on standard input and writes events to standard output; every byte that it receives is written to the file named
as its only argument, so that a test can look for what must never be sent. It decides nothing by itself.
"""
import asyncio
import json
import logging
import socket
import ssl
import struct
import sys

import slixmpp
from slixmpp.exceptions import IqError, IqTimeout
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import StanzaPath

PLUGINS = ["xep_0030", "xep_0085", "xep_0184", "xep_0199", "xep_0203"]
CHAT_STATES = ["active", "composing", "paused", "inactive", "gone"]
NS_RECEIPTS = "{urn:xmpp:receipts}"
NS_STATES = "{http://jabber.org/protocol/chatstates}"


def tell(event, **facts):
    print(json.dumps({"event": event, **facts}), flush=True)


class Peer(slixmpp.ClientXMPP):
    def __init__(self, order, wire):
        mechanism = order.get("mechanism")
        plain = {"feature_mechanisms": {"unencrypted_scram": True, "unencrypted_plain": True}} if order.get("clear") else {}
        super().__init__(order["jid"], order.get("password", ""), sasl_mech=mechanism, plugin_config=plain)
        self.wire = wire
        if order.get("clear"):
            self.enable_plaintext, self.enable_starttls, self.enable_direct_tls = True, False, False
        self.ssl_context.check_hostname = False
        self.ssl_context.verify_mode = ssl.CERT_NONE
        for plugin in PLUGINS:
            self.register_plugin(plugin)
        self.register_plugin("xep_0092", {"software_name": "Cordboard's test", "version": "7.5", "os": "none"})
        if order.get("acks"):
            self.register_plugin("xep_0198", {"allow_resume": False})
            self.add_event_handler("sm_enabled", lambda _: tell("acks-enabled"))
            self.add_event_handler("stanza_acked", lambda stanza: tell("acked", id=stanza["id"]))
        self.add_event_handler("session_start", self.started)
        self.add_event_handler("failed_auth", lambda stanza: tell("refused", condition=stanza["condition"]))
        self.add_event_handler("failed_all_auth", lambda _: tell("refused-all"))
        self.add_event_handler("stream_error", lambda error: tell("stream-error", condition=error["condition"]))
        self.add_event_handler("disconnected", lambda _: tell("disconnected"))
        self.add_event_handler("roster_update", self.rostered)
        self.register_handler(Callback("all messages", StanzaPath("message"), self.message))
        self.register_handler(Callback("all presences", StanzaPath("presence"), self.presence))

    def data_received(self, data):
        self.wire.write(data)
        self.wire.flush()
        super().data_received(data)

    def started(self, _):
        tell("connected", jid=str(self.boundjid), mechanism=self.plugin["feature_mechanisms"].mech.name)

    def rostered(self, iq):
        entries = [
            {"jid": str(jid), "name": item["name"], "groups": list(item["groups"]), "subscription": item["subscription"]}
            for jid, item in iq["roster"]["items"].items()
        ]
        tell("roster", entries=entries)

    def message(self, message):
        xml = message.xml
        states = [state for state in CHAT_STATES if xml.find(NS_STATES + state) is not None]
        received = xml.find(NS_RECEIPTS + "received")
        delay = xml.find("{urn:xmpp:delay}delay")
        error = message["error"]["condition"] if message["type"] == "error" else ""
        tell(
            "message",
            sender=str(message["from"]),
            type=message["type"],
            id=message["id"],
            body=message["body"],
            state=states[0] if states else "",
            received="" if received is None else received.get("id", ""),
            asks_receipt=xml.find(NS_RECEIPTS + "request") is not None,
            delayed="" if delay is None else delay.get("stamp", ""),
            error=error,
            text=message["error"]["text"] if error else "",
        )

    def presence(self, presence):
        error = presence["error"]["condition"] if presence["type"] == "error" else ""
        tell("presence", sender=str(presence["from"]), type=presence["type"], status=presence["status"], error=error)

    async def carry_out(self, order):
        match order["do"]:
            case "presence":
                self.send_presence(pshow=order.get("show"), pstatus=order.get("status"), ptype=order.get("type"))
            case "say":
                message = self.make_message(mto=order["to"], mbody=order["body"], mtype="chat")
                message["id"] = order["id"]
                # As clients with chat states do (XEP-0085, 5.1); without it nobody may send them any.
                message["chat_state"] = "active"
                if order.get("receipt"):
                    message["request_receipt"] = True
                message.send()
            case "state":
                message = self.make_message(mto=order["to"], mtype="chat")
                message["chat_state"] = order["state"]
                message.send()
            case "add":
                self.send_presence_subscription(order["jid"])
            case "subscribed":
                self.send_presence_subscription(order["jid"], ptype="subscribed")
            case "raw":
                self.send_raw(order["xml"])
            case "roster":
                await self.get_roster()
            case "ping":
                seconds = await self.plugin["xep_0199"].ping(order["to"])
                tell("pong", seconds=seconds)
            case "version":
                answer = await self.plugin["xep_0092"].get_version(order["to"])
                tell("version", name=answer["software_version"]["name"], version=answer["software_version"]["version"])
            case "items":
                answer = await self.plugin["xep_0030"].get_items(jid=order["to"], node=order.get("node"))
                items = [{"jid": str(jid), "node": node, "name": name} for jid, node, name in answer["disco_items"]["items"]]
                tell("items", of=order["to"], items=items)
            case "info":
                answer = await self.plugin["xep_0030"].get_info(jid=order["to"])
                info = answer["disco_info"]
                tell("info", of=order["to"], identities=[list(one) for one in info["identities"]], features=sorted(info["features"]))
            case "leave":
                await self.disconnect()
            case "reset":
                # The connection is lost as in a network that has gone: no goodbye, and RST instead of FIN.
                connection = self.transport.get_extra_info("socket")
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.abort()
            case unknown:
                tell("misunderstood", order=unknown)


async def orders():
    reader = asyncio.StreamReader(limit=1 << 20)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield json.loads(line)


async def main():
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    peer = None
    with open(sys.argv[1], "ab") as wire:
        async for order in orders():
            if order["do"] == "connect":
                peer = Peer(order, wire)
                peer.connect(order["host"], order["port"])
                continue
            try:
                await asyncio.wait_for(peer.carry_out(order), 10)
            except IqError as error:
                tell("iq-error", order=order["do"], condition=error.condition)
            except (IqTimeout, asyncio.TimeoutError):
                tell("no-answer", order=order["do"])
    if peer is not None:
        peer.abort()


asyncio.run(main())
