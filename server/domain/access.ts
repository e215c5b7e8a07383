/** Who asks. One API key has one role; `person` shows a personal token, `public` nothing. */
export const roles = [
  "authority",
  "operator",
  "reviewer",
  "applicant",
  "platform",
  "enterprise",
  "exchange",
  "custodian",
  "auditor",
  "person",
  "public",
] as const;
export type Role = (typeof roles)[number];

/** Everything the API lets somebody do. */
export const actions = [
  "activities.report",
  "activities.read",
  "activities.review",
  "activities.appeal",
  "appeal.decide",
  "period.close",
  "request.propose",
  "request.withdraw",
  "request.attest",
  "request.file",
  "request.object",
  "request.decideObjection",
  "request.issue",
  "request.reject",
  "units.transfer",
  "units.retire",
  "certificate.certify",
  "certificate.revoke",
  "account.open",
  "account.freeze",
  "programme.configure",
  "source.register",
  "methodology.register",
  "persons.register",
  "benefit.record",
  "points.use",
  "mandate.use",
  "own.read",
  "own.decide",
  "epoch.close",
  "epoch.anchor",
  "pool.move",
  "registry.read",
  "operations.read",
] as const;
export type Action = (typeof actions)[number];

const holders = ["operator", "applicant", "platform", "enterprise"] as const;

/**
 * The whole table of who may do what; tested cell by cell. The contracts enforce the same on chain,
 * and compare institutions besides: this table only spares a doomed command its way there.
 */
export const permissions: Readonly<Record<Action, readonly Role[]>> = {
  "activities.report": ["platform"],
  "activities.read": ["platform", "operator", "authority", "auditor"],
  "activities.review": ["operator"],
  "activities.appeal": ["platform"],
  "appeal.decide": ["authority"],
  "period.close": ["operator", "applicant"],
  "request.propose": ["applicant"],
  "request.withdraw": ["applicant"],
  "request.attest": ["reviewer"],
  "request.file": ["operator"],
  "request.object": [...holders, "reviewer", "auditor"],
  "request.decideObjection": ["authority"],
  "request.issue": ["authority"],
  "request.reject": ["authority"],
  "units.transfer": holders,
  "units.retire": holders,
  "certificate.certify": holders,
  "certificate.revoke": ["authority"],
  "account.open": ["operator", "authority"],
  "account.freeze": ["operator", "authority"],
  "programme.configure": ["authority"],
  "source.register": ["operator"],
  "methodology.register": ["authority"],
  "persons.register": ["platform"],
  "benefit.record": ["platform"],
  "points.use": ["platform"],
  "mandate.use": holders,
  // Of the person alone: a platform acts for its users with the tokens it was given for them.
  "own.read": ["person"],
  "own.decide": ["person"],
  "epoch.close": ["operator"],
  "epoch.anchor": ["operator"],
  "pool.move": ["operator"],
  "registry.read": roles,
  // Operations are shown to whoever ordered them; these roles may look at all of a programme.
  "operations.read": roles.filter((role) => role !== "public" && role !== "person"),
};

export function isRole(text: string): text is Role {
  return (roles as readonly string[]).includes(text);
}

/** Whether a role may do an action. What is not in the table is not allowed. */
export function mayDo(role: Role, action: Action): boolean {
  return permissions[action].includes(role);
}
