/** `npm run bench explain`: start-up and `explain`, as ratios within one run where the machine's speed would matter. */
import { createWriteStream, existsSync, mkdirSync, statSync } from 'node:fs';
import { once } from 'node:events';
import path from 'node:path';
import { $ } from 'zx';
import { machine, row } from './bench-output.ts';

const root = path.join(import.meta.dirname, '..');
const folder = path.join(root, '.cache', 'bench');
const program = path.join(root, 'dist', 'fix-sans.js');
mkdirSync(folder, { recursive: true });
$.verbose = false;

/** Wall time of one whole process, timed from a Node that does nothing else. */
async function measure(args: readonly string[]): Promise<number> {
  const script =
    "const{spawnSync}=require('node:child_process');const t=process.hrtime.bigint();spawnSync(process.execPath,process.argv.slice(1),{stdio:'ignore'});console.log(Number(process.hrtime.bigint()-t)/1e9)";
  const timed = await $`node -e ${script} -- ${args}`;
  return Number(timed.stdout);
}

/** The peak resident set of one run, as the kernel counted it for the process itself. */
async function peakMegabytes(args: readonly string[]): Promise<number> {
  const probe = `process.on('exit',()=>process.stderr.write('\\n'+process.resourceUsage().maxRSS))`;
  const preload = `data:text/javascript,${encodeURIComponent(probe)}`;
  const result = await $({ nothrow: true, quiet: true })`node --import ${preload} ${args}`;
  return Number(result.stderr.trim().split('\n').at(-1)) / 1024;
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function medianSeconds(args: readonly string[], runs: number): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run <= runs; run++) {
    const seconds = await measure(args);
    // The first one warms the disk cache.
    if (run > 0) times.push(seconds);
  }
  return median(times);
}

/** A log as a kubelet's journal has it; one line in `every` is an error. */
async function log(name: string, bytes: number, every: number): Promise<string> {
  const file = path.join(folder, name);
  if (existsSync(file) && statSync(file).size >= bytes) return file;
  const out = createWriteStream(file);
  let written = 0;
  for (let number = 1; written < bytes; number++) {
    const at = `Jun 12 10:${String(Math.floor(number / 60) % 60).padStart(2, '0')}:${String(number % 60).padStart(2, '0')} cp1 kubelet[1234]: `;
    const body =
      number % every === 0
        ? `E0612 10:11:12.345678    1234 reflector.go:147] k8s.io/client-go/informers/factory.go:150: Failed to watch *v1.Service: failed to list *v1.Service: Get "https://10.220.70.56:6443/api/v1/services?limit=500&resourceVersion=${number}": tls: failed to verify certificate: x509: certificate is valid for 10.96.0.1, 10.225.4.51, not 10.220.70.56`
        : `I0612 10:11:12.345678    1234 reconciler_common.go:253] "operationExecutor.VerifyControllerAttachedVolume started for volume \\"kube-api-access-${number % 97}\\" (UniqueName: \\"kubernetes.io/projected/${number}\\")" pod="kube-system/coredns-${number % 7}"`;
    const line = `${at}${body}\n`;
    written += line.length;
    if (!out.write(line)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'close');
  return file;
}

async function text(name: string, content: () => string): Promise<string> {
  const file = path.join(folder, name);
  const out = createWriteStream(file);
  out.end(content());
  await once(out, 'close');
  return file;
}

export async function benchExplain(): Promise<void> {
  if (!existsSync(program)) await $`npm run --silent build`.quiet();
  console.log(`${machine()}\n`);

  const empty = await medianSeconds(['-e', '0'], 15);
  row('node -e 0 (median of 15)', `${(empty * 1000).toFixed(0)} ms`, '');
  for (const flag of ['--version', '--help']) {
    const seconds = await medianSeconds([program, flag], 15);
    row(
      `${flag} against node -e 0`,
      `${(seconds * 1000).toFixed(0)} ms = ${(seconds / empty).toFixed(2)} x`,
      'at most 1.5 x',
    );
  }

  const mb = 1_000_000;
  const json = ['explain', '--format', 'json', '--quiet'];
  const small = await log('100.log', 100 * mb, 10);
  const large = await log('200.log', 200 * mb, 10);
  const dense = await log('100-dense.log', 100 * mb, 1);
  const smallSeconds = await medianSeconds([program, ...json, small], 3);
  const largeSeconds = await medianSeconds([program, ...json, large], 3);
  row('explain, 100 MB log, every 10th line an error', `${smallSeconds.toFixed(2)} s`, 'at most 4 s');
  row(
    'explain, 200 MB log',
    `${largeSeconds.toFixed(2)} s = ${(largeSeconds / smallSeconds).toFixed(2)} x`,
    'at most 2.3 x',
  );
  row(
    'explain, 100 MB log, every line an error',
    `${(await medianSeconds([program, ...json, dense], 3)).toFixed(2)} s`,
    '',
  );
  row(
    'explain, 200 MB log, peak memory',
    `${(await peakMegabytes([program, ...json, large])).toFixed(0)} MB`,
    'at most 150 MB',
  );

  const slow: readonly [string, string, () => string][] = [
    ['"not " x 1,000,000', 'not.txt', () => 'not '.repeat(1_000_000)],
    ['one line of 50 MB, letters', 'x.txt', () => 'x'.repeat(50 * mb)],
    [
      'one line of 50 MB, errors',
      'errors.txt',
      () => 'x509: certificate is valid for 10.96.0.1, not 10.0.0.1 '.repeat(Math.floor((50 * mb) / 56)),
    ],
    [
      'one line of 50 MB, a list without end',
      'list.txt',
      () => `x509: certificate is valid for ${'a.example, '.repeat(Math.floor((50 * mb) / 11))}`,
    ],
    [
      'one line of 50 MB, "certificate "',
      'certificate.txt',
      () => 'certificate '.repeat(Math.floor((50 * mb) / 12)),
    ],
  ];
  for (const [what, name, content] of slow) {
    const seconds = await medianSeconds([program, ...json, await text(name, content)], 3);
    row(`explain, ${what}`, `${seconds.toFixed(2)} s`, 'at most 1 s');
  }
}
