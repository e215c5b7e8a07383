import { expect } from "chai";
import { authorize, type Caller } from "../../server/api/auth.ts";
import {
  type Action,
  actions,
  isRole,
  mayDo,
  type Role,
  roles,
} from "../../server/domain/access.ts";

const readers: readonly Action[] = ["registry.read", "operations.read"];
const holding: readonly Action[] = [
  "units.transfer",
  "units.retire",
  "certificate.certify",
  "mandate.use",
];

/** The same table as in the domain, written the other way round: what each role may do. */
const allowed: Readonly<Record<Role, readonly Action[]>> = {
  public: ["registry.read"],
  person: ["registry.read", "own.read", "own.decide"],
  exchange: [...readers],
  custodian: [...readers],
  auditor: [...readers, "activities.read", "request.object"],
  reviewer: [...readers, "request.attest", "request.object"],
  enterprise: [...readers, ...holding, "request.object"],
  platform: [
    ...readers,
    ...holding,
    "request.object",
    "activities.report",
    "activities.read",
    "persons.register",
    "benefit.record",
    "points.use",
    "activities.appeal",
  ],
  applicant: [
    ...readers,
    ...holding,
    "request.object",
    "period.close",
    "request.propose",
    "request.withdraw",
  ],
  operator: [
    ...readers,
    ...holding,
    "request.object",
    "activities.read",
    "activities.review",
    "period.close",
    "request.file",
    "account.open",
    "account.freeze",
    "source.register",
    "epoch.close",
    "epoch.anchor",
    "pool.move",
  ],
  authority: [
    ...readers,
    "activities.read",
    "appeal.decide",
    "request.decideObjection",
    "request.issue",
    "request.reject",
    "certificate.revoke",
    "account.open",
    "account.freeze",
    "programme.configure",
    "methodology.register",
  ],
};

function callerOf(role: Role, scopes: readonly string[]): Caller {
  if (role === "public") return { role, key: null };
  const key = {
    id: "00000000-0000-4000-8000-000000000000",
    name: "test",
    role,
    account: null,
    platform: null,
    programme: 1,
    scopes,
    revoked: false,
  };
  return { role, key };
}

const codeOf = (answer: ReturnType<typeof authorize>): string =>
  answer.ok ? "allowed" : answer.refusal.code;

describe("who may do what", () => {
  for (const role of roles) {
    for (const action of actions) {
      const may = allowed[role].includes(action);
      it(`${role} ${may ? "may" : "may not"} ${action}`, () => {
        expect(mayDo(role, action)).to.equal(may);
        const refused = role === "public" ? "UNAUTHENTICATED" : "FORBIDDEN";
        expect(codeOf(authorize(callerOf(role, ["*"]), action))).to.equal(
          may ? "allowed" : refused,
        );
      });
    }
  }

  it("keeps those who apply from deciding, and those who decide from applying", () => {
    const applying: readonly Action[] = ["request.propose", "period.close", "units.retire"];
    const deciding: readonly Action[] = ["request.issue", "request.reject", "request.attest"];
    for (const role of roles.filter((one) => one !== "operator")) {
      const both = [applying, deciding].every((group) => group.some((one) => mayDo(role, one)));
      expect(both, role).to.equal(false);
    }
  });

  it("refuses a key without the scope, whatever its role", () => {
    for (const role of roles.filter((one) => one !== "public")) {
      for (const action of allowed[role].filter((one) => !readers.includes(one))) {
        expect(codeOf(authorize(callerOf(role, []), action))).to.equal("SCOPE_MISSING");
        expect(codeOf(authorize(callerOf(role, [action]), action))).to.equal("allowed");
      }
    }
  });

  it("lets every key read, with whatever scopes", () => {
    for (const role of roles.filter((one) => one !== "public" && one !== "person")) {
      for (const action of readers) {
        expect(codeOf(authorize(callerOf(role, []), action))).to.equal("allowed");
      }
    }
  });

  it("knows no role outside the table", () => {
    expect(["admin", "Authority", "", "constructor"].filter(isRole)).to.deep.equal([]);
  });
});
