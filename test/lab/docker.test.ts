/**
 * Where Docker is not as the lab would like it, the lab says so in one sentence, and never stops what is not its own. Runs
 * in namespaces of its own with a `docker` and a `dockerd` that only play their parts, so no real one is touched.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
let folder: string;

/** Answers while a dockerd plays, or one ran "before"; `ps` lists what /run/containers says. */
const docker = `#!/bin/sh
case $1 in
  version) [ -e /run/up ] || { [ ! -e /run/complaint ] || cat /run/complaint >&2; exit 1; } ;;
  info) [ -e /run/up ] && echo /var/lib/docker ;;
  ps) cat /run/containers 2>/dev/null || true ;;
esac
`;
const dockerd = `#!/bin/sh
echo started >>/run/history
if [ -e /run/broken ]; then echo first line; echo 'failed to start daemon: no room for a bridge'; exit 1; fi
echo $$ >"$2"
trap 'rm -f /run/up; echo stopped >>/run/history; exit 0' TERM
touch /run/up
while :; do sleep 0.05; done
`;
/** Does what the words after it say, in order: up, stop, or die as a killed run does. */
const driver = `
import { existsSync } from 'node:fs';
import { ensureDocker } from '${root}/test/lab/docker.ts';
const say = (line) => console.log('say ' + line);
let docker;
for (const word of process.argv.slice(1)) {
  try {
    if (word === 'up') { docker = await ensureDocker({ install: false, say }); console.log('startedByUs', docker.startedByUs); }
    if (word === 'stop') await docker.stop();
    for (let tries = 0; word === 'wait' && tries < 400 && !existsSync('/run/go'); tries++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    if (word === 'die') process.kill(process.pid, 'SIGKILL');
  } catch (error) {
    console.log(error.name === 'Trouble' ? 'sentence ' + error.sentence + '\\nnext ' + error.next : error.stack);
  }
}
`;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'fix-sans-docker-'));
  mkdirSync(path.join(folder, 'bin'));
  for (const [name, text] of Object.entries({ docker, dockerd })) {
    writeFileSync(path.join(folder, 'bin', name), text);
    chmodSync(path.join(folder, 'bin', name), 0o755);
  }
  writeFileSync(path.join(folder, 'driver.mjs'), driver);
  chmodSync(folder, 0o755);
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a shell script where /run and Docker's folder are empty; `lab` in it is the driver. Returns the lines it printed. */
async function inNamespace(script: string): Promise<string[]> {
  const isRoot = process.getuid?.() === 0;
  const { stdout } = await execa(
    'unshare',
    [
      ...(isRoot ? [] : ['--map-root-user']),
      '--mount',
      '--net',
      '--pid',
      '--fork',
      '--mount-proc',
      '--kill-child',
      'sh',
      '-euc',
      `${prepare}\n${script}\n[ ! -e /run/history ] || cat /run/history`,
    ],
    {
      cwd: root,
      env: { FOLDER: folder, NODE: process.execPath, DOCKER_HOST: undefined, LC_ALL: 'C' },
      timeout: 30_000,
    },
  );
  // What a host lacks is another test's business.
  return stdout.split('\n').filter((line) => !/^say (?:this host|started dockerd in)/.test(line));
}

const prepare = `
mount -t tmpfs -o size=16m tmpfs /run
mkdir -p /var/lib/docker 2>/dev/null || true
[ ! -d /var/lib/docker ] || mount -t tmpfs -o size=7g tmpfs /var/lib/docker
for real in /usr/bin/docker /usr/sbin/dockerd /usr/local/bin/docker /usr/bin/dockerd /usr/local/bin/dockerd; do
  [ ! -e $real ] || mount --bind /dev/null $real
done
PATH=$FOLDER/bin:$PATH
lab() { "$NODE" --import tsx "$FOLDER/driver.mjs" "$@"; }
`;

test('without Docker it names the package, and --install', async () => {
  const lines = await inNamespace('rm -rf /run/*; PATH=${PATH#*:}; lab up');
  expect(lines[0]).toBe('sentence dockerd is missing: it runs the nodes');
  expect(lines[1]).toMatch(/^next (?:sudo apt-get install docker\.io .*--install|install dockerd)/);
});

test('a socket that is closed to this user', async () => {
  const lines = await inNamespace('echo "Got permission denied while trying" >/run/complaint; lab up');
  expect(lines).toEqual([
    'sentence Docker runs, but its socket is closed to this user',
    'next sudo usermod --append --groups docker "$USER", log in again, and run this again',
  ]);
});

test('a DOCKER_HOST where nobody answers', async () => {
  const lines = await inNamespace('DOCKER_HOST=tcp://127.0.0.1:1; export DOCKER_HOST; lab up');
  expect(lines[0]).toBe('sentence no Docker answers at DOCKER_HOST=tcp://127.0.0.1:1');
});

test('a dockerd that does not come up: its last line; the next run heals', async () => {
  const lines = await inNamespace('touch /run/broken; lab up; rm /run/broken; lab up stop');
  expect(lines).toEqual([
    'sentence dockerd did not come up: failed to start daemon: no room for a bridge',
    'next tail -n 30 /run/fix-sans-lab/dockerd.log',
    'startedByUs true',
    'say stopped dockerd',
    'started',
    'started',
    'stopped',
  ]);
});

test('a disk that is nearly full is said before anything is started', async () => {
  const lines = await inNamespace('mount -t tmpfs -o size=64m tmpfs /var/lib/docker; lab up');
  expect(lines).toEqual([
    'sentence only 0.1 GB are free in /var/lib/docker, and the lab needs 6',
    'next df -h /var/lib/docker',
  ]);
});

test('one that ran before is left alone', async () => {
  expect(await inNamespace('touch /run/up; lab up stop')).toEqual(['startedByUs false']);
});

test('a pid file that outlived its process, or names another, harms nobody', async () => {
  const lines = await inNamespace(`
    mkdir -p /run/fix-sans-lab; sleep 20 & echo $! >/run/fix-sans-lab/dockerd.pid
    lab up stop
    kill -0 $! && echo alive; kill $!`);
  expect(lines).toEqual(['startedByUs true', 'say stopped dockerd', 'alive', 'started', 'stopped']);
});

test('two share one, and the last one out stops it', async () => {
  const lines = await inNamespace(`
    lab up wait stop >/run/first &
    while [ ! -e /run/up ]; do sleep 0.02; done
    lab up stop; touch /run/go; wait; cat /run/first`);
  expect(lines).toEqual([
    'startedByUs true',
    'startedByUs true',
    'say stopped dockerd',
    'started',
    'stopped',
  ]);
});

test('while a container runs it stays, and a later run stops it', async () => {
  const lines = await inNamespace('echo abc >/run/containers; lab up stop; rm /run/containers; lab up stop');
  expect(lines).toEqual([
    'startedByUs true',
    'say dockerd keeps running for 1 container; the next run of the lab can stop it',
    'startedByUs true',
    'say stopped dockerd',
    'started',
    'stopped',
  ]);
});

test('a killed run does not keep it for ever', async () => {
  const lines = await inNamespace('lab up die || true; lab up stop');
  expect(lines).toEqual([
    'startedByUs true',
    'startedByUs true',
    'say stopped dockerd',
    'started',
    'stopped',
  ]);
});
