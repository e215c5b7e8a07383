import type { HashSuite } from "../../../domain/hashSuite.ts";
import {
  type AnyMethodology,
  loadAnyMethodology,
  statusOf,
} from "../../../domain/methodology/catalogue.ts";
import type { RegisteredMethodology } from "../facts.ts";
import type { Blob } from "../files.ts";
import { jsonOf } from "../json.ts";
import { type Check, fail, pass } from "../report.ts";

/** Whether the published methodology is the one the chain pins; with its rules when it can be read. */
export function checkMethodology(
  suite: HashSuite,
  blob: Blob | undefined,
  registered: RegisteredMethodology,
): { check: Check; methodology?: AnyMethodology } {
  const id = "methodology.hash";
  if (!blob) {
    return {
      check: fail(id, [
        `The methodology ${registered.contentHash} was not published.`,
        `方法学 ${registered.contentHash} 未公布。`,
      ]),
    };
  }
  const loaded = loadAnyMethodology(suite, jsonOf(blob.bytes));
  const isPinned =
    blob.isNamed && loaded.ok && loaded.value.methodology.contentHash === registered.contentHash;
  if (!isPinned) {
    return {
      check: fail(id, [
        "The published methodology was altered or cannot be read: the chain pins another.",
        "公布的方法学已被改动或无法读取，与链上登记的不一致。",
      ]),
    };
  }
  const { code, version } = loaded.value.methodology.document;
  const status = statusOf(loaded.value);
  return {
    check: pass(id, [
      `The published methodology ${code} version ${version} (${status}) is the one the chain pins.`,
      `公布的方法学 ${code} 第 ${version} 版（${status}）与链上登记的一致。`,
    ]),
    methodology: loaded.value,
  };
}
