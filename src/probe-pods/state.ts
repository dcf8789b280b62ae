/** What the API says of a pod that was made to look from: it runs, it is waited for, or it will never run and why. */
import type { ApiAnswer } from '../inspect/api/questions.ts';
import { parseObject } from '../inspect/api/objects.ts';
import { at, listAt, numberAt, textAt } from '../inspect/yaml.ts';
import { display } from '../model/display.ts';
import { saidOf } from './read-act.ts';

export type PodState =
  | { readonly is: 'running' }
  /** What is known of why it takes so long; may be empty. */
  | { readonly is: 'pending'; readonly why: string }
  | { readonly is: 'over'; readonly why: string };

/** https://github.com/kubernetes/kubernetes/blob/v1.34.0/pkg/kubelet/images/types.go and kuberuntime/kuberuntime_container.go */
const hopeless: Readonly<Record<string, string>> = {
  ErrImagePull: 'its image cannot be pulled',
  ImagePullBackOff: 'its image cannot be pulled',
  ErrImageNeverPull: 'its image is not on the node',
  InvalidImageName: 'kubelet takes its image for no name of one',
  ImageInspectError: 'its image cannot be looked at',
  SignatureValidationFailed: 'the signature of its image is not taken',
  CreateContainerConfigError: 'kubelet cannot make its container',
  CreateContainerError: 'kubelet cannot make its container',
  RunContainerError: 'its container cannot be started',
};

export function stateOf(answer: ApiAnswer, events: ApiAnswer | undefined): PodState {
  if (!answer.ok) {
    const why = saidOf(answer.why);
    return /\(NotFound\)/.test(why)
      ? { is: 'over', why: 'somebody deleted the pod before it ran' }
      : { is: 'pending', why };
  }
  const pod = parseObject(answer.bytes);
  const phase = textAt(pod, 'status', 'phase');
  const [container] = listAt(pod, 'status', 'containerStatuses');
  if (phase === 'Running' && at(container, 'state', 'running') !== undefined) return { is: 'running' };
  if (phase === 'Succeeded' || phase === 'Failed') return { is: 'over', why: endOf(pod, container) };
  const reason = textAt(container, 'state', 'waiting', 'reason') ?? '';
  const words = hopeless[reason];
  if (words !== undefined) {
    const message = textAt(container, 'state', 'waiting', 'message') ?? '';
    return { is: 'over', why: display(`${words} (${reason})${message === '' ? '' : `: ${message}`}`, 300) };
  }
  return { is: 'pending', why: events?.ok === true ? lastWarning(parseObject(events.bytes)) : '' };
}

function endOf(pod: unknown, container: unknown): string {
  const exit = numberAt(container, 'state', 'terminated', 'exitCode');
  const reason = textAt(pod, 'status', 'reason') ?? textAt(container, 'state', 'terminated', 'reason') ?? '';
  const message =
    textAt(pod, 'status', 'message') ?? textAt(container, 'state', 'terminated', 'message') ?? '';
  const said = [reason, message].filter((one) => one !== '').join(': ');
  return display(
    exit === undefined
      ? `kubelet does not run it${said === '' ? '' : ` (${said})`}`
      : `its process ended with ${exit}${said === '' ? '' : ` (${said})`}: an image is needed whose process stays`,
    300,
  );
}

/** Events come in any order. */
function lastWarning(list: unknown): string {
  const warnings = listAt(list, 'items')
    .filter((event) => textAt(event, 'type') === 'Warning')
    .map((event) => ({
      at: textAt(event, 'lastTimestamp') ?? textAt(event, 'eventTime') ?? '',
      said: `${textAt(event, 'reason') ?? ''}: ${textAt(event, 'message') ?? ''}`,
    }))
    .toSorted((one, other) => (one.at < other.at ? -1 : 1));
  return display(warnings.at(-1)?.said ?? '', 300);
}
