/** Puts a cluster back as it was when it was made, so that one cluster serves many tests: /etc/kubernetes, kubeadm-config, and what is served. */
import { X509Certificate } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { handshake } from './handshakes.ts';
import { kubectlOn } from './kubectl.ts';
import { feed, run } from './run.ts';
import { type ClusterState, controlPlanes, firstNode, type LabNode } from './state.ts';
import { Trouble } from './trouble.ts';

/** In each node; kept outside /etc/kubernetes, where a test may look at every file. */
const saved = '/var/lib/fix-sans-lab/snapshot';

const save = `set -eu
rm -rf ${saved}.unfinished
mkdir -p ${saved}.unfinished
cp -a /etc/kubernetes ${saved}.unfinished/files
rm -rf ${saved}
mv ${saved}.unfinished ${saved}
`;

/** Only what differs is touched, by rename: an API server whose certificate is right must not notice, and no static pod may restart. */
const putBack = `set -eu
live=/etc/kubernetes
temporary=/etc/.fix-sans-lab-restoring
cd ${saved}/files
find . -type d -o -type f -o -type l | while read -r one; do
  if [ -L "$one" ]; then
    [ "$(readlink "$one")" = "$(readlink "$live/$one" || true)" ] && continue
  elif [ -d "$one" ]; then
    if [ -d "$live/$one" ] && [ ! -L "$live/$one" ]; then continue; fi
    rm -f "$live/$one"
    mkdir -p "$live/$one"
    chmod --reference="$one" "$live/$one"
    continue
  elif [ ! -L "$live/$one" ] && [ -f "$live/$one" ]; then
    [ "$(stat -c '%a %U %G' "$one")" = "$(stat -c '%a %U %G' "$live/$one")" ] && cmp -s "$one" "$live/$one" && continue
  fi
  rm -rf "$temporary"
  cp -a "$one" "$temporary"
  [ -L "$live/$one" ] || [ ! -d "$live/$one" ] || rm -rf "$live/$one"
  mv -T "$temporary" "$live/$one"
done
cd "$live"
find . -depth | while read -r one; do
  [ -e "${saved}/files/$one" ] || [ -L "${saved}/files/$one" ] || rm -rf "$one"
done
`;

const configMap = ['--namespace', 'kube-system', 'configmap', 'kubeadm-config'];

export async function takeSnapshot(state: ClusterState): Promise<void> {
  await Promise.all(state.nodes.map(({ name }) => feed(save)`docker exec --interactive ${name} sh -s`));
  const first = firstNode(state);
  const kubectl = kubectlOn(first);
  const data = await kubectl(['get', ...configMap, '--output', 'jsonpath={.data}']);
  await feed(data)`docker exec --interactive ${first.name} sh -c ${`cat >${saved}/kubeadm-config.json`}`;
}

export async function restoreSnapshot(state: ClusterState): Promise<void> {
  await Promise.all(state.nodes.map(({ name }) => feed(putBack)`docker exec --interactive ${name} sh -s`));
  await Promise.all(controlPlanes(state).map((node) => servesItsFile(node)));
  const first = firstNode(state);
  const kubectl = kubectlOn(first);
  const wanted = (await run`docker exec ${first.name} cat ${saved}/kubeadm-config.json`).stdout;
  const present = await kubectl(['get', ...configMap, '--output', 'jsonpath={.data}']);
  if (present === wanted) return;
  const patch = JSON.stringify([{ op: 'replace', path: '/data', value: JSON.parse(wanted) as unknown }]);
  await kubectl(['patch', ...configMap, '--type', 'json', '--patch', patch]);
}

/**
 * After a removal the API server's watch on the file is gone, and it looks again after up to a minute:
 * https://github.com/kubernetes/kubernetes/pull/104102
 */
async function servesItsFile(node: LabNode): Promise<void> {
  const { stdout } = await run`docker exec ${node.name} cat /etc/kubernetes/pki/apiserver.crt`;
  const wanted = new X509Certificate(stdout).serialNumber;
  const deadline = Date.now() + 120_000;
  while (Date.now() < deadline) {
    if ((await handshake(node.address, 6443)).serial === wanted) return;
    await sleep(250);
  }
  throw new Trouble(
    `${node.alias} does not serve its restored certificate after two minutes`,
    'scripts/lab down; scripts/lab up',
  );
}
