/** The formats a result can be printed in: a new one is a file and a line here. */
import type { Diagnosis } from '../model/diagnosis.ts';
import type { Inspection } from '../model/inspection.ts';
import { explainAsJson } from './explain-json.ts';
import { explainAsMarkdown } from './explain-markdown.ts';
import { explainAsText } from './explain-text.ts';
import { inspectAsJson } from './inspect/json.ts';
import { inspectPage } from './inspect/page.ts';
import type { Plan } from '../model/plan.ts';
import type { Rollout } from '../model/rollout.ts';
import type { RunsListing } from '../model/runs.ts';
import type { Verification } from '../model/verification.ts';
import type { Look } from './look.ts';
import { pageAsHtml } from './page-html.ts';
import { pageAsMarkdown } from './page-markdown.ts';
import { pageAsText } from './page-text.ts';
import { planAsJson } from './plan/json.ts';
import { planPage } from './plan/page.ts';
import { inspectAsPrometheus, planAsPrometheus, verifyAsPrometheus } from './prometheus.ts';
import { rolloutAsJson } from './rollout/json.ts';
import { rolloutPage } from './rollout/page.ts';
import { runsAsJson } from './runs/json.ts';
import { runsPage } from './runs/page.ts';
import { verifyAsJson } from './verify/json.ts';
import { verifyPage } from './verify/page.ts';

export const explainReports: Readonly<Record<string, (diagnosis: Diagnosis, look: Look) => string>> = {
  text: explainAsText,
  json: explainAsJson,
  markdown: explainAsMarkdown,
};

export const inspectReports: Readonly<Record<string, (inspection: Inspection, look: Look) => string>> = {
  text: (inspection, look) => pageAsText(inspectPage(inspection), look),
  json: inspectAsJson,
  markdown: (inspection) => pageAsMarkdown(inspectPage(inspection)),
  html: (inspection) => pageAsHtml(inspectPage(inspection)),
  prometheus: inspectAsPrometheus,
};

export const planReports: Readonly<Record<string, (plan: Plan, look: Look) => string>> = {
  text: (plan, look) => pageAsText(planPage(plan, look), look),
  json: planAsJson,
  markdown: (plan, look) => pageAsMarkdown(planPage(plan, look)),
  html: (plan, look) => pageAsHtml(planPage(plan, look)),
  prometheus: planAsPrometheus,
};

export const verifyReports: Readonly<Record<string, (verification: Verification, look: Look) => string>> = {
  text: (verification, look) => pageAsText(verifyPage(verification), look),
  json: verifyAsJson,
  markdown: (verification) => pageAsMarkdown(verifyPage(verification)),
  html: (verification) => pageAsHtml(verifyPage(verification)),
  prometheus: verifyAsPrometheus,
};

export const rolloutReports: Readonly<Record<string, (rollout: Rollout, look: Look) => string>> = {
  text: (rollout, look) => pageAsText(rolloutPage(rollout), look),
  json: rolloutAsJson,
  markdown: (rollout) => pageAsMarkdown(rolloutPage(rollout)),
  html: (rollout) => pageAsHtml(rolloutPage(rollout)),
};

export const runsReports: Readonly<Record<string, (listing: RunsListing, look: Look) => string>> = {
  text: (listing, look) => pageAsText(runsPage(listing, look), look),
  json: runsAsJson,
};
