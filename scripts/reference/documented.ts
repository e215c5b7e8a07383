// Reads what the compiler knows of the contracts' documentation. Only the front end of the compiler runs, so that this
// takes seconds and no artifact has to be fresh.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Fragment, Interface, type JsonFragment, type JsonFragmentType } from "ethers";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..", "..");
/** What stands in no registry. */
const ASIDE = /^contracts\/(mocks|interfaces|libraries|types)\//;

export type Kind = "function" | "event" | "error";

/** A parameter as one reads it: with the name of a user-defined type, and the fields of a struct. */
export interface Parameter {
  readonly name: string;
  readonly type: string;
  readonly indexed: boolean;
  readonly says: string;
}

export interface Entry {
  readonly kind: Kind;
  readonly name: string;
  /** Name and canonical types, as selectors are made of. */
  readonly signature: string;
  /** Whether the contracts here declare it; else it comes with OpenZeppelin's. */
  readonly ours: boolean;
  readonly reads: boolean;
  readonly notice: string;
  readonly details: string;
  readonly inputs: readonly Parameter[];
  readonly outputs: readonly Parameter[];
  readonly reverts: string;
  readonly source: string;
}

export interface Struct {
  readonly name: string;
  readonly says: string;
  readonly fields: readonly Parameter[];
}

export interface Documented {
  readonly name: string;
  readonly title: string;
  readonly notice: string;
  readonly details: string;
  readonly entries: readonly Entry[];
  readonly structs: readonly Struct[];
}

/** A constant of types/Codes.sol. */
export interface Code {
  readonly library: string;
  readonly name: string;
  readonly value: string;
  readonly says: string;
}

export interface Documentation {
  readonly contracts: readonly Documented[];
  readonly valueTypes: readonly { readonly name: string; readonly is: string }[];
  readonly codes: readonly Code[];
}

type Doc = Readonly<Record<string, unknown>>;
type Described = { notice?: string; details?: string; params?: Record<string, string> } & {
  [tag: `custom:${string}`]: string;
} & { returns?: Record<string, string> };

interface Compiled {
  readonly abi: readonly JsonFragment[];
  readonly devdoc: Doc;
  readonly userdoc: Doc;
}

interface Node {
  readonly nodeType: string;
  readonly id: number;
  readonly name: string;
  readonly nodes?: readonly Node[];
  readonly members?: readonly Node[];
  readonly documentation?: { readonly text: string };
  readonly abstract?: boolean;
  readonly contractKind?: string;
  readonly canonicalName?: string;
  readonly linearizedBaseContracts?: readonly number[];
  readonly underlyingType?: { readonly name: string };
  readonly typeDescriptions?: { readonly typeString: string };
  readonly value?: { readonly value?: string };
  readonly functionSelector?: string;
  readonly eventSelector?: string;
  readonly errorSelector?: string;
}

interface Output {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly contracts: Readonly<Record<string, Readonly<Record<string, Compiled>>>>;
  readonly sources: Readonly<Record<string, { readonly ast: Node }>>;
}

function compile(): Output {
  const solc = createRequire(import.meta.url)("solc") as {
    compile(input: string, callbacks: object): string;
  };
  const sources: Record<string, { content: string }> = {};
  for (const name of readdirSync(path.join(ROOT, "contracts"), { recursive: true })) {
    const file = path.posix.join("contracts", `${name}`.replaceAll(path.sep, "/"));
    if (!file.endsWith(".sol") || file.startsWith("contracts/mocks/")) continue;
    sources[file] = { content: readFileSync(path.join(ROOT, file), "utf8") };
  }
  const find = (name: string) => {
    const file = path.join(ROOT, "node_modules", name);
    return existsSync(file) ? { contents: readFileSync(file, "utf8") } : { error: "not found" };
  };
  const wanted = { "*": ["abi", "devdoc", "userdoc"], "": ["ast"] };
  const settings = { viaIR: true, evmVersion: "cancun", outputSelection: { "*": wanted } };
  const input = JSON.stringify({ language: "Solidity", sources, settings });
  const output = JSON.parse(solc.compile(input, { import: find })) as Output;
  const failures = (output.errors ?? []).filter(({ severity }) => severity === "error");
  if (failures.length > 0) {
    throw new Error(failures.map(({ formattedMessage }) => formattedMessage).join("\n"));
  }
  return output;
}

/** Every contract that is deployed, by name, with everything it can be called, tell and revert with. */
export function readDocumentation(): Documentation {
  const output = compile();
  const files = Object.keys(output.sources).filter((file) => file.startsWith("contracts/"));
  const nodes = files.flatMap((file) => output.sources[file]?.ast.nodes ?? []);
  const declared = nodes.filter(({ nodeType }) => nodeType === "ContractDefinition");
  const ours = new Set(declared.flatMap((node) => (node.nodes ?? []).flatMap(selectorsOf)));
  // What OpenZeppelin declares is documented there, also where it is overridden here.
  for (const selector of foreignSelectors(output)) ours.delete(selector);
  const structs = new Map(
    declared.flatMap((node) =>
      (node.nodes ?? [])
        .filter(({ nodeType }) => nodeType === "StructDefinition")
        .map((struct) => [`${node.name}.${struct.name}`, structOf(struct)]),
    ),
  );
  const contracts = files
    .filter((file) => !ASIDE.test(file))
    .flatMap((file) =>
      (output.sources[file]?.ast.nodes ?? [])
        .filter(({ nodeType, abstract, contractKind }) => {
          return nodeType === "ContractDefinition" && contractKind === "contract" && !abstract;
        })
        .map((node) => contractOf(node, file, output, ours, structs)),
    );
  return {
    contracts: contracts.sort((a, b) => (a.name < b.name ? -1 : 1)),
    valueTypes: nodes
      .filter(({ nodeType }) => nodeType === "UserDefinedValueTypeDefinition")
      .map(({ name, underlyingType }) => ({ name, is: underlyingType?.name ?? "" }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    codes: (output.sources["contracts/types/Codes.sol"]?.ast.nodes ?? []).flatMap(codesOf),
  };
}

function foreignSelectors(output: Output): string[] {
  return Object.entries(output.sources)
    .filter(([file]) => !file.startsWith("contracts/"))
    .flatMap(([, { ast }]) => ast.nodes ?? [])
    .flatMap((node) => (node.nodes ?? []).flatMap(selectorsOf));
}

function selectorsOf(node: Node): string[] {
  const { functionSelector, eventSelector, errorSelector } = node;
  return [functionSelector, eventSelector, errorSelector].filter((one) => one !== undefined);
}

/** Text of a comment without its tags: what stands before the first one, and the text of each. */
function tagsOf(comment: string): { readonly says: string; readonly params: Map<string, string> } {
  const params = new Map<string, string>();
  let says = "";
  for (const part of ` ${comment}`.split(/\s@(?=[a-z])/)) {
    const [, tag = "notice", text = ""] = /^(notice|dev|param|custom:\S+)?\s*([\s\S]*)$/.exec(
      part,
    ) as unknown as [string, string | undefined, string];
    const flat = text.replaceAll(/\s+/g, " ").trim();
    if (tag === "param") {
      const [name = "", ...words] = flat.split(" ");
      params.set(name, words.join(" "));
    } else if (tag === "notice" || tag === "dev") says = [says, flat].filter(Boolean).join(" ");
  }
  return { says, params };
}

function structOf(node: Node): Struct {
  const { says, params } = tagsOf(node.documentation?.text ?? "");
  const fields = (node.members ?? []).map(({ name, typeDescriptions }) => ({
    name,
    type: (typeDescriptions?.typeString ?? "").replace(/^(struct|enum|contract) /, ""),
    indexed: false,
    says: params.get(name) ?? "",
  }));
  return { name: node.name, says, fields };
}

function codesOf(library: Node): Code[] {
  return (library.nodes ?? [])
    .filter(({ nodeType }) => nodeType === "VariableDeclaration")
    .map(({ name, value, documentation }) => ({
      library: library.name,
      name,
      value: value?.value ?? "",
      says: tagsOf(documentation?.text ?? "").says,
    }));
}

function contractOf(
  node: Node,
  file: string,
  output: Output,
  ours: ReadonlySet<string>,
  structs: ReadonlyMap<string, Struct>,
): Documented {
  const compiled = output.contracts[file]?.[node.name] as Compiled;
  // What a contract is for stands in its interface; the contract itself only points there.
  const main =
    output.contracts[`contracts/interfaces/I${node.name}.sol`]?.[`I${node.name}`] ?? compiled;
  // Tags of our own (custom:reverts, custom:source) are not inherited, so the bases are asked, nearest first.
  const known = basesById(output);
  const bases = (node.linearizedBaseContracts ?? []).flatMap((id) => known.get(id) ?? []);
  const used = new Set<string>();
  const entries = new Interface(compiled.abi).fragments
    .filter(({ type }) => type === "function" || type === "event" || type === "error")
    .map((fragment) => entryOf(fragment, compiled.abi, bases, ours, used));
  const order = (a: Entry, b: Entry) => (a.signature < b.signature ? -1 : 1);
  return {
    name: node.name,
    title: text(main.devdoc.title),
    notice: text(main.userdoc.notice),
    details: text(main.devdoc.details),
    entries: entries.sort(order),
    structs: [...used].sort().flatMap((name) => structs.get(name) ?? []),
  };
}

/** Every contract and interface by the number the compiler gave it. */
function basesById({ sources, contracts }: Output): Map<number, Compiled> {
  return new Map(
    Object.entries(sources).flatMap(([file, { ast }]) =>
      (ast.nodes ?? []).flatMap(({ id, name }) => {
        const found = contracts[file]?.[name];
        return found === undefined ? [] : [[id, found] as const];
      }),
    ),
  );
}

function entryOf(
  fragment: Fragment,
  abi: readonly JsonFragment[],
  bases: readonly Compiled[],
  ours: ReadonlySet<string>,
  used: Set<string>,
): Entry {
  const kind = fragment.type as Kind;
  const signature = fragment.format("sighash");
  const described: Described = Object.assign(
    {},
    ...[...bases].reverse().map((base) => descriptionOf(kind, signature, base)),
  );
  const json = JSON.parse(fragment.format("json")) as JsonFragment;
  // The library drops the names of Solidity's types, which readers know the parameters by.
  const raw = abi.find(
    (one) => one.type === kind && Fragment.from(one).format("sighash") === signature,
  );
  const selector = selectorOf(kind, abi, signature);
  const parameters = (
    list: readonly JsonFragmentType[] | undefined,
    says: Record<string, string> | undefined,
  ): Parameter[] =>
    (list ?? []).map((one, place) => ({
      name: one.name ?? "",
      type: typeOf(one, used),
      indexed: one.indexed === true,
      says: says?.[one.name || `_${place}`] ?? "",
    }));
  return {
    kind,
    name: json.name ?? "",
    signature,
    ours: ours.has(selector),
    reads: json.stateMutability === "view" || json.stateMutability === "pure",
    notice: described.notice ?? "",
    details: described.details ?? "",
    inputs: parameters(raw?.inputs, described.params),
    outputs: parameters(raw?.outputs, described.returns),
    reverts: described["custom:reverts"] ?? "",
    source: described["custom:source"] ?? "",
  };
}

function selectorOf(kind: Kind, abi: readonly JsonFragment[], signature: string): string {
  const known = new Interface(abi);
  if (kind === "function") return known.getFunction(signature)?.selector.slice(2) ?? "";
  if (kind === "event") return known.getEvent(signature)?.topicHash.slice(2) ?? "";
  return known.getError(signature)?.selector.slice(2) ?? "";
}

/** Name of a type as the source has it; structs met on the way are collected. */
function typeOf(parameter: JsonFragmentType, used: Set<string>): string {
  const name = (parameter.internalType ?? parameter.type ?? "").replace(
    /^(struct|enum|contract) /,
    "",
  );
  if (parameter.components) {
    used.add(name.replace(/\[.*$/, ""));
    for (const component of parameter.components) typeOf(component, used);
  }
  return name.replace(/^I[A-Z]\w*\./, "");
}

function descriptionOf(kind: Kind, signature: string, { devdoc, userdoc }: Compiled): Described {
  const place = kind === "function" ? "methods" : `${kind}s`;
  const pick = (doc: Doc): Described => {
    const found = (doc[place] as Record<string, Described | Described[]> | undefined)?.[signature];
    return (Array.isArray(found) ? found[0] : found) ?? ({} as Described);
  };
  const variables = (devdoc.stateVariables ?? {}) as Record<string, Described>;
  const variable = kind === "function" ? variables[signature.replace("()", "")] : undefined;
  return { ...variable, ...pick(devdoc), ...pick(userdoc) };
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");
