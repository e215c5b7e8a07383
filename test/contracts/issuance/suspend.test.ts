import { expect } from "chai";
import { DOCUMENT, issuedRegistry, networkHelpers, PROGRAMME, ROLE } from "../support.ts";

const { loadFixture } = networkHelpers;

describe("Issuance: suspending an id", () => {
  it("is the authority's, of an issued id, in the order suspend, resume", async () => {
    const r = await loadFixture(issuedRegistry);
    const i = r.issuance.connect(r.authority);
    for (const act of ["suspendToken", "resumeToken"] as const) {
      await expect(i[act](5, DOCUMENT))
        .to.be.revertedWithCustomError(i, "IssuanceTokenUnknown")
        .withArgs(5);
      await expect(r.issuance.connect(r.operator)[act](r.tokenId, DOCUMENT))
        .to.be.revertedWithCustomError(i, "IssuanceRoleMissing")
        .withArgs(PROGRAMME, ROLE.authority, r.operator.address);
    }
    await expect(i.resumeToken(r.tokenId, DOCUMENT))
      .to.be.revertedWithCustomError(i, "IssuanceTokenState")
      .withArgs(r.tokenId, 1);
    await expect(i.suspendToken(r.tokenId, DOCUMENT))
      .to.emit(i, "TokenSuspended")
      .withArgs(r.tokenId, DOCUMENT)
      .and.to.emit(r.token, "IdStateSet")
      .withArgs(r.tokenId, 2);
    await expect(i.suspendToken(r.tokenId, DOCUMENT))
      .to.be.revertedWithCustomError(i, "IssuanceTokenState")
      .withArgs(r.tokenId, 2);
    await expect(i.resumeToken(r.tokenId, DOCUMENT))
      .to.emit(i, "TokenResumed")
      .withArgs(r.tokenId, DOCUMENT);
  });
});
