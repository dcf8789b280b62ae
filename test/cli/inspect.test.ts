/** The command line of `inspect`: what is typed wrongly, what the environment says, and what comes out where. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Io, widthOf } from '../../src/cli/io.ts';
import { type Certificate, readCertificates } from '../../src/model/certificate.ts';
import type { ReachTroubleCode } from '../../src/model/trouble.ts';
import { ReachError } from '../../src/reach/transport.ts';
import { type ApiEndpoint, startApiEndpoint } from '../support/api-endpoint.ts';
import { type InterceptingProxy, startInterceptingProxy } from '../support/intercepting-proxy.ts';
import { dns, ip, keyPair, mint, mintKubeadm } from '../support/mint.ts';
import { runCli } from '../support/run-cli.ts';

const { ca, apiserver } = mintKubeadm('ec');

const withoutLoopback = mint({
  subject: 'kube-apiserver',
  issuer: ca,
  key: keyPair('ec', 14),
  names: [dns('kubernetes'), dns('kubernetes.default'), ip('10.96.0.1')],
});

function readOne({ der }: typeof apiserver): Certificate {
  const reading = readCertificates(der);
  if (!reading.ok) throw new Error(reading.refusal.code);
  return reading.certificates[0];
}

let api: ApiEndpoint;
let folder: string;

beforeAll(async () => {
  api = await startApiEndpoint({ chain: [apiserver, ca] });
  folder = mkdtempSync(path.join(tmpdir(), 'fix-sans-inspect-'));
});
beforeEach(() => {
  opened = [];
});
afterAll(async () => {
  await api.close();
  rmSync(folder, { recursive: true, force: true });
});

let opened: string[];

/** Every node answers the same way. */
function failing(code: ReachTroubleCode): NonNullable<Io['openNode']> {
  return (node) => {
    opened.push(node.name);
    return Promise.reject(
      new ReachError({ code, message: `${node.name} did not want to`, hint: 'try again', retryable: false }),
    );
  };
}

function endpoint(): string {
  return `127.0.0.1:${api.port}`;
}

describe('what is typed wrongly is 64, one sentence and a hint, before anything is contacted', () => {
  test.each([
    [[], /there is nothing to look at/, /--endpoint/],
    [['--node', 'cp1', '--fromat', 'json'], /unknown option '--fromat'/, /--format/],
    [['--nod', 'cp1'], /unknown option '--nod'/, /--node/],
    [
      ['--node', 'cp1', '--format', 'xml'],
      /Allowed choices are text, json, markdown, html/,
      /inspect --help/,
    ],
    [['--node', 'cp1', '--format', 'JSON'], /Allowed choices/, /inspect --help/],
    [['--node', 'cp1', '--transport', 'telnet'], /Allowed choices are ssh2, openssh/, /inspect --help/],
    [['--node', 'cp1', '--san='], /--san/, /./],
    [['--node', 'cp1', '--san'], /argument missing/, /./],
    [
      ['--node', 'cp1', '--san', 'https://api.example:6443'],
      /--san https/,
      /did you mean --san api\.example\?/,
    ],
    [
      ['--node', 'cp1', '--san', 'https://https://a.example'],
      /is refused: it is a URL/,
      /--san a\.example\?/,
    ],
    [['--node', 'cp1', '--san', '0.0.0.0'], /--san 0\.0\.0\.0/, /./],
    [['--node', 'cp1', '--san', 'a\u001b[31mb'], /--san a\\u\{1b\}/, /./],
    [['--node', 'cp1', '--parallel', '0'], /--parallel 0/, /./],
    [['--node', 'cp1', '--parallel', '-1'], /--parallel/, /./],
    [['--node', 'cp1', '--parallel', '1e9'], /--parallel 1e9/, /./],
    [['--node', 'cp1', '--parallel', 'NaN'], /--parallel NaN/, /./],
    [['--node', 'cp1', '--timeout', '5'], /--timeout 5 is no duration/, /--timeout 5s\?/],
    [
      ['--node', 'cp1', '--connect-timeout', '5'],
      /--connect-timeout 5 is no duration/,
      /--connect-timeout 5s\?/,
    ],
    [['--node', 'cp1', '--report', 'html'], /--report html/, /formats: text, json, markdown, html/],
    [['--node', 'cp1', '--report', 'xml=x'], /no format xml/, /formats/],
    [['--node', 'cp1', '--report', 'html=/'], /is no file/, /./],
    [['--node', 'cp1', '--report', 'html=/none/such/x.html'], /there is no folder/, /./],
    [
      ['--node', 'cp1', '--with', '/none/such.json'],
      /--with, \/none\/such\.json cannot be read: it does not exist/,
      /inspect wrote elsewhere/,
    ],
    [['--node', 'cp1', '--with', '/'], /--with, \/ is a folder/, /inspect wrote elsewhere/],
    [
      ['--node', 'cp1', '--identity', '/none/such'],
      /key file \/none\/such does not exist/,
      /--identity FILE/,
    ],
    [['--node', 'cp1', '--identity', '/'], /key file \/ is a folder/, /private key/],
    [['--node', 'cp1', '-F', '/none/such'], /configuration \/none\/such does not exist/, /--ssh-config FILE/],
    [['--node', 'cp1', '--known-hosts', '/none/such'], /known hosts file \/none\/such does not exist/, /./],
    [['--node', 'cp1', '-u', ''], /--user is empty/, /--user ops/],
    [['--node', 'cp1', '-u', 'a b'], /"a b" is not a user/, /./],
    [['--node', 'https://10.0.0.1:6443'], /no way to reach a node/, /--endpoint/],
    [['--node', 'ssh://ssh://10.0.0.1'], /scheme \(ssh:\/\/\) twice/, /./],
    [['--endpoint', 'https://https://a:6443'], /scheme \(https:\/\/\) twice/, /./],
    [['--endpoint', '10.0.0.1'], /has no port/, /--endpoint 10\.0\.0\.1:6443/],
    [['--node', 'cp1', '--ask-become-pass'], /needs a terminal/, /--print-helper/],
    [['--node', '-oProxyCommand=id'], /./, /./],
    [['--node', 'user;id@cp1'], /./, /./],
    [['--node', ''], /./, /./],
    [['--endpoint', 'none'], /./, /./],
    [['--endpoint', '10.0.0.1:99999'], /./, /./],
    [['--kubeconfig', '/none/such.conf'], /./, /./],
    [['--context', 'x'], /./, /./],
    [['--cluster', 'x'], /./, /./],
    [['10.0.0.1'], /takes no arguments, but was given 10\.0\.0\.1/, /: fix-sans inspect --node 10\.0\.0\.1$/],
    [['one', '--node', 'cp1'], /no arguments, but was given one/, /fix-sans inspect --node one$/],
    [['https://api:6443'], /no arguments/, /fix-sans inspect --endpoint https:\/\/api:6443$/],
    [['api:6443'], /no arguments/, /fix-sans inspect --endpoint api:6443$/],
    [['$(id)'], /no arguments, but was given \$\(id\)/, /see fix-sans inspect --help/],
    [['--node', 'cp1', '--vantage', ''], /--vantage/, /./],
    [['--node', 'cp1', '--vantage', 'here'], /--vantage here/, /./],
  ])('%j', async (args, sentence, hint) => {
    const { code, stdout, stderr } = await runCli(['inspect', ...args], { openNode: failing('refused') });
    const lines = stderr.trimEnd().split('\n');
    expect({ code, stdout, lines: lines.length, opened }).toEqual({
      code: 64,
      stdout: '',
      lines: 2,
      opened: [],
    });
    expect(lines[0]).toMatch(/^fix-sans: /);
    expect(lines[0]).toMatch(sentence);
    expect(lines[1]).toMatch(hint);
    expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });

  test('a --with that inspect did not write', async () => {
    const file = path.join(folder, 'odd.json');
    for (const content of ['{}', 'no json', '{"command":"explain","formatVersion":"1.0"}', '']) {
      writeFileSync(file, content);
      const { code, stderr } = await runCli(['inspect', '--endpoint', endpoint(), '--with', file]);
      expect(code).toBe(64);
      expect(stderr).toMatch(/--format json > there\.json/);
    }
  });
});

describe('what could not be reached is in the exit code', () => {
  test.each([
    ['refused', 75],
    ['timeout', 75],
    ['host-key-unknown', 4],
    ['authentication', 4],
    ['sudo-refused', 4],
  ] as const)('%s: %i, each node a row', async (trouble, exit) => {
    const { code, stdout } = await runCli(
      ['inspect', '--node', 'ops@192.0.2.1', '--node', 'ops@192.0.2.2', '--connect-timeout', '50ms'],
      {
        openNode: failing(trouble),
      },
    );
    expect(code).toBe(exit);
    expect(opened).toHaveLength(2);
    expect(stdout).toMatch(new RegExp(`192\\.0\\.2\\.1 +not read \\(${trouble}\\)`));
    expect(stdout).toMatch(new RegExp(`192\\.0\\.2\\.2 +not read \\(${trouble}\\)`));
  });
});

describe('of an endpoint alone', () => {
  test('the text has the card of its certificate, and its names with what they tell of themselves', async () => {
    const { code, stdout } = await runCli(['inspect', '--endpoint', endpoint()], { columns: 120 });
    const { fingerprint } = readOne(apiserver);
    expect(stdout).toMatch(new RegExp(`seen at +for +valid until +key +issued by +SHA-256`));
    expect(stdout).toMatch(
      new RegExp(
        `127\\.0\\.0\\.1:${api.port} +CN=kube-apiserver +\\d{4}-\\d\\d-\\d\\d .*CN=kubernetes, +${fingerprint.slice(0, 16)}`,
      ),
    );
    expect(stdout).toMatch(/kubernetes\.default\.svc +all \(served\) +kubeadm's usual name/);
    expect(stdout.slice(stdout.indexOf('\nCertificates\n'), stdout.indexOf('\nNames\n'))).toContain(
      'unverified',
    );
    expect(code).toBe(2);
  });
});

describe('what comes out', () => {
  test('stdout is the result, stderr the talk; --quiet takes the talk away', async () => {
    const file = path.join(folder, 'ticket.html');
    const args = ['inspect', '--endpoint', endpoint(), '--format', 'json', '--report', `html=${file}`];
    const loud = await runCli(args);
    expect(JSON.parse(loud.stdout)).toMatchObject({ command: 'inspect' });
    expect(loud.stderr).toBe(`fix-sans: wrote ${file}\n`);
    expect((await runCli([...args, '--quiet'])).stderr).toBe('');
  });

  test('reports beside it, in every format, each whole', async () => {
    const files = ['text', 'json', 'markdown', 'html'].map(
      (format) => `${format}=${path.join(folder, `all.${format}`)}`,
    );
    await runCli(['inspect', '--endpoint', endpoint(), ...files.flatMap((file) => ['--report', file])]);
    expect(readFileSync(path.join(folder, 'all.html'), 'utf8')).toMatch(/<\/html>\n$/);
    expect(readFileSync(path.join(folder, 'all.markdown'), 'utf8')).toMatch(/^# /);
    expect(JSON.parse(readFileSync(path.join(folder, 'all.json'), 'utf8'))).toMatchObject({
      formatVersion: '1.0',
    });
    expect(readFileSync(path.join(folder, 'all.text'), 'utf8')).not.toContain('\u001b');
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('a report that cannot be written is said; the others are, and the exit code stays', async () => {
    const [bad, good] = ['bad.html', 'good.html'].map((name) => path.join(folder, name)) as [string, string];
    const { code, stdout, stderr } = await runCli(
      [
        'inspect',
        '--node',
        'ops@192.0.2.1',
        '--connect-timeout',
        '50ms',
        '--report',
        `html=${bad}`,
        '--report',
        `html=${good}`,
      ],
      {
        openNode: (node, options) => {
          mkdirSync(bad);
          return failing('authentication')(node, options);
        },
      },
    );
    expect(code).toBe(4);
    expect(stdout).toContain('could not be read');
    expect(stderr).toMatch(/cannot write the report .*bad\.html/);
    expect(stderr).toContain(`wrote ${good}`);
    expect(readFileSync(good, 'utf8')).toContain('</html>');
    rmSync(bad, { recursive: true });
  });

  test.each([
    [{}, true],
    [{ NO_COLOR: '1' }, false],
    [{ NO_COLOR: '' }, true],
    [{ TERM: 'dumb' }, false],
    [{ CLICOLOR: '0' }, false],
  ])('on a terminal with %j it is coloured: %s', async (env, isColoured) => {
    const { stdout } = await runCli(['inspect', '--endpoint', endpoint()], { env, terminal: true });
    expect(stdout.includes('\u001b[')).toBe(isColoured);
  });

  test.each([0, 1, 50, 80, 300])('a terminal of %i columns breaks nothing', async (columns) => {
    const { stdout } = await runCli(['inspect', '--endpoint', endpoint()], {
      terminal: true,
      columns,
      env: { NO_COLOR: '1' },
    });
    const commands = /^ {5}|^ {7}/;
    const widest = Math.max(
      ...stdout
        .split('\n')
        .filter((line) => !commands.test(line))
        .map((line) => line.length),
    );
    expect(widest).toBeLessThanOrEqual(columns === 0 ? 100 : Math.max(50, Math.min(columns, 200)));
  });

  test.each([
    [{ terminal: true, columns: 140 }, {}, 140],
    [{ terminal: true, columns: 140 }, { COLUMNS: '60' }, 60],
    [{}, {}, 100],
    [{}, { COLUMNS: '120' }, 120],
    [{}, { COLUMNS: 'wide' }, 100],
    [{}, { COLUMNS: '1' }, 100],
    [{ terminal: true, columns: 10 }, {}, 50],
    [{ terminal: true, columns: 1000 }, {}, 200],
  ] as const)(
    '%j with %j is %i columns wide',
    ({ terminal, columns }: { terminal?: boolean; columns?: number }, env, width) => {
      expect(widthOf({ isTTY: terminal ?? false, ...(columns && { columns }), write: () => true }, env)).toBe(
        width,
      );
    },
  );
});

describe('the environment', () => {
  const odd = [
    {},
    { CI: '1', TERM: undefined, COLUMNS: '0' },
    { LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' },
    { HOME: undefined, PATH: '' },
    { TZ: 'Nowhere/None', LD_PRELOAD: '/none.so' },
    { NODE_OPTIONS: '--require x', NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_EXTRA_CA_CERTS: '/none.pem' },
    { SSH_AUTH_SOCK: '/none.sock', SSH_ASKPASS: '/bin/false' },
    { SSL_CERT_FILE: '/none.pem', SSL_CERT_DIR: '/none:/nowhere' },
    { HTTPS_PROXY: '://', NO_PROXY: '*' },
  ];
  test.each(odd)('%j: the same verdict as without', async (env) => {
    const usual = await runCli(['inspect', '--endpoint', endpoint(), '--format', 'json']);
    const { code, stdout } = await runCli(['inspect', '--endpoint', endpoint(), '--format', 'json'], { env });
    expect(code).toBe(usual.code);
    const [given, wanted] = [stdout, usual.stdout].map((text) => JSON.parse(text) as { verdict: string });
    expect(given?.verdict).toBe(wanted?.verdict);
  });

  test('variables that weaken or widen trust are told in a ticket, with what is wrong with them', async () => {
    const { stdout } = await runCli(['inspect', '--endpoint', endpoint(), '--format', 'markdown'], {
      env: {
        NODE_TLS_REJECT_UNAUTHORIZED: '0',
        NODE_EXTRA_CA_CERTS: '/none.pem',
        NODE_OPTIONS: '--require x',
      },
    });
    expect(stdout).toMatch(/\| `NODE_TLS_REJECT_UNAUTHORIZED` \| `0` \|/);
    expect(stdout).toMatch(/\| `NODE_OPTIONS` \| `--require x` \|/);
    expect(stdout).toMatch(
      /\| `NODE_EXTRA_CA_CERTS` \| `\/none\.pem` \| `0: |\| `NODE_EXTRA_CA_CERTS` \| `\/none\.pem` \| 0: `/,
    );
  });

  describe('a proxy in it', () => {
    let proxy: InterceptingProxy;
    beforeAll(async () => {
      proxy = await startInterceptingProxy({ upstream: { host: '127.0.0.1', port: api.port } });
    });
    afterAll(() => proxy.close());

    test.each(['text', 'json', 'markdown', 'html'])('its password is in no %s', async (format) => {
      const secret = 'pr0xy-p4ssword';
      // Loopback is never dialled through a proxy, so the name is one that only the proxy could find.
      const { code, stdout, stderr } = await runCli(
        ['inspect', '--endpoint', 'api.story.invalid:6443', '--format', format, '--connect-timeout', '5s'],
        {
          env: {
            HTTPS_PROXY: `http://ops:${secret}@127.0.0.1:${proxy.port}`,
            http_proxy: `http://ops:${secret}@x`,
          },
        },
      );
      expect(code).toBe(8);
      expect(stdout + stderr).not.toContain(secret);
      expect(stdout).toContain('intercepted');
    });
  });
});

test('--vantage is what the run is called elsewhere', async () => {
  const file = path.join(folder, 'jump.json');
  const { stdout } = await runCli([
    'inspect',
    '--endpoint',
    endpoint(),
    '--format',
    'json',
    '--vantage',
    'jump-host',
  ]);
  writeFileSync(file, stdout);
  const merged = await runCli(['inspect', '--endpoint', endpoint(), '--format', 'markdown', '--with', file]);
  expect(merged.stdout).toContain('`jump-host`, directly');
});

test('the trouble that another run had at its own endpoint is trouble here', async () => {
  const file = path.join(folder, 'there.json');
  await using other = await startApiEndpoint({ chain: [withoutLoopback] });
  const asked = `127.0.0.1:${other.port}`;
  const there = await runCli(['inspect', '--endpoint', asked, '--format', 'json', '--vantage', 'jump-host']);
  expect(there.code).toBe(2);
  writeFileSync(file, there.stdout);
  const merged = await runCli(['inspect', '--endpoint', endpoint(), '--with', file]);
  expect(merged.code).toBe(2);
  expect(merged.stdout).toContain('The API server certificate lacks 127.0.0.1.');
  expect(merged.stdout).toContain(`endpoint ${asked}`);
  expect(merged.stdout).toContain('seen from here and from jump-host, no node was logged in to');
});

test('a run from elsewhere that is called like a node is not taken for what that node sees', async () => {
  const file = path.join(folder, 'namesake.json');
  const seen = ['inspect', '--endpoint', endpoint(), '--format', 'json'];
  const { stdout } = await runCli([...seen, '--vantage', '127.0.0.1']);
  writeFileSync(file, stdout);
  const merged = await runCli([...seen, '--node', '127.0.0.1', '--with', file], {
    openNode: failing('refused'),
  });
  const { facts } = JSON.parse(merged.stdout) as { facts: { probes: readonly { from: string }[] } };
  const places = new Set(facts.probes.map(({ from }) => from));
  expect([...places]).toEqual(['here', '127.0.0.1 of another run']);
});
