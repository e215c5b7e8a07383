import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { openQueue, type QueuePlace } from "../../server/queue/publish.ts";

/**
 * Two registries on one server publish the same operation id, as two demonstrations do, and only the second one
 * works: it must get its own hint and leave the first one's for the first.
 */
export async function expectQueuesApart(place: Omit<QueuePlace, "registry">): Promise<void> {
  const errors: Error[] = [];
  const open = (registry: string) =>
    openQueue({ ...place, registry }, (error) => errors.push(error));
  const marker = `${process.pid}-${Date.now()}`;
  const [first, second] = [open(`${marker}-a`), open(`${marker}-b`)];
  const taken: string[] = [];
  const take = (whose: string) => async (hint: { lane: string }) => {
    taken.push(`${whose} took ${hint.lane}`);
  };
  const arrived = async (count: number): Promise<void> => {
    for (let tries = 0; taken.length < count && tries < 100; tries++) await sleep(100);
  };
  try {
    const operationId = "00000000-0000-4000-8000-000000000001";
    await first.publish(operationId, { lane: "of a" });
    await second.publish(operationId, { lane: "of b" });
    await second.consume(take("b"), 2);
    await arrived(1);
    await sleep(500);
    expect(taken).to.deep.equal(["b took of b"]);
    await first.consume(take("a"), 2);
    await arrived(2);
    expect(taken).to.deep.equal(["b took of b", "a took of a"]);
    expect(errors).to.deep.equal([]);
  } finally {
    await Promise.all([first.close(), second.close()]);
  }
}
