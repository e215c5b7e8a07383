import { activityRoutes } from "./activities/routes.ts";
import { blobRoutes } from "./blobs/routes.ts";
import { certificateRoutes } from "./certificates/routes.ts";
import { epochRoutes } from "./epochs/routes.ts";
import { healthRoutes } from "./health/routes.ts";
import { homeRoutes } from "./home/routes.ts";
import { decisionRoutes } from "./issuanceRequests/decisions.ts";
import { objectionRoutes } from "./issuanceRequests/objections.ts";
import { issuanceRequestRoutes } from "./issuanceRequests/routes.ts";
import { statementRoutes } from "./issuanceRequests/statements.ts";
import { accountRoutes } from "./me/account.ts";
import { actRoutes } from "./me/acts.ts";
import { donationRoutes } from "./me/donations.ts";
import { leavingRoutes } from "./me/leaving.ts";
import { proofRoutes } from "./me/proof.ts";
import { operationRoutes } from "./operations/routes.ts";
import { periodRoutes } from "./periods/routes.ts";
import { personRoutes } from "./persons/routes.ts";
import { retirementRoutes } from "./retirements/routes.ts";
import { appealRoutes } from "./review/appeals.ts";
import { assessmentRoutes } from "./review/assessments.ts";
import { figureRoutes } from "./review/figures.ts";
import { findingRoutes } from "./review/findings.ts";
import type { Route } from "./route.ts";
import { ruleRoutes } from "./rules/routes.ts";
import { searchRoutes } from "./search/routes.ts";
import { sourceRoutes } from "./sources/routes.ts";
import { tokenRoutes } from "./tokens/routes.ts";
import { transferRoutes } from "./transfers/routes.ts";
import { webhookRoutes } from "./webhooks/routes.ts";

/** Everything the API answers, in the order of its documentation. */
export const routes: readonly Route[] = [
  ...activityRoutes,
  ...assessmentRoutes,
  ...findingRoutes,
  ...appealRoutes,
  ...figureRoutes,
  ...periodRoutes,
  ...issuanceRequestRoutes,
  ...statementRoutes,
  ...decisionRoutes,
  ...objectionRoutes,
  ...ruleRoutes,
  ...sourceRoutes,
  ...tokenRoutes,
  ...transferRoutes,
  ...retirementRoutes,
  ...certificateRoutes,
  ...personRoutes,
  ...accountRoutes,
  ...proofRoutes,
  ...actRoutes,
  ...donationRoutes,
  ...leavingRoutes,
  ...epochRoutes,
  ...operationRoutes,
  ...webhookRoutes,
  ...searchRoutes,
  ...blobRoutes,
  ...healthRoutes,
  ...homeRoutes,
];
