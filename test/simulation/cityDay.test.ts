import { expect } from "chai";
import { fromHex, toUint } from "../../server/domain/bytes.ts";
import { parseLeafHeader } from "../../server/domain/leafFile.ts";
import { LEAF_BYTES, TreeBuilder } from "../../server/domain/sumTree.ts";
import type { ClosedBatch } from "../../server/intake/closedBatch.ts";
import { partsOf } from "../../server/platform/store.ts";
import { suite, unwrap } from "../domain/support.ts";
import { type IntakePlace, IntakeWorld } from "../support/intakeWorld.ts";
import { CITY_DAY, CityDay, sendDay } from "./cityDay.ts";

const RIDES = Number(
  process.env.TANPU_RIDES ?? (process.env.TANPU_DEEP === "1" ? 1_000_000 : 50_000),
);

describe("A city's day", function () {
  this.timeout(3_600_000);
  let world: IntakeWorld;
  const day = new CityDay(RIDES);

  before(async () => {
    world = await IntakeWorld.open();
  });
  after(async () => world?.close());

  type Sending = { order: number; batchRows: number; workers: number };
  async function closed(name: string, sending: Sending): Promise<[ClosedBatch, IntakePlace]> {
    const place = await world.add(name);
    await sendDay(day, {
      ...sending,
      send: async (platform, rows) => {
        const results = await place.receive(platform, rows);
        const refused = results.find(({ status }) => status === "refused");
        if (refused) throw new Error(`a row was refused: ${JSON.stringify(refused)}`);
      },
    });
    return [unwrap(await place.close(CITY_DAY, CITY_DAY + 1)), place];
  }

  /** The tree of a stored leaf file, and the milligrams of its leaves added one by one. */
  async function fromFile({ leafFileHash }: ClosedBatch) {
    const file = await world.store.open(leafFileHash);
    if (!file) throw new Error("the leaf file is not there");
    const builder = new TreeBuilder(suite);
    let [rest, milligrams, leaves]: [Buffer, bigint, number] = [Buffer.alloc(0), 0n, -1];
    for await (const part of partsOf(file)) {
      let bytes = Buffer.concat([rest, part]);
      if (leaves === -1) {
        bytes = bytes.subarray(unwrap(parseLeafHeader(bytes)).end);
        leaves = 0;
      }
      const whole = bytes.length - (bytes.length % LEAF_BYTES);
      for (let at = 0; at < whole; at += LEAF_BYTES) {
        milligrams += toUint(bytes.subarray(at + 32, at + 40));
        leaves++;
      }
      unwrap(builder.add(new Uint8Array(bytes.subarray(0, whole))));
      rest = bytes.subarray(whole);
    }
    expect(rest).to.have.lengthOf(0);
    return { tree: unwrap(builder.finish()), milligrams, leaves };
  }

  it(`of ${RIDES} rides closes to one root whatever the order, the batches and the workers, and its milligrams agree from the rides to the ledger and the root`, async () => {
    const [batch, place] = await closed("in_turn", { order: 0, batchRows: 5_000, workers: 1 });
    const ledger = await place.worker.query<{ milligrams: string }>(
      "SELECT sum(milligrams)::text AS milligrams FROM ledger.entry WHERE compartment = 'pending'",
    );
    const { tree, milligrams, leaves } = await fromFile(batch);
    expect(batch.accepted).to.equal(day.rides);
    expect({
      ...{ leaves: milligrams, tree: tree.totalMilligrams, batch: batch.totalMilligrams },
      ledger: BigInt(ledger.rows[0]?.milligrams ?? 0),
    }).to.deep.equal({
      ...{ leaves: day.milligrams, tree: day.milligrams, batch: day.milligrams },
      ledger: day.milligrams,
    });
    expect(leaves).to.equal(batch.count);
    expect(tree.root).to.deep.equal(fromHex(batch.root));
    for (const [name, sending] of [
      ["shuffled", { order: 1, batchRows: 777, workers: 1 }],
      ["two_workers", { order: 2, batchRows: 3_000, workers: 2 }],
    ] as const) {
      const [other] = await closed(name, sending);
      expect({ ...other, batchId: "" }, name).to.deep.equal({ ...batch, batchId: "" });
    }
  });
});
