/** The stand-in for kubeadm: `version` and `init phase certs apiserver`, on a simulated node or on any folder. */
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { inside, root } from '../inside.ts';
import { settingsFromFile } from './config-file.ts';
import { readFlags } from './flags.ts';
import { type Folders, refuseIncompleteExternalCa, runPhase } from './phase.ts';
import { Refusal } from './refusal.ts';
import { complete, type Node, type Settings, version } from './settings.ts';

const phase = ['init', 'phase', 'certs', 'apiserver'];
const args = process.argv.slice(2);

process.stderr.write('[simulated] this is a stand-in, not kubeadm\n');
try {
  process.exitCode = run();
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  process.stderr.write(
    `error: ${error.message}\nTo see the stack trace of this error execute with --v=5 or higher\n`,
  );
  process.exitCode = 1;
}

function run(): number {
  if (args[0] === 'version') {
    const short = `${version}+simulated`;
    const isShort = args.join(' ').replace('=', ' ') === 'version -o short';
    say(isShort ? short : `kubeadm version: &version.Info{Major:"1", Minor:"34", GitVersion:"${short}"}`);
    return 0;
  }
  if (phase.some((word, index) => args[index] !== word)) {
    throw new Refusal(
      `the simulated kubeadm knows only "version" and "${phase.join(' ')}", not "${args.join(' ')}"`,
    );
  }
  const { config, isDryRun, settings: flags } = readFlags(args.slice(phase.length));
  const asked = config === undefined ? flags : settingsFromFile(configText(config), warn);
  const settings = complete(asked, thisNode(), warn);
  const folders = foldersOf(settings, isDryRun);
  refuseIncompleteExternalCa(folders);
  try {
    runPhase(settings, folders, say);
  } catch (error) {
    if (error instanceof Refusal)
      throw new Refusal(`error execution phase certs/apiserver: ${error.message}`);
    throw error;
  }
  return 0;
}

function configText(file: string): string {
  try {
    return readFileSync(placeOf(path.resolve(file)), 'utf8');
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(`unable to read config from "${file}" : open ${file}: no such file or directory`);
  }
}

function foldersOf(settings: Settings, isDryRun: boolean): Folders {
  const from = placeOf(settings.certificatesDir);
  const kubernetes = placeOf('/etc/kubernetes');
  return { from, to: isDryRun ? dryRunFolder(kubernetes) : from, kubernetes };
}

function dryRunFolder(kubernetes: string): string {
  const asked = process.env['KUBEADM_INIT_DRYRUN_DIR'] ?? '';
  if (asked !== '') return placeOf(asked);
  const parent = path.join(kubernetes, 'tmp');
  mkdirSync(parent, { recursive: true, mode: 0o700 });
  return mkdtempSync(path.join(parent, 'kubeadm-init-dryrun'));
}

function placeOf(file: string): string {
  const place = inside(file);
  if (place === undefined) throw new Refusal(`simulated: ${file} leads out of the simulated node`);
  return place;
}

function thisNode(): Node {
  if (root === undefined) {
    return { hostName: os.hostname(), address: firstAddress(), isSimulated: false };
  }
  const hostName = readFileSync(path.join(root, 'etc/hostname'), 'utf8');
  const address = readFileSync(path.join(root, 'etc/simulated-address'), 'utf8').trim();
  return { hostName, address, isSimulated: true };
}

/** Nearly the address of the default route: the first that leads anywhere. */
function firstAddress(): string | undefined {
  return Object.values(os.networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4')?.address;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** The prefix is klog's, without its clock and line numbers. */
function warn(line: string): void {
  process.stderr.write(`W0000 00:00:00.000000       0 simulated.go:0] ${line}\n`);
}
