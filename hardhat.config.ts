import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import * as path from "node:path";
import hardhatToolboxMochaEthers from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import { defineConfig } from "hardhat/config";
import type { HardhatPlugin } from "hardhat/types/plugins";

// The compiler comes from npm, because a bare machine may reach nothing but the package registry.
const compiler = {
  version: "0.8.37",
  path: createRequire(import.meta.url).resolve("solc/soljson.js"),
  settings: {
    optimizer: { enabled: true, runs: 10_000 },
    viaIR: true,
    evmVersion: "cancun",
    // Without the hash of comments and paths the runtime code can be compared byte for byte.
    metadata: { bytecodeHash: "none" as const },
  },
};

/** For a contract that would not fit EIP-170 otherwise; its calls cost a little more. */
const smaller = (runs: number) => ({
  ...compiler,
  settings: { ...compiler.settings, optimizer: { enabled: true, runs } },
});

/**
 * For a contract whose calls are counted: by the older pipeline it finds a called function by halving, by viaIR
 * one by one, which for a transfer, the last of 38, costs 600 gas more.
 */
const halving = { ...compiler, settings: { ...compiler.settings, viaIR: false } };

/** Code that only tests run is to be compiled soon, not to run cheaply: viaIR takes five times as long for it. */
const quick = {
  ...halving,
  settings: { ...halving.settings, optimizer: { enabled: true, runs: 200 } },
};

/**
 * Marked code, which measures coverage, is neither shipped nor weighed: all of it is `quick`, but for what has too many
 * variables for the older pipeline, which gets as little of viaIR as moves them out of the way.
 */
const marked = process.env.HARDHAT_COVERAGE === "true";
const deep = {
  ...compiler,
  settings: {
    ...compiler.settings,
    optimizer: {
      enabled: true,
      runs: 200,
      details: { yul: true, yulDetails: { stackAllocation: true, optimizerSteps: "u" } },
    },
  },
};
const deepFiles = ["Certificate", "Issuance", "Settlement", "mocks/IssuanceNext"].map(
  (name) => `contracts/${name}.sol`,
);
const inheritsIssuance = "IssuanceNext.sol";
const isMeasured = (name: string) => /^(Plain|SumTree)/.test(name); // scripts/bench/gas.ts
const testOnly = ["contracts/mocks", "test/contracts/solidity"].flatMap((folder) =>
  readdirSync(path.join(import.meta.dirname, folder))
    .filter((name) => name.endsWith(".sol") && name !== inheritsIssuance && !isMeasured(name))
    .map((name) => `${folder}/${name}`),
);

/**
 * Hardhat leaves one core idle, which on two cores means to run one compiler after the other; and it starts a
 * compiler for each overridden file, unless the files share one settings object.
 */
const sooner: HardhatPlugin = {
  id: "sooner",
  hookHandlers: {
    config: async () => ({
      default: async () => ({
        resolveUserConfig: async (user, variable, next) => {
          const config = await next(user, variable);
          const overrides = config.solidity.profiles.default?.overrides ?? {};
          const files = marked ? deepFiles : testOnly;
          const shared = overrides[files[0] ?? ""];
          if (shared) for (const file of files) overrides[file] = shared;
          return config;
        },
      }),
    }),
    solidity: async () => ({
      default: async () => ({
        build: (context, files, options, next) =>
          next(context, files, { ...options, concurrency: availableParallelism() }),
      }),
    }),
  },
};

export default defineConfig({
  plugins: [hardhatToolboxMochaEthers, sooner],
  // Nothing uses the generated types; the ABIs of server/chain/abi serve scripts and tests alike.
  typechain: { dontOverrideCompile: true },
  paths: {
    tests: { mocha: "test/contracts", solidity: "test/contracts" },
    // What is compiled to measure coverage holds marks, so it never stands where the others read artifacts.
    ...(marked ? { artifacts: "coverage/artifacts", cache: "coverage/cache" } : {}),
  },
  // The embedded chain and the compiler target the same fork.
  networks: {
    default: { type: "edr-simulated", chainType: "l1", hardfork: "cancun" },
    // Another EVM than the embedded one, with blocks every second and no fees (test/support/hardhatNode.ts).
    outside: {
      type: "edr-simulated",
      chainType: "l1",
      hardfork: "cancun",
      accounts: [],
      initialBaseFeePerGas: 0,
      blockGasLimit: 100_000_000n,
      mining: { auto: false, interval: 1_000 },
    },
  },
  test: {
    solidity: {
      fuzz: { runs: 128 },
      invariant: { runs: 16, depth: 64 },
    },
  },
  solidity: {
    npmFilesToBuild: [
      "@openzeppelin/contracts/access/manager/AccessManager.sol",
      "@openzeppelin/contracts/governance/TimelockController.sol",
    ],
    profiles: {
      default: {
        compilers: [marked ? quick : compiler],
        overrides: marked
          ? Object.fromEntries(deepFiles.map((file) => [file, deep]))
          : {
              "contracts/DoubleCount.sol": smaller(200),
              "contracts/Issuance.sol": smaller(1_000),
              "contracts/mocks/IssuanceNext.sol": smaller(1_000),
              "contracts/ReductionToken.sol": halving,
              ...Object.fromEntries(testOnly.map((file) => [file, quick])),
            },
        isolated: false,
      },
    },
  },
});
