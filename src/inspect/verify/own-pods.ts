/** Which nodes lack a pod to look from, and what was seen from one of ours put to the rest. */
import type { VerifyFacts } from '../../model/verification.ts';

/** Names of nodes that were read and on which no pod runs whose network could be entered. */
export function nodesWithoutPod({ nodes, pods }: VerifyFacts): readonly string[] {
  const withPods = new Set(pods.map(({ node }) => node));
  return nodes.flatMap(({ node, trouble }) => (trouble === undefined && !withPods.has(node) ? [node] : []));
}

export function withOwnPods(seen: VerifyFacts, own: VerifyFacts): VerifyFacts {
  const known = new Set(seen.unread.map(({ what, why }) => `${what}\n${why}`));
  return {
    ...seen,
    dials: [...seen.dials, ...own.dials],
    pods: [...seen.pods, ...own.pods],
    answers: [...seen.answers, ...own.answers],
    nodes: seen.nodes.map((node) => {
      const trouble = node.trouble ?? own.nodes.find((one) => one.node === node.node)?.trouble;
      return trouble === undefined ? node : { ...node, trouble };
    }),
    unread: [...seen.unread, ...own.unread.filter(({ what, why }) => !known.has(`${what}\n${why}`))],
  };
}
