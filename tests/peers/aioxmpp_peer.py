#!/usr/bin/env python3
"""An XMPP client (aioxmpp) that is told what to do and tells what happens, one JSON object a line; the words are slixmpp_peer.py's.

It decides nothing by itself, but that any certificate is accepted and presence is answered as a roster's owner would.
"""
import asyncio
import json
import logging
import sys
import warnings

warnings.simplefilter("ignore")

import aioxmpp  # noqa: E402
import aioxmpp.dispatcher  # noqa: E402
import aioxmpp.chatstates  # noqa: E402
import aioxmpp.version  # noqa: E402


def tell(event, **facts):
    print(json.dumps({"event": event, **facts}), flush=True)


class Peer:
    def __init__(self, order):
        security = aioxmpp.make_security_layer(order.get("password", ""), no_verify=True)
        if order.get("clear"):
            security = security._replace(tls_required=False)
        connector = aioxmpp.connector.STARTTLSConnector()
        self.client = aioxmpp.PresenceManagedClient(
            aioxmpp.JID.fromstr(order["jid"]),
            security,
            override_peer=[(order["host"], order["port"], connector)],
            max_initial_attempts=1,
            logger=logging.getLogger("aioxmpp"),
        )
        self.client.on_stream_established.connect(lambda: tell("connected", jid=str(self.client.local_jid)))
        self.client.on_stopped.connect(lambda: tell("disconnected"))
        self.client.on_failure.connect(self.failed)
        version = self.client.summon(aioxmpp.VersionServer)
        version.name, version.version = "Cordboard's test", "7.5"
        self.client.summon(aioxmpp.DiscoServer)
        messages = self.client.summon(aioxmpp.dispatcher.SimpleMessageDispatcher)
        for kind in aioxmpp.MessageType:
            messages.register_callback(kind, None, self.message)
        presences = self.client.summon(aioxmpp.dispatcher.SimplePresenceDispatcher)
        for kind in aioxmpp.PresenceType:
            presences.register_callback(kind, None, self.presence)

    def failed(self, error):
        known = isinstance(error, aioxmpp.errors.AuthenticationFailure)
        tell("refused" if known else "disconnected", condition=str(error))

    def message(self, message):
        state = message.xep0085_chatstate
        delay = message.xep0203_delay
        delay = delay[0] if isinstance(delay, list) and delay else None
        error = message.error.condition.name.lower().replace("_", "-") if message.error else ""
        tell(
            "message",
            sender=str(message.from_),
            type=message.type_.value,
            id=message.id_ or "",
            body=message.body.any() if message.body else "",
            state=state.value[1] if state else "",
            received="",
            asks_receipt=False,
            delayed=str(delay.stamp) if delay else "",
            error=error,
            text=(message.error.text or "") if error else "",
        )

    def presence(self, presence):
        kind = presence.type_.value or "available"
        show = presence.show.value
        error = presence.error.condition.name.lower().replace("_", "-") if presence.error else ""
        status = presence.status.any() if presence.status else ""
        kind = show if kind == "available" and show else kind
        tell("presence", sender=str(presence.from_), type=kind, status=status, error=error)

    async def carry_out(self, order):
        match order["do"]:
            case "presence":
                show = aioxmpp.PresenceShow(order.get("show"))
                stanza = aioxmpp.Presence(type_=aioxmpp.PresenceType(order.get("type")), show=show)
                if order.get("status"):
                    stanza.status[None] = order["status"]
                await self.client.send(stanza)
            case "add":
                to = aioxmpp.JID.fromstr(order["jid"])
                await self.client.send(aioxmpp.Presence(to=to, type_=aioxmpp.PresenceType.SUBSCRIBE))
            case "subscribed":
                to = aioxmpp.JID.fromstr(order["jid"])
                await self.client.send(aioxmpp.Presence(to=to, type_=aioxmpp.PresenceType.SUBSCRIBED))
            case "say":
                message = aioxmpp.Message(to=aioxmpp.JID.fromstr(order["to"]), type_=aioxmpp.MessageType.CHAT)
                message.id_ = order["id"]
                message.body[None] = order["body"]
                message.xep0085_chatstate = aioxmpp.chatstates.ChatState.ACTIVE
                await self.client.send(message)
            case "state":
                message = aioxmpp.Message(to=aioxmpp.JID.fromstr(order["to"]), type_=aioxmpp.MessageType.CHAT)
                message.xep0085_chatstate = aioxmpp.chatstates.ChatState(order["state"])
                await self.client.send(message)
            case "leave":
                self.client.stop()
            case unknown:
                tell("misunderstood", order=unknown)


async def orders():
    reader = asyncio.StreamReader(limit=1 << 20)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield json.loads(line)


async def main():
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
    peer = None
    async for order in orders():
        if order["do"] == "connect":
            peer = Peer(order)
            # Presence is sent when ordered: setting it starts the client, which then says it once by itself.
            peer.client.presence = aioxmpp.PresenceState(True)
            continue
        try:
            await asyncio.wait_for(peer.carry_out(order), 10)
        except (asyncio.TimeoutError, ConnectionError):
            tell("no-answer", order=order["do"])
    if peer is not None:
        peer.client.stop()
        await asyncio.sleep(0.3)


asyncio.run(main())
