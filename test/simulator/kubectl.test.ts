/** The stand-in for kubectl, on a node, as a tool's script starts it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runOn } from './client.ts';
import { expire, namesOnDisk, reissue } from './damage.ts';
import { readByKubectl } from './sample-script.ts';
import { simulate, type SimulatedNode, type Simulation } from './simulate.ts';

let simulation: Simulation;
let node: SimulatedNode;

beforeAll(async () => {
  simulation = await simulate({ nodes: 2, keys: 'ec', controlPlaneEndpoint: '127.0.0.1:1' });
  const [first] = simulation.nodes;
  if (first === undefined) throw new Error('there is no node');
  node = first;
});
afterAll(() => simulation.stop());

const said = '[simulated] this is a stand-in, not kubectl\n';

async function kubectl(args: string): Promise<{ stdout: string; stderr: string; code: number | null }> {
  const { stdout, stderr, code } = await runOn(node, args);
  expect(stderr.startsWith(said)).toBe(true);
  return { stdout, stderr: stderr.slice(said.length), code };
}

test('it reads past the server of admin.conf, which nobody can reach, and checks the name it was told', async () => {
  const ran = await kubectl(readByKubectl(node, '/api/v1/namespaces/kube-system/configmaps/kubeadm-config'));
  expect(ran).toMatchObject({ stderr: '', code: 0 });
  const map = JSON.parse(ran.stdout) as { data: { ClusterConfiguration: string } };
  expect(map.data.ClusterConfiguration).toContain('controlPlaneEndpoint: 127.0.0.1:1\n');
  const byAdmin = 'kubectl --kubeconfig "$FIX_SANS_ROOT/etc/kubernetes/admin.conf" get --raw /readyz';
  const lost = await kubectl(`${byAdmin} --request-timeout 5s`);
  expect(lost.code).toBe(1);
  expect(lost.stderr).toContain('The connection to the server 127.0.0.1:1 was refused');
  const foreign = await kubectl(readByKubectl(node, '/readyz', 'foreign.example.com'));
  expect(foreign.stderr).toBe(
    'Unable to connect to the server: tls: failed to verify certificate: x509: certificate is valid for cp1, kubernetes, kubernetes.default, kubernetes.default.svc, kubernetes.default.svc.cluster.local, not foreign.example.com\n',
  );
});

test('health is told as text, by root and by a user with sudo', async () => {
  const ask = readByKubectl(node, '/readyz');
  expect(await kubectl(ask)).toEqual({ stdout: 'ok', stderr: '', code: 0 });
  const ran = await runOn(node, `sudo -n ${ask}`, '', { username: 'ops' });
  expect(ran.stdout).toBe('ok');
  node.api.setHealthy(false);
  const sick = await kubectl(ask);
  node.api.setHealthy(true);
  expect(sick).toMatchObject({ stdout: '', code: 1 });
  expect(sick.stderr).toContain(
    'Error from server (InternalError): an error on the server ("readyz check failed")',
  );
});

test('what is not there, and what a kubelet may not see, is told as the real one tells it', async () => {
  const missing = await kubectl(readByKubectl(node, '/api/v1/namespaces/kube-system/configmaps/none'));
  expect(missing.stderr).toBe('Error from server (NotFound): configmaps "none" not found\n');
  const unknown = await kubectl(readByKubectl(node, '/apis/example.com/v1/things'));
  expect(unknown.stderr).toBe(
    'Error from server (NotFound): the server could not find the requested resource\n',
  );
  // Its certificate lies in a file below the root, named as the node sees it.
  const asKubelet = readByKubectl(node, '/api/v1/nodes').replace('admin.conf', 'kubelet.conf');
  expect((await kubectl(asKubelet)).stderr).toBe(
    'Error from server (Forbidden): nodes is forbidden: User "system:node:cp1" cannot list resource "nodes" in API group "" at the cluster scope\n',
  );
});

function versionNow(): string {
  const found = simulation.objects.get('/api/v1/namespaces/kube-system/configmaps/kubeadm-config');
  return (found as { metadata: { resourceVersion: string } }).metadata.resourceVersion;
}

test('the text of a ConfigMap is read, and patched only where nobody was faster', async () => {
  const to = readByKubectl(node, '/x').replace(/ get --raw .*$/, '');
  const get = `${to} -n kube-system get configmap kubeadm-config -o 'jsonpath={.data.ClusterConfiguration}'`;
  const before = await kubectl(get);
  expect(before).toMatchObject({ stderr: '', code: 0 });
  expect(before.stdout).toContain('kind: ClusterConfiguration\n');
  const patch = (version: string, value = 'new\n'): string => {
    const operations = [
      { op: 'test', path: '/metadata/resourceVersion', value: version },
      { op: 'replace', path: '/data/ClusterConfiguration', value },
    ];
    return `${to} -n kube-system patch configmap kubeadm-config --type=json -p '${JSON.stringify(operations)}'`;
  };
  const late = await kubectl(patch('1'));
  expect(late).toMatchObject({
    code: 1,
    stderr: 'The request is invalid: the server rejected our request due to an error in our request\n',
  });
  expect((await kubectl(get)).stdout).toBe(before.stdout);
  expect((await kubectl(patch(versionNow()))).stdout).toBe('configmap/kubeadm-config patched\n');
  expect((await kubectl(get)).stdout).toBe('new\n');
  expect((await kubectl(patch(versionNow(), before.stdout))).code).toBe(0);
});

test('certificates that are not to be trusted are refused', async () => {
  const ask = readByKubectl(node, '/readyz', 'kubernetes');
  const failed = 'Unable to connect to the server: tls: failed to verify certificate: x509: ';
  const names = namesOnDisk(node);
  const damages = [
    [() => expire(simulation, node), 'certificate has expired or is not yet valid'],
    [
      () =>
        reissue(
          simulation,
          node,
          names.filter((name) => name !== 'kubernetes'),
        ),
      /^certificate is valid for .*, not kubernetes$/,
    ],
    [
      () => reissue(simulation, node, ['10.0.0.1']),
      'certificate is not valid for any names, but wanted to match kubernetes',
    ],
  ] as const;
  for (const [damage, sentence] of damages) {
    const before = node.api.served();
    const undo = damage();
    await expect.poll(() => node.api.served()).not.toBe(before);
    const { stderr } = await kubectl(ask);
    undo();
    await expect.poll(() => node.api.served()).toBe(before);
    expect(stderr.slice(0, failed.length)).toBe(failed);
    expect(stderr.slice(failed.length).trimEnd()).toMatch(sentence);
  }
  const byAnotherCa = ask.replace('get', '--certificate-authority /etc/kubernetes/pki/etcd/ca.crt get');
  expect((await kubectl(byAnotherCa)).stderr).toBe(`${failed}certificate signed by unknown authority\n`);
  const nobodyThere = ask.replace(`:${node.api.port}`, ':1');
  expect((await kubectl(nobodyThere)).stderr).toBe(
    `The connection to the server ${node.api.host}:1 was refused - did you specify the right host or port?\n`,
  );
  expect((await kubectl(ask)).stdout).toBe('ok');
});

test('an object is written with the resourceVersion that was read, and not with an older one', async () => {
  const place = '/api/v1/namespaces/kube-system/configmaps/kubeadm-config';
  const read = readByKubectl(node, place);
  const write = `${read} | sed 's/cluster.local/changed.local/' >"$FIX_SANS_ROOT/tmp/map"
    ${read.replace('get', 'replace')} -f "$FIX_SANS_ROOT/tmp/map"`;
  expect(JSON.parse((await runOn(node, write)).stdout)).toMatchObject({
    data: { ClusterConfiguration: expect.stringContaining('dnsDomain: changed.local') as string },
  });
  const again = await kubectl(`${read.replace('get', 'replace')} -f - <"$FIX_SANS_ROOT/tmp/map"`);
  expect(again.code).toBe(1);
  expect(again.stderr).toContain('Error from server (Conflict): Operation cannot be fulfilled on configmaps');
});

function pod(more: string): string {
  return `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"one","namespace":"kube-system"},"spec":{${more}}}`;
}

test('a pod is made once, and is there until its kubelet has taken it away', async () => {
  const pods = '/api/v1/namespaces/kube-system/pods';
  const act = (verb: string, place: string, body: string) =>
    kubectl(`printf %s '${body}' | ${readByKubectl(node, place).replace('get', verb)} -f -`);
  const made = await act('create', pods, pod('"nodeName":"cp1"'));
  expect(JSON.parse(made.stdout)).toMatchObject({
    metadata: { name: 'one', uid: expect.any(String) as string },
  });
  expect((await act('create', pods, pod(''))).stderr).toBe(
    'Error from server (AlreadyExists): pods "one" already exists\n',
  );
  expect(await act('delete', `${pods}/one`, '{"kind":"DeleteOptions"}')).toMatchObject({
    stderr: '',
    code: 0,
  });
  const going = await kubectl(readByKubectl(node, `${pods}/one`));
  expect(JSON.parse(going.stdout)).toHaveProperty('metadata.deletionTimestamp');
  simulation.objects.forget(`${pods}/one`);
  expect((await act('delete', `${pods}/one`, '{}')).stderr).toBe(
    'Error from server (NotFound): pods "one" not found\n',
  );
});

test('it says what it is, and refuses all that it does not know', async () => {
  expect((await kubectl('kubectl version --client')).stdout).toBe('Client Version: v1.34.4+simulated\n');
  for (const args of [
    'get nodes',
    'delete node cp1',
    'apply -f x',
    'get --raw',
    'get --raw /x --insecure-skip-tls-verify',
  ]) {
    const ran = await kubectl(`kubectl ${args}`);
    expect(ran).toMatchObject({ stdout: '', code: 1 });
    expect(ran.stderr).toMatch(/^error: /);
  }
});
