import { encodeBytes32String, Interface } from "ethers";
import { programmesAbi } from "../../server/chain/abi/programmes.ts";
import { sourcesAbi } from "../../server/chain/abi/sources.ts";
import type { Step } from "../deploy.ts";

/** The parties of the demo, by what they do; each is an institution of its own. */
export type Party = "authority" | "operator" | "applicant" | "reviewer" | "enterprise";

export const PARTIES: readonly Party[] = [
  "authority",
  "operator",
  "applicant",
  "reviewer",
  "enterprise",
];

/** The demo's one programme: a city's. Numbers go into the token id, so they are fixed. */
export const PROGRAMME = 1;
export const METHODOLOGY = 1;
const CITY_TIER = 2;
const ROLE = { operator: 2, reviewer: 3, applicant: 4 } as const;
const DEMONSTRATION_STATUS = 3;

/**
 * Rules of the demo's programme. They are demo parameters, not a city's rules: above all the notice
 * lasts seconds here, where a real one lasts working days.
 */
export const DEMO_PARAMETERS: Readonly<Record<string, bigint>> = {
  "notice.seconds": 3n,
  "review.count": 1n,
  "issue.granularityGrams": 1n,
  "issue.carry": 1n,
  "reservation.seconds": 90n * 86_400n,
  "duplicates.fell": 0n,
  "demand.seconds": 7n * 86_400n,
  "demand.depositWei": 0n,
  "remedy.seconds": 30n * 86_400n,
  "act.seconds": 30n * 86_400n,
  "settlement.graceSeconds": 86_400n,
  "pledge.graceSeconds": 7n * 86_400n,
  // Purposes that may be certified: voluntary offset (2) and event neutrality (3).
  "certificate.purposes": (1n << 2n) | (1n << 3n),
};

export type SetUpFacts = {
  contracts: { programmes: string; sources: string };
  accounts: Record<Party, string>;
  institutions: Record<Party, string>;
  methodology: {
    contentHash: string;
    class: number;
    firstDay: number;
    endDay: number;
    capMilligrams: bigint;
  };
  assetKey: string;
  /** Hash of the published document that says these are demo decisions. */
  document: string;
};

const programmes = Interface.from(programmesAbi);
const sources = Interface.from(sourcesAbi);

/** The registrar's step: the programme and its authority. */
export function registrarSteps(facts: SetUpFacts): Step[] {
  return [
    {
      name: "create the programme",
      to: facts.contracts.programmes,
      data: programmes.encodeFunctionData("createProgramme", [
        PROGRAMME,
        0,
        CITY_TIER,
        facts.accounts.authority,
        facts.institutions.authority,
        facts.document,
      ]),
    },
  ];
}

/** The authority's steps: accounts, roles, parameters and the methodology. */
export function authoritySteps(facts: SetUpFacts): Step[] {
  const to = facts.contracts.programmes;
  const accounts = PARTIES.filter((party) => party !== "authority").map((party) => ({
    name: `open the account of the ${party}`,
    to,
    data: programmes.encodeFunctionData("openAccount", [
      PROGRAMME,
      facts.accounts[party],
      facts.institutions[party],
      facts.document,
    ]),
  }));
  const roles = (["operator", "reviewer", "applicant"] as const).map((party) => ({
    name: `grant the role of ${party}`,
    to,
    data: programmes.encodeFunctionData("grantRole", [
      PROGRAMME,
      ROLE[party],
      facts.accounts[party],
      0,
      facts.document,
    ]),
  }));
  const parameters = Object.entries(DEMO_PARAMETERS).map(([key, value]) => ({
    name: `set ${key}`,
    to,
    data: programmes.encodeFunctionData("setParameter", [
      PROGRAMME,
      encodeBytes32String(key),
      value,
      0,
      facts.document,
    ]),
  }));
  const methodology = {
    name: "register the methodology",
    to: facts.contracts.sources,
    data: sources.encodeFunctionData("registerMethodology", [
      PROGRAMME,
      facts.methodology.contentHash,
      facts.methodology.class,
      DEMONSTRATION_STATUS,
      facts.methodology.firstDay,
      facts.methodology.endDay,
      facts.methodology.capMilligrams,
      facts.document,
    ]),
  };
  return [...accounts, ...roles, ...parameters, methodology];
}

/** The operator's step: the fleet whose rides are counted. Its applicant also owns the units. */
export function operatorSteps(facts: SetUpFacts): Step[] {
  return [
    {
      name: "register the source",
      to: facts.contracts.sources,
      data: sources.encodeFunctionData("registerSource", [
        PROGRAMME,
        METHODOLOGY,
        facts.assetKey,
        facts.accounts.applicant,
        facts.accounts.applicant,
        facts.document,
      ]),
    },
  ];
}
