import { expect } from "chai";
import { registryName } from "../../server/queue/publish.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";
import { expectQueuesApart } from "../support/queuePair.ts";

describe("the queue", function () {
  this.timeout(60_000);
  let database: TestDatabase;

  before(async () => {
    database = await openTestDatabase();
  });
  after(() => database?.close());

  it("gives two registries on one chain, and on two chains, names of their own", () => {
    const of = (chainId: number, address: string): string =>
      registryName({ chainId, contracts: { programmes: address } });
    const names = [of(1, "0xAA"), of(1, "0xAB"), of(2, "0xAA")];
    expect(new Set(names).size).to.equal(3);
    expect(of(1, "0xaa")).to.equal(of(1, "0xAA"));
    expect(names.join()).not.to.contain(":");
  });

  it("keeps the hints of two registries in one database apart", () =>
    expectQueuesApart({ databaseUrl: database.databaseUrl }));
});
