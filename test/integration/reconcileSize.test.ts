// How long ./tanpu reconcile takes with many accounts. Only with --deep (TANPU_DEEP=1): the chain alone takes a minute.
import { expect } from "chai";
import { id } from "ethers";
import { interfaces } from "../../server/chain/contracts.ts";
import { reconcileRegistry } from "../support/reconciling.ts";
import { FINALITY, openRegistry, type RegistryChain } from "../support/registryChain.ts";

const HOLDERS = 20_000;
const RETIREMENTS = 5_000;
const CALLS_A_BLOCK = 200;
const GAS = `0x${(300_000).toString(16)}`;

type Call = { to: string; data: string };

/** Sends calls of one account without its key, so many in a block. */
async function sendAll(
  registry: RegistryChain,
  from: string,
  calls: readonly Call[],
): Promise<void> {
  await registry.rpc("anvil_impersonateAccount", [from]);
  let nonce = Number(await registry.rpc("eth_getTransactionCount", [from, "latest"]));
  for (let first = 0; first < calls.length; first += CALLS_A_BLOCK) {
    const body = calls.slice(first, first + CALLS_A_BLOCK).map((call, k) => ({
      ...{ jsonrpc: "2.0", id: k, method: "eth_sendTransaction" },
      params: [{ ...call, from, nonce: `0x${(nonce++).toString(16)}`, gas: GAS, gasPrice: "0x0" }],
    }));
    const headers = { "content-type": "application/json" };
    const response = await fetch(registry.rpcUrl, {
      ...{ method: "POST", headers, body: JSON.stringify(body) },
    });
    const answers = (await response.json()) as { error?: { message: string } }[];
    const failed = answers.find(({ error }) => error);
    if (failed) throw new Error(failed.error?.message);
    await registry.mine();
  }
}

if (process.env.TANPU_DEEP === "1") {
  describe("reconcile, of many accounts", function () {
    this.timeout(900_000);
    let registry: RegistryChain;

    before(async () => {
      registry = await openRegistry();
      const tokenId = await registry.issueUnits(2_900_000_000n);
      const { authority, applicant } = registry.accounts;
      const { programmes, reductionToken } = registry.deployment.contracts;
      const accounts = Array.from(
        { length: HOLDERS },
        (_, k) => `0x${(0x7a00_0000 + k).toString(16).padStart(40, "b")}`,
      );
      const call = (
        contract: "programmes" | "reductionToken",
        name: string,
        values: unknown[],
      ) => ({
        to: contract === "programmes" ? programmes : reductionToken,
        data: interfaces[contract].encodeFunctionData(name, values),
      });
      await sendAll(
        ...([registry, authority] as const),
        accounts.map((account) =>
          call("programmes", "openAccount", [1, account, id(account), id("document")]),
        ),
      );
      await sendAll(registry, applicant, [
        ...accounts.map((account) =>
          call("reductionToken", "safeTransferFrom", [applicant, account, tokenId, 10, "0x"]),
        ),
        ...Array.from({ length: RETIREMENTS }, (_, k) =>
          call("reductionToken", "retire", [tokenId, 1, 2, id(`content ${k}`)]),
        ),
      ]);
      await registry.mine(FINALITY);
      await registry.index();
    });
    after(() => registry?.close());

    for (const how of ["calls", "replay"] as const) {
      it(`finds them equal by ${how}, and says how long that took`, async () => {
        const block = how === "replay" ? registry.checkpoint?.blockNumber : undefined;
        const [since, used] = [Date.now(), process.cpuUsage()];
        const { differences, compared } = await reconcileRegistry(registry, block);
        const { user, system } = process.cpuUsage(used);
        expect(differences).to.deep.equal([]);
        expect(compared.balance).to.equal(HOLDERS + 1);
        const seconds = (milliseconds: number): string => (milliseconds / 1_000).toFixed(1);
        process.stdout.write(
          `        by ${how}: ${seconds(Date.now() - since)} s, own processor time ${seconds((user + system) / 1_000)} s\n`,
        );
      });
    }
  });
}
