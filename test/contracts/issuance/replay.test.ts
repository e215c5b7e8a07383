import { expect } from "chai";
import {
  attestationOf,
  ethers,
  networkHelpers,
  proposalOf,
  propose,
  registry,
  STATEMENT_TYPES,
  sign,
  statementOf,
} from "../support.ts";

const { loadFixture } = networkHelpers;

describe("Issuance: statements brought elsewhere", () => {
  async function signed() {
    const r = await registry();
    await propose(r);
    const attestation = await attestationOf(1n, r.reviewer.address);
    const statement = statementOf(attestation, proposalOf());
    return { ...r, attestation, statement };
  }

  it("count in no other domain: chain, contract, name or version", async () => {
    const r = await loadFixture(signed);
    const domain = {
      name: "Tanpu Issuance",
      version: "1",
      chainId: (await ethers.provider.getNetwork()).chainId,
      verifyingContract: await r.issuance.getAddress(),
    };
    for (const changes of [
      { chainId: domain.chainId + 1n },
      { verifyingContract: await r.sources.getAddress() },
      { name: "Tanpu Settlement" },
      { version: "2" },
    ]) {
      const elsewhere = { ...domain, ...changes };
      const signature = await r.reviewer.signTypedData(elsewhere, STATEMENT_TYPES, r.statement);
      await expect(
        r.issuance.attest(r.attestation, proposalOf(), signature),
      ).to.be.revertedWithCustomError(r.issuance, "IssuanceSignature");
    }
    const signature = await r.reviewer.signTypedData(domain, STATEMENT_TYPES, r.statement);
    await r.issuance.attest(r.attestation, proposalOf(), signature);
  });

  it("count in no redeployed registry, even for the same request of the same proposal", async () => {
    const r = await loadFixture(signed);
    const signature = await sign(r, r.reviewer, r.statement);
    const again = await registry();
    await propose(again);
    expect(await again.issuance.proposalHash(proposalOf())).to.equal(
      (await r.issuance.requestOf(1)).content,
    );
    await expect(
      again.issuance.attest(r.attestation, proposalOf(), signature),
    ).to.be.revertedWithCustomError(again.issuance, "IssuanceSignature");
    await r.issuance.attest(r.attestation, proposalOf(), signature);
  });

  it("count for no other request, not even one that proposes the same again", async () => {
    const r = await loadFixture(signed);
    const signature = await sign(r, r.reviewer, r.statement);
    await r.issuance.connect(r.applicant).withdraw(1, proposalOf());
    await propose(r);
    await expect(
      r.issuance.attest({ ...r.attestation, requestId: 2n }, proposalOf(), signature),
    ).to.be.revertedWithCustomError(r.issuance, "IssuanceSignature");
  });
});
