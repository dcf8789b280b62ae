/** How the step that proves looks at API servers, controller-manager and scheduler, on a folder that plays the node. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { keyText } from '../simulator/certificates.ts';
import { dns, ip, mint } from '../support/mint.ts';
import { type RunFolder, runFolder } from '../support/run-folder.ts';
import type { Answers } from '../support/steps.ts';

let folder: RunFolder;
let servers: Server[];
beforeEach(() => {
  folder = runFolder();
  servers = [];
  folder.begun(['staged', 'intent', 'swapped']);
});
afterEach(async () => {
  folder.remove();
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
});

/** Answers each request with this line; its certificate is of nobody's CA. */
async function listens(
  status: string,
  sans: readonly string[] = ['localhost'],
  subject?: Parameters<typeof mint>[0],
): Promise<number> {
  const names = sans.map((san) => (/^[\d.]+$/.test(san) ? ip(san) : dns(san)));
  const { pem, key } = mint({ ...subject, names });
  const server = createServer({ cert: pem, key: keyText(key) }, (socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (request: Buffer) => {
      if (request.toString().startsWith('GET /healthz ')) socket.end(`HTTP/1.0 ${status}\r\n\r\nbody`);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** Ready, and leases of which these are renewed from look to look. */
function kubectl(renewed: string, before = ''): void {
  folder.program(
    'kubectl',
    `${before}
count=$(($(cat '${folder.root}/count' 2>/dev/null || echo 0) + 1)); echo "$count" >'${folder.root}/count'
case $* in
  *leases/${renewed}*) echo "{\\"renewTime\\":\\"$count\\"}" ;;
  *leases*) echo '{"renewTime":"1"}' ;;
esac
`,
  );
}

function manifest(name: string, text: string): void {
  mkdirSync(folder.at('etc/kubernetes/manifests'), { recursive: true });
  writeFileSync(folder.at(`etc/kubernetes/manifests/${name}.yaml`), text);
}

async function proved(data: Readonly<Record<string, string>> = {}): Promise<Answers> {
  await folder.on.ask('take-lock');
  return folder.on.ask('prove', { names: '', peers: '', admin: '/x', settle: '4', ...data });
}

function lastOf(answers: Answers, name: string): string | undefined {
  const [, last = ''] = (answers['leases'] ?? '').split('\n--\n');
  return last
    .split('\n')
    .find((line) => line.startsWith(`${name} `))
    ?.slice(name.length + 1);
}

describe('one that is told to elect no leader', () => {
  test('is asked for its health, since it renews no lease', async () => {
    const [manager, scheduler] = await Promise.all([listens('200 OK'), listens('200 OK')]);
    kubectl('nobody');
    manifest(
      'kube-controller-manager',
      `spec:\n  containers:\n  - command:\n    # - --leader-elect=true\n    - kube-controller-manager\n    - --leader-elect=false # one of one\n    - --secure-port=${manager}\n`,
    );
    manifest(
      'kube-scheduler',
      `{"spec":{"containers":[{"command":["kube-scheduler","--leader-elect=true","--leader-elect=False","--secure-port=${scheduler}"]}]}}`,
    );
    const answers = await proved();
    expect(lastOf(answers, 'kube-controller-manager')).toBe('alone ok');
    expect(lastOf(answers, 'kube-scheduler')).toBe('alone ok');
    expect(answers['good']).toBe('3');
  });

  test('in its configuration file, too; and its trouble is told', async () => {
    const port = await listens('500 Internal Server Error');
    kubectl('kube-controller-manager');
    manifest(
      'kube-scheduler',
      `- --config=/etc/kubernetes/scheduler.yaml\n- --secure-port=${port}\n- --bind-address=0.0.0.0\n`,
    );
    writeFileSync(
      folder.at('etc/kubernetes/scheduler.yaml'),
      'kind: KubeSchedulerConfiguration\nleaderElection:\n  leaderElect: false\n',
    );
    const answers = await proved({ settle: '1' });
    expect(lastOf(answers, 'kube-scheduler')).toBe('alone HTTP/1.0 500 Internal Server Error');
    expect(lastOf(answers, 'kube-controller-manager')).toMatch(/^"renewTime"/);
  });

  test('is found by its process where there is no static pod', async () => {
    const port = await listens('200 OK');
    kubectl('kube-scheduler');
    for (const [pid, comm, ...words] of [
      ['1', 'init', '/sbin/init'],
      ['77', 'kube-controller', 'kube-controller-manager', '--leader-elect=false', `--secure-port=${port}`],
    ] as const) {
      mkdirSync(folder.at('proc', pid, 'ns'), { recursive: true });
      writeFileSync(folder.at('proc', pid, 'comm'), `${comm}\n`);
      writeFileSync(folder.at('proc', pid, 'cmdline'), words.map((word) => `${word}\0`).join(''));
    }
    const answers = await proved({ settle: '10' });
    expect(lastOf(answers, 'kube-controller-manager')).toBe('alone ok');
    expect(lastOf(answers, 'kube-scheduler')).toMatch(/^"renewTime"/);
  });

  test('and does not answer is no proof', async () => {
    kubectl('kube-controller-manager');
    manifest('kube-scheduler', '- --leader-elect=0\n- --secure-port=1\n');
    expect(lastOf(await proved({ settle: '1' }), 'kube-scheduler')).toBe('alone no answer at 127.0.0.1:1');
  });
});

test('one that elects a leader has its lease looked at, whatever its health', async () => {
  kubectl('kube-');
  manifest('kube-scheduler', '- --leader-elect=true\n- --leader-elect-lease-duration=15s\n');
  expect(lastOf(await proved({ settle: '20' }), 'kube-scheduler')).toMatch(/^"renewTime"/);
});

/** As kubectl says it, for all but this name. */
function allBut(name: string): string {
  return `case $* in *"--tls-server-name ${name} "*) ;; *) echo 'Unable to connect to the server: tls: failed to verify certificate: x509: certificate is valid for others' >&2; exit 1 ;; esac`;
}

describe('a certificate that was made without the name kubernetes', () => {
  test.each([
    [
      'a name that it holds',
      ['*.wild.example', 'api.example.com', 'other.example', '10.0.0.1'],
      'api.example.com',
    ],
    ['an address, where it holds no name', ['10.0.0.1', '10.0.0.2'], '10.0.0.1'],
  ] as const)('is asked under %s', async (_, sans, name) => {
    const port = await listens('', sans);
    kubectl('kube-', allBut(name));
    const answers = await proved({ endpoint: `127.0.0.1:${port}`, settle: '20' });
    expect(answers).toMatchObject({ good: '3' });
    expect(lastOf(answers, 'kube-scheduler')).toMatch(/^"renewTime"/);
  });

  test('and is a kubelet’s is asked under no name of its own: it may stand in between', async () => {
    const port = await listens('', ['cp2.example'], { subject: 'system:node:cp2' });
    kubectl('kube-', allBut('cp2.example'));
    const answers = await proved({ endpoint: `127.0.0.1:${port}`, settle: '1' });
    expect(answers['good']).toBe('0');
    expect(answers['samples']).toContain('x509: certificate is valid for others');
  });

  test('gets the names that last as well', async () => {
    const port = await listens('', ['api.example.com']);
    folder.program('kubectl', `${allBut('api.example.com')}\necho text\n`);
    await folder.on.ask('take-lock');
    const data = { keep: '5', release: '', summary: 'a test', admin: '/x', patch: '[]' };
    const answers = await folder.on.ask('finish', { ...data, endpoint: `127.0.0.1:${port}` });
    expect(answers).toMatchObject({ ended: 'done', config: 'text\n' });
    expect(answers['config-fault']).toBeUndefined();
  });
});
