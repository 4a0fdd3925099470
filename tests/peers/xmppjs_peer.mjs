// An XMPP client (@xmpp/client) that is told what to do and tells what happens, one JSON object a line; the words are slixmpp_peer.py's.
//
// It decides nothing by itself, but that any certificate is accepted. Its argument is the folder that has node_modules.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { webcrypto } from "node:crypto";
import path from "node:path";
import { pathToFileURL } from "node:url";

process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
process.removeAllListeners("warning");
// What the library takes from a browser and Debian's Node does not give; only TCP is used.
globalThis.crypto ??= webcrypto;
globalThis.WebSocket ??= class {};

const folder = path.resolve(process.argv[2]);
const resolved = createRequire(path.join(folder, "from.js")).resolve("@xmpp/client");
const { client, xml, jid } = await import(pathToFileURL(resolved).href);
const STATES = ["active", "composing", "paused", "inactive", "gone"];
const STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas";

const tell = (event, facts = {}) => process.stdout.write(JSON.stringify({ event, ...facts }) + "\n");
const conditionOf = (stanza) => stanza.getChild("error")?.children.find((child) => child.attrs?.xmlns === STANZAS)?.name;
let peer = null;

function heard(stanza) {
  const { from: sender = "", type = "", id = "" } = stanza.attrs;
  const error = type === "error" ? (conditionOf(stanza) ?? "undefined-condition") : "";
  const text = stanza.getChild("error")?.getChildText("text") ?? "";
  if (stanza.is("message")) {
    const state = STATES.find((name) => stanza.getChild(name, "http://jabber.org/protocol/chatstates")) ?? "";
    const delayed = stanza.getChild("delay", "urn:xmpp:delay")?.attrs.stamp ?? "";
    const received = stanza.getChild("received", "urn:xmpp:receipts")?.attrs.id ?? "";
    const asks_receipt = Boolean(stanza.getChild("request", "urn:xmpp:receipts"));
    const body = stanza.getChildText("body") ?? "";
    tell("message", { sender, type, id, body, state, received, asks_receipt, delayed, error, text });
  } else if (stanza.is("presence")) {
    const shown = type || stanza.getChildText("show") || "available";
    tell("presence", { sender, type: shown, status: stanza.getChildText("status") ?? "", error });
  }
}

function connect(order) {
  const address = jid(order.jid);
  const service = `xmpp://${order.host}:${order.port}`;
  const credentials = address.local ? { username: address.local, password: order.password ?? "" } : {};
  peer = client({ service, domain: address.domain, resource: address.resource || undefined, ...credentials });
  peer.reconnect.stop();
  peer.on("online", (address) => tell("connected", { jid: address.toString() }));
  peer.on("offline", () => tell("disconnected"));
  peer.on("disconnect", () => tell("disconnected"));
  peer.on("stanza", heard);
  peer.on("error", (error) => {
    const known = error.name === "SASLError";
    tell(known ? "refused" : "stream-error", { condition: error.condition ?? String(error) });
  });
  // What goes wrong comes as an "error", too.
  peer.start().catch(() => {});
}

const orders = {
  connect,
  presence: ({ type, show, status }) =>
    peer.send(xml("presence", { type: type ?? undefined }, show && xml("show", {}, show), status && xml("status", {}, status))),
  add: (order) => peer.send(xml("presence", { to: order.jid, type: "subscribe" })),
  subscribed: (order) => peer.send(xml("presence", { to: order.jid, type: "subscribed" })),
  say: ({ to, id, body, receipt }) =>
    peer.send(
      xml(
        "message",
        { to, id, type: "chat" },
        xml("body", {}, body),
        xml("active", { xmlns: "http://jabber.org/protocol/chatstates" }),
        receipt && xml("request", { xmlns: "urn:xmpp:receipts" }),
      ),
    ),
  state: ({ to, state }) =>
    peer.send(xml("message", { to, type: "chat" }, xml(state, { xmlns: "http://jabber.org/protocol/chatstates" }))),
  leave: () => peer.stop(),
};

for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line);
  const carryOut = orders[order.do];
  if (!carryOut) {
    tell("misunderstood", { order: order.do });
    continue;
  }
  try {
    await carryOut(order);
  } catch (error) {
    tell("no-answer", { order: order.do, text: String(error) });
  }
}
await Promise.race([peer?.stop().catch(() => {}), new Promise((done) => setTimeout(done, 500))]);
process.exit(0);
