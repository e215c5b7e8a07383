/** Why a report of a closed period has no leaf; `intake.membership.reason`. Numbers never change their meaning. */
export const reasons = {
  /** It has one: it is credited, or its activity is credited by another report. */
  inTheTree: 0,
  /** A later row of the platform names it as corrected. */
  superseded: 1,
  /** The platform used its order number on another day of the period for an earlier activity. */
  orderNumberRepeated: 2,
  /** A finding about it is open or was confirmed. */
  withheld: 3,
  /** Its activity was counted in a period closed before. */
  countedBefore: 4,
  /** The person asked to be deleted, and nothing can commit to them any more. */
  personDeleted: 5,
  /** It corrects a row that another correction, of an earlier activity, takes the place of. */
  correctionRepeated: 6,
} as const;

export type Reason = (typeof reasons)[keyof typeof reasons];
