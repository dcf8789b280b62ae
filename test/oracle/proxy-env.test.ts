/** Which proxy kubectl would take: thousands of values and endpoints put to the rules that Go itself carries. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { proxyFor, readProxySettings } from '../../src/inspect/probe/proxy-env.ts';
import { type ProxyCase, proxyCases } from './proxy-cases.ts';

const goRoot = spawnSync('go', ['env', 'GOROOT'], { encoding: 'utf8' });
const hasGo = goRoot.status === 0;

interface GoAnswer {
  readonly scheme?: string;
  readonly host?: string;
  readonly port?: string;
}

/** Go carries httpproxy for net/http, where no other program may import it; a copy under its own name may be, with no download. */
function askGo(cases: readonly ProxyCase[]): readonly GoAnswer[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'fix-sans-oracle-'));
  try {
    cpSync(path.join(goRoot.stdout.trim(), 'src/vendor/golang.org/x'), folder, { recursive: true });
    writeFileSync(path.join(folder, 'go.mod'), 'module golang.org/x\n\ngo 1.21\n');
    cpSync(path.join(import.meta.dirname, 'go-proxy'), path.join(folder, 'ask'), { recursive: true });
    const { stdout, stderr, status } = spawnSync('go', ['run', './ask'], {
      cwd: folder,
      input: cases.map((one) => JSON.stringify({ ...one, port: String(one.port) })).join('\n'),
      encoding: 'utf8',
      maxBuffer: 1e8,
      env: { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '-mod=mod', GOPROXY: 'off' },
    });
    if (status !== 0) throw new Error(stderr);
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as GoAnswer);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const usualPorts: Readonly<Record<string, string>> = { http: '80', https: '443', socks5: '1080' };

it.skipIf(!hasGo)('Go takes the same proxy, or none, in every case', () => {
  const cases = proxyCases();
  const answers = askGo(cases);
  expect(answers).toHaveLength(cases.length);
  const differing: string[] = [];
  let proxied = 0;
  for (const [index, one] of cases.entries()) {
    const { scheme = '', host = '', port = '' } = answers[index] ?? {};
    const theirs = host === '' ? 'none' : `${scheme} ${host} ${port === '' ? usualPorts[scheme] : port}`;
    const settings = readProxySettings({ HTTPS_PROXY: one.https, NO_PROXY: one.none });
    const proxy = proxyFor(settings, one.host, one.port);
    const ours = proxy ? `${proxy.scheme} ${proxy.host} ${proxy.port}` : 'none';
    if (ours !== 'none') proxied += 1;
    if (ours !== theirs) differing.push(`${JSON.stringify(one)}: Go ${theirs}, ours ${ours}`);
  }
  process.stdout.write(`${cases.length} cases put to Go's httpproxy, ${proxied} of them through the proxy\n`);
  expect(differing).toEqual([]);
  expect(proxied).toBeGreaterThan(cases.length / 3);
  expect(proxied).toBeLessThan(cases.length * 0.9);
});
