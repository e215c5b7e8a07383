import { lookup } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";

/** Where webhooks may lead. In the demonstration anywhere; in production to public https addresses. */
export type WebhookRules = {
  readonly plainHttp: boolean;
  /** Addresses that only this machine or network reaches: a server must not be made to call those. */
  readonly privateAddresses: boolean;
};

const inward = new BlockList();
for (const [network, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
] as const) {
  inward.addSubnet(network, bits, "ipv4");
}
// Of IPv6 only what is routed in public (2000::/3) is let through, and of it nothing that embeds IPv4.
const outward = new BlockList();
outward.addSubnet("2000::", 3, "ipv6");
for (const [network, bits] of [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
] as const) {
  inward.addSubnet(network, bits, "ipv6");
}

/** Whether an IP address leads anywhere but to the public network. */
export function isPrivateAddress(address: string): boolean {
  if (isIP(address) === 4) return inward.check(address, "ipv4");
  return !outward.check(address, "ipv6") || inward.check(address, "ipv6");
}

/** Why an address cannot be a webhook's; undefined when it can. Names are looked up when something is sent. */
export function reasonAgainst(text: string, rules: WebhookRules): string | undefined {
  if (!URL.canParse(text)) return "not a URL";
  const { protocol, hostname, username, password, hash } = new URL(text);
  if (protocol !== "https:" && !(protocol === "http:" && rules.plainHttp)) return "not https";
  if (username !== "" || password !== "") return "contains a password";
  if (hash !== "") return "contains a fragment";
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  if (rules.privateAddresses) return undefined;
  if (isIP(host) !== 0 && isPrivateAddress(host)) return "a private address";
  if (/(^|\.)(localhost|local|internal)\.?$/i.test(host)) return "a private name";
  return undefined;
}

/**
 * Looks names up and gives only public addresses, so that what was checked is what is connected to: a
 * name could lead elsewhere a moment later.
 */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, found) => {
    if (error) return callback(error, "", 4);
    const allowed = found.filter(({ address }) => !isPrivateAddress(address));
    const [first] = allowed;
    if (first === undefined) return callback(new Error("leads to a private address"), "", 4);
    if (options.all) callback(null, allowed);
    else callback(null, first.address, first.family);
  });
};
