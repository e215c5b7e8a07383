import { dataSlice, getAddress } from "ethers";
import { type Deployment, interfaces } from "../../server/chain/contracts.ts";
import { rpc } from "../dev/rpc.ts";

const { programmes } = interfaces;

/** A call that the authority signs, with the words it can be read by. */
export type RotationCall = { readonly name: string; readonly to: string; readonly data: string };

export type Holder = {
  readonly programme: bigint;
  readonly institution: string;
  /** Roles that are granted now, also those whose date has not come. */
  readonly roles: readonly { readonly programme: bigint; readonly role: number }[];
};

const roleNames = ["", "authority", "operator", "reviewer", "applicant", "exchange", "custodian"];

/** Why a rotation cannot be planned, for the person at the terminal. */
export class RotationError extends Error {
  override readonly name = "RotationError";
}

/** Reads from the chain whose account this is and which roles it holds. RotationError if none. */
export async function readHolder(
  rpcUrl: string,
  { contracts, deployedBlock }: Deployment,
  account: string,
): Promise<Holder> {
  const call = async (name: string, values: readonly unknown[]) => {
    const data = programmes.encodeFunctionData(name, [...values]);
    const to = contracts.programmes;
    const answer = await rpc<string>(rpcUrl, "eth_call", [{ to, data }, "latest"]);
    return programmes.decodeFunctionResult(name, answer)[0];
  };
  const stored = await call("accountOf", [account]);
  const institution: string = stored.institution;
  if (BigInt(institution) === 0n) {
    throw new RotationError(`${account} has no account in any programme.`);
  }
  const granted = programmes.getEvent("RoleGranted");
  const topic = `0x${account.slice(2).toLowerCase().padStart(64, "0")}`;
  const logs = await rpc<{ topics: string[] }[]>(rpcUrl, "eth_getLogs", [
    {
      address: contracts.programmes,
      fromBlock: `0x${deployedBlock.toString(16)}`,
      toBlock: "latest",
      topics: [granted?.topicHash, null, null, topic],
    },
  ]);
  const roles = new Map<string, { programme: bigint; role: number }>();
  for (const { topics } of logs) {
    const [programme, role] = [BigInt(topics[1] ?? "0x0"), Number(BigInt(topics[2] ?? "0x0"))];
    if ((await call("roleEffectiveAt", [programme, role, account])) !== 0n) {
      roles.set(`${programme} ${role}`, { programme, role });
    }
  }
  return { programme: stored.programme, institution, roles: [...roles.values()] };
}

type Change = { contracts: Deployment["contracts"]; holder: Holder; document: string };

/** The new key becomes a second account of the institution, with the roles of the old one. */
export function beginCalls(
  newAccount: string,
  { contracts, holder, document }: Change,
): RotationCall[] {
  const to = contracts.programmes;
  const { programme, institution, roles } = holder;
  return [
    {
      name: `programme ${programme}: open an account of the same institution for ${newAccount}`,
      to,
      data: programmes.encodeFunctionData("openAccount", [
        programme,
        newAccount,
        institution,
        document,
      ]),
    },
    ...roles.map(({ programme: where, role }) => ({
      name: `programme ${where}: grant the role of ${roleNames[role] ?? role} to ${newAccount}`,
      to,
      data: programmes.encodeFunctionData("grantRole", [where, role, newAccount, 0, document]),
    })),
  ];
}

/** The old key may act no more. Its account stays open, so that its units can still be moved. */
export function endCalls(
  oldAccount: string,
  { contracts, holder, document }: Change,
): RotationCall[] {
  return holder.roles.map(({ programme, role }) => ({
    name: `programme ${programme}: revoke the role of ${roleNames[role] ?? role} from ${oldAccount}`,
    to: contracts.programmes,
    data: programmes.encodeFunctionData("revokeRole", [programme, role, oldAccount, document]),
  }));
}

/** Lowercase form of an address in an argument. RotationError when it is none. */
export function addressIn(text: string | undefined): string {
  try {
    return getAddress(text ?? "").toLowerCase();
  } catch {
    throw new RotationError(`"${text ?? ""}" is not an address.`);
  }
}

/** 32 bytes in an argument. RotationError otherwise. */
export function hashIn(text: string | undefined): string {
  if (text !== undefined && /^0x[0-9a-fA-F]{64}$/.test(text)) return dataSlice(text, 0);
  throw new RotationError(
    "--document takes the hash of the decision: 0x and 64 hexadecimal digits.",
  );
}
