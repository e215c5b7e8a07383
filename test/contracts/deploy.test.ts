import { expect } from "chai";
import { Interface, id, Wallet } from "ethers";
import {
  addressesOf,
  chainAt,
  DEPLOYMENT_STEPS,
  deploy,
  type Manifest,
  runSteps,
} from "../../scripts/deploy.ts";
import { programmesAbi } from "../../server/chain/abi/programmes.ts";
import { startAnvil } from "./anvil.ts";
import { instrumented } from "./support.ts";

class Cut extends Error {}

describe("Deployment", () => {
  if (instrumented) return;

  const deployer = new Wallet(id("deployer of the deployment test"));
  let chain: Awaited<ReturnType<typeof startAnvil>>;
  let rpcUrl: string;
  let manifest: Manifest;

  before(async () => {
    chain = await startAnvil();
    rpcUrl = chain.rpcUrl;
  });
  after(() => chain.stop());

  it("that was cut is taken up where it stood", async () => {
    const names: string[] = [];
    const cut = deploy({
      rpcUrl,
      deployer,
      onStep: (k) => {
        if (k === 3) throw new Cut();
      },
    });
    await cut.then(
      () => expect.fail("The deployment was not cut."),
      (error: unknown) => expect(error).to.be.instanceOf(Cut),
    );
    manifest = await deploy({ rpcUrl, deployer, onStep: (_k, _of, name) => names.push(name) });
    expect(names.length).to.equal(DEPLOYMENT_STEPS);
    const addresses = Object.values(manifest.contracts).map(({ address }) => address);
    expect(addresses).to.deep.equal(Object.values(addressesOf(deployer.address)));
  });

  it("that is complete is found again, and sends nothing", async () => {
    const provider = chainAt(rpcUrl);
    expect(await deploy({ rpcUrl, deployer, expected: manifest })).to.deep.equal(manifest);
    expect(await provider.getTransactionCount(deployer.address)).to.equal(DEPLOYMENT_STEPS);
    provider.destroy();
  });

  it("of other code, another chain or another manifest is named in one sentence", async () => {
    const refusal = async (expected: Manifest) =>
      deploy({ rpcUrl, deployer, expected }).then(
        () => expect.fail("It was not refused."),
        (error: Error) => expect(error.name).to.equal("DeploymentError"),
      );
    await refusal({ ...manifest, genesisHash: id("other chain") });
    const { address } = manifest.contracts.issuance;
    const contracts = {
      ...manifest.contracts,
      issuance: { ...manifest.contracts.issuance, codeHash: id("other code") },
    };
    await refusal({ ...manifest, contracts });

    const provider = chainAt(rpcUrl);
    const code = await provider.getCode(address);
    await provider.send("anvil_setCode", [address, `${code.slice(0, -2)}00`]);
    await deploy({ rpcUrl, deployer }).then(
      () => expect.fail("It was not refused."),
      (error: Error) =>
        expect(error.message).to.match(/^The issuance at 0x\w+ was made from other sources/),
    );
    await provider.send("anvil_setCode", [address, code]);
    provider.destroy();
  });

  it("says in one sentence whose account cannot pay the fees of a chain that has some", async () => {
    const provider = chainAt(rpcUrl);
    await provider.send("anvil_setNextBlockBaseFeePerGas", ["0x3b9aca00"]);
    await provider.send("evm_mine", []);
    const poor = Wallet.createRandom();
    const steps = [{ name: "move nothing", to: poor.address, data: "0x" }];
    const refusal = await runSteps({ signer: poor, provider, firstNonce: 0, steps }).catch(
      (error: Error) => error,
    );
    await provider.send("anvil_setNextBlockBaseFeePerGas", ["0x0"]);
    await provider.send("evm_mine", []);
    provider.destroy();
    expect(refusal).to.include({ name: "StepError" });
    expect((refusal as Error).message).to.contain(`fees that ${poor.address} cannot pay`);
  });

  it("is followed by steps that survive a lost tail and name the one that reverts", async () => {
    const provider = chainAt(rpcUrl);
    const programmes = Interface.from(programmesAbi);
    const args = [1, 0, 2, deployer.address, id("authority"), id("document")];
    const step = {
      name: "create the programme",
      to: manifest.contracts.programmes.address,
      data: programmes.encodeFunctionData("createProgramme", args),
    };
    const run = { signer: deployer, provider, firstNonce: DEPLOYMENT_STEPS };
    const beforeTail = await provider.send("evm_snapshot", []);
    await runSteps({ ...run, steps: [step] });
    await provider.send("evm_revert", [beforeTail]);
    expect(await provider.getTransactionCount(deployer.address)).to.equal(DEPLOYMENT_STEPS);
    await runSteps({ ...run, steps: [step] });
    expect(await provider.getTransactionCount(deployer.address)).to.equal(DEPLOYMENT_STEPS + 1);
    const again = [step, { ...step, name: "create it again" }];
    for (const _run of ["when it is sent", "when it is found later"]) {
      await runSteps({ ...run, steps: again }).then(
        () => expect.fail("It was not refused."),
        (error: Error) => expect(error.message).to.match(/^The step "create it again" reverted/),
      );
    }
    await runSteps({ ...run, firstNonce: DEPLOYMENT_STEPS + 9, steps: [step] }).then(
      () => expect.fail("It was not refused."),
      (error: Error) => expect(error.message).to.match(/begin at nonce/),
    );
    provider.destroy();
  });
});
