import { ethers, join, type Registry } from "../support.ts";

/** A second account of an institution that is there already. */
export async function colleague(r: Registry, name: string, role: number, place = 12) {
  const account = (await ethers.getSigners())[place]!;
  await join(r, account.address, name, role);
  return account;
}
