import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { AbiCoder, type EventFragment, type ParamType } from "ethers";
import { type ContractAddresses, contractNames, interfaces } from "../../server/chain/contracts.ts";
import { buildDecoder, type ChainLog } from "../../server/chain/decode.ts";
import { ID_ARGUMENTS, UNUSED_EVENTS } from "../../server/chain/events.ts";

const ADDRESSES = Object.fromEntries(
  contractNames.map((name, k) => [name, `0x${(0xa1 + k).toString(16).repeat(20)}`]),
) as ContractAddresses;

/** A value of a type that differs with `seed`, near the top of its range. */
function sampleOf(parameter: ParamType, seed: number): unknown {
  const type = parameter.baseType;
  if (type === "tuple") return parameter.components!.map((one, k) => sampleOf(one, seed + k));
  if (type === "array") {
    return [0, 1, 2].map((k) => sampleOf(parameter.arrayChildren!, seed + 10 * k));
  }
  if (type === "bool") return seed % 2 === 1;
  if (type === "string") return "text";
  if (type === "address") return `0x${(0xf0 + (seed % 16)).toString(16).repeat(20)}`;
  const bytes = /^bytes(\d+)$/.exec(type)?.[1];
  if (bytes) return `0x${(0xe0 + (seed % 16)).toString(16).repeat(Number(bytes))}`;
  return 2n ** BigInt(type.slice(4)) - 1n - BigInt(seed % 16);
}

function logOf(fragment: EventFragment, address: string): { log: ChainLog; values: unknown[] } {
  const values = fragment.inputs.map((input, k) => sampleOf(input, k + 1));
  const coder = AbiCoder.defaultAbiCoder();
  const plain = fragment.inputs.flatMap((input, k) => (input.indexed ? [] : [k]));
  const log = {
    address,
    topics: [
      fragment.topicHash,
      ...fragment.inputs.flatMap((input, k) =>
        input.indexed ? [coder.encode([input], [values[k]])] : [],
      ),
    ],
    data: coder.encode(
      plain.map((k) => fragment.inputs[k]!),
      plain.map((k) => values[k]),
    ),
    blockNumber: 7,
    blockHash: `0x${"01".repeat(32)}`,
    transactionIndex: 1,
    transactionHash: `0x${"02".repeat(32)}`,
    logIndex: 3,
  };
  return { log, values };
}

/** The same value as the decoder should give it: ids as 32 bytes, numbers by their width. */
function expected(parameter: ParamType, value: unknown): unknown {
  if (parameter.baseType === "array") {
    const element = parameter.arrayChildren!;
    if (element.baseType === "tuple") {
      return (value as unknown[][]).map((struct) =>
        Object.fromEntries(
          element.components!.map((member, k) => [member.name, expected(member, struct[k])]),
        ),
      );
    }
    // An array's element has no name of its own; the array's says what its numbers are.
    const named = { name: parameter.name, baseType: parameter.arrayChildren!.baseType };
    return (value as unknown[]).map((one) => expected(named as ParamType, one));
  }
  if (typeof value !== "bigint") return value;
  if ((ID_ARGUMENTS as readonly string[]).includes(parameter.name))
    return `0x${value.toString(16).padStart(64, "0")}`;
  return Number(parameter.baseType.slice(4)) <= 32 ? Number(value) : value;
}

describe("event decoder", () => {
  const decode = buildDecoder(ADDRESSES);

  it("refuses an event of ours that it does not know, naming block and log", () => {
    const { log } = logOf(interfaces.issuance.getEvent("Filed")!, ADDRESSES.issuance);
    const unknown = { ...log, topics: [`0x${"99".repeat(32)}`] };
    expect(() => decode(unknown)).to.throw(/block 7, log 3/);
  });

  it("leaves logs of other contracts alone", () => {
    const { log } = logOf(interfaces.issuance.getEvent("Filed")!, `0x${"bb".repeat(20)}`);
    expect(decode(log)).to.equal(null);
  });

  it("has somebody in the indexer for every event that it reads", () => {
    const folder = new URL("../../server/indexer/apply/", import.meta.url);
    const appliers = readdirSync(folder)
      .map((file) => readFileSync(new URL(file, folder), "utf8"))
      .join("\n");
    const names = contractNames.flatMap((contract) => {
      const all: string[] = [];
      interfaces[contract].forEachEvent(({ name }) => all.push(name));
      return all;
    });
    const read = names.filter((name) => !(UNUSED_EVENTS as readonly string[]).includes(name));
    const applied = new RegExp(`(?:"(?:${read.join("|")})"|^  (?:${read.join("|")}): )`, "gm");
    const found = new Set([...appliers.matchAll(applied)].map(([hit]) => hit.replace(/\W/g, "")));
    expect(read.filter((name) => !found.has(name))).to.deep.equal([]);
  });

  it("gives each event name one form, whichever contract speaks", () => {
    const forms = new Map<string, string>();
    for (const contract of contractNames) {
      interfaces[contract].forEachEvent((fragment) => {
        const form = fragment.format("full");
        if ((UNUSED_EVENTS as readonly string[]).includes(fragment.name)) return;
        expect(forms.get(fragment.name) ?? form, fragment.name).to.equal(form);
        forms.set(fragment.name, form);
      });
    }
  });

  for (const contract of contractNames) {
    it(`reads every event of ${contract} as the ABI coder wrote it`, () => {
      interfaces[contract].forEachEvent((fragment) => {
        const { log, values } = logOf(fragment, ADDRESSES[contract]);
        const event = decode(log);
        const isUnused = (UNUSED_EVENTS as readonly string[]).includes(fragment.name);
        expect(event === null, fragment.name).to.equal(isUnused);
        if (event === null) return;
        expect(event.contract).to.equal(contract);
        const flat: Record<string, unknown> = {};
        fragment.inputs.forEach((input, k) => {
          if (input.baseType === "tuple") {
            input.components!.forEach((component, at) => {
              flat[component.name] = expected(component, (values[k] as unknown[])[at]);
            });
          } else {
            flat[input.name] = expected(input, values[k]);
          }
        });
        expect(event.name).to.equal(fragment.name);
        expect(event.arguments, fragment.name).to.deep.equal(
          // The source id stands in the proposal, too, and the struct is laid flat over it.
          fragment.name === "Proposed"
            ? { ...flat, sourceId: event.arguments["sourceId" as never] }
            : flat,
        );
      });
    });
  }
});
