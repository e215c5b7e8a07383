import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import hre from "hardhat";
import { ethers, type TestContract } from "../../test/contracts/support.ts";

const ROOT = path.resolve(import.meta.dirname, "..", "..");

/**
 * Compiles and deploys SoladyToken with the compiler and the settings of all other contracts. It stays out of their
 * build, because its assembly draws twenty warnings.
 */
export async function deploySolady<Names extends string>(): Promise<TestContract<Names>> {
  const solc = createRequire(import.meta.url)("solc") as {
    compile(input: string, callbacks: object): string;
  };
  const name = "scripts/bench/SoladyToken.sol";
  const [compiler] = hre.config.solidity.profiles.default?.compilers ?? [];
  const outputSelection = { [name]: { SoladyToken: ["abi", "evm.bytecode.object"] } };
  const input = JSON.stringify({
    language: "Solidity",
    sources: { [name]: { content: readFileSync(path.join(ROOT, name), "utf8") } },
    settings: { ...compiler?.settings, outputSelection },
  });
  const find = (wanted: string) => ({
    contents: readFileSync(path.join(ROOT, "node_modules", wanted), "utf8"),
  });
  const output = JSON.parse(solc.compile(input, { import: find }));
  const { abi, evm } = output.contracts[name].SoladyToken;
  const [deployer] = await ethers.getSigners();
  const factory = new ethers.ContractFactory(abi, evm.bytecode.object, deployer);
  return (await factory.deploy()) as unknown as TestContract<Names>;
}
