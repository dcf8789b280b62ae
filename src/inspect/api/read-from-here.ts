/** What the API tells somebody who holds a kubeconfig: the same questions as on a node, asked from here. */
import type { ApiFacts } from '../../model/api-facts.ts';
import type { ApiGet, Kubeconfig } from '../../model/kubeconfig.ts';
import { apiFacts } from './api-facts.ts';
import { type ApiAnswer, apiPaths, type ApiQuestion, apiQuestions } from './questions.ts';

export async function readApiFromHere(get: ApiGet, kubeconfig: Kubeconfig | undefined): Promise<ApiFacts> {
  const answers: Partial<Record<ApiQuestion, ApiAnswer>> = {};
  for (const question of apiQuestions) {
    const answer = await ask(get, question);
    answers[question] = answer;
    // Whoever cannot be reached for the first question will not answer the others any faster.
    if (!answer.ok && question === 'version' && answer.isUnreachable) {
      for (const other of apiQuestions) answers[other] ??= { ok: false, why: answer.why };
      break;
    }
  }
  return apiFacts({ readThrough: 'here', apiPort: kubeconfig?.server.port ?? 6443, answers });
}

async function ask(get: ApiGet, question: ApiQuestion): Promise<ApiAnswer & { isUnreachable?: true }> {
  try {
    const { status, bytes } = await get(apiPaths[question]);
    return status === 200 ? { ok: true, bytes } : { ok: false, why: `status ${status}` };
  } catch (error) {
    return { ok: false, why: (error as Error).message, isUnreachable: true };
  }
}
