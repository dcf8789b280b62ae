/** Asks the API from here, by a kubeconfig: what is known of a cluster whose nodes nobody can log in to. */
import type { ApiFacts } from '../../model/api-facts.ts';
import type { ApiGet } from '../../model/kubeconfig.ts';
import { textAt } from '../yaml.ts';
import { apiFacts } from './api-facts.ts';
import { parseObject } from './objects.ts';
import { allServices, type ApiAnswer, apiPaths, type ApiQuestion, apiQuestions } from './questions.ts';

export interface ReadApiOptions {
  readonly asksForWorkers?: boolean;
  /** Of the API servers themselves, if the EndpointSlices do not tell. */
  readonly apiPort?: number;
}

/** Never rejects: what could not be read is a row of `unread`. */
export async function readApiFromHere(get: ApiGet, options: ReadApiOptions = {}): Promise<ApiFacts> {
  const { asksForWorkers = true, apiPort = 6443 } = options;
  const asked = apiQuestions.filter((question) => asksForWorkers || question !== 'workers');
  const answers = await Promise.all(
    asked.map(async (question) => [question, await answerOf(get, question)] as const),
  );
  return apiFacts({ readThrough: 'here', apiPort, answers: Object.fromEntries(answers) });
}

async function answerOf(get: ApiGet, question: ApiQuestion): Promise<ApiAnswer> {
  const answer = await ask(get, apiPaths[question]);
  if (question !== 'load-balancers' || answer.ok || answer.status !== 400) return answer;
  return ask(get, allServices);
}

async function ask(get: ApiGet, path: string): Promise<ApiAnswer & { readonly status?: number }> {
  try {
    const { status, bytes } = await get(path);
    if (status >= 200 && status < 300) return { ok: true, bytes };
    // A Status object says why: `nodes is forbidden: User "x" cannot list resource …`
    const why = textAt(parseObject(bytes), 'message') ?? `the API answered with status ${status}`;
    return { ok: false, why, status };
  } catch (error) {
    return { ok: false, why: error instanceof Error ? error.message : 'it could not be asked' };
  }
}
