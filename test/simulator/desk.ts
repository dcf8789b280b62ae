/** Where the nodes' stand-ins ask the simulator's own process, which runs already: to start a Node for each of them takes longer than all that it is asked. */
import {
  chmodSync,
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { Socket } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { kubectl } from './kubectl/run.ts';
import { openssl } from './openssl/run.ts';
import type { Program } from './program.ts';

const programs = { kubectl, openssl } as const satisfies Readonly<Record<string, Program>>;

export interface Desk {
  /** In place of a program, a script that asks here; and starts the program where this process is gone. */
  commandFor(name: keyof typeof programs, program: string): string;
  close(): void;
}

export function openDesk(parent: string): Desk {
  const folder = path.join(parent, 'desk');
  mkdirSync(folder, { mode: 0o700 });
  const bell = path.join(folder, 'bell');
  // As the nodes find it, whatever PATH the simulator was started with.
  execFileSync('mkfifo', ['-m', '600', bell], { env: { PATH: '/usr/bin:/bin' } });
  // With a writer of its own it never ends.
  const socket = new Socket({ fd: openSync(bell, constants.O_RDWR | constants.O_NONBLOCK), writable: false });
  createInterface({ input: socket }).on(
    'line',
    (call) => void answer(path.join(folder, path.basename(call))),
  );
  return {
    commandFor: (name, program) => {
      const command = path.join(folder, name);
      writeFileSync(command, script(name, folder, program));
      chmodSync(command, 0o755);
      return command;
    },
    close: () => socket.destroy(),
  };
}

/** Both ends open its pipe before anything is said, so that nothing is lost and nobody waits for the other; a process id is nobody else's meanwhile. */
function script(name: keyof typeof programs, folder: string, program: string): string {
  return `#!/bin/sh
kill -0 ${process.pid} 2>/dev/null || exec '${program}' "$@"
call='${folder}'/$$
[ -p "$call" ] || mkfifo "$call" || exec '${program}' "$@"
${beforehand[name]}
exec 7<>"$call"
printf '%s\\0' ${name} "$FIX_SANS_ROOT" "$PWD" "\${KUBECONFIG-}" "$@" >"$call.asked"
echo $$ >'${folder}/bell'
read -r code said complained <&7
[ "$complained" = 0 ] || cat "$call.complained" >&2
[ "$said" = 0 ] || cat "$call.said"
exit "$code"
`;
}

const beforehand: Readonly<Record<keyof typeof programs, string>> = {
  kubectl: `echo '[simulated] this is a stand-in, not kubectl' >&2
case " $* " in *' -f - '* | *' --filename - '* | *'=- '*) cat >"$call.in" ;; esac`,
  openssl: `case " $* " in *' -in '* | *' -key '*) ;; *) cat >"$call.in" ;; esac`,
};

async function answer(call: string): Promise<void> {
  const output: Uint8Array[] = [];
  let complaints = '';
  let code = 1;
  try {
    const [name = '', root, folder = '/', kubeconfig = '', ...args] = taken(`${call}.asked`)
      .toString('utf8')
      .replace(/\0$/, '')
      .split('\0');
    if (!isProgram(name)) throw new Error(`no program is called ${name}`);
    code = await programs[name]({
      args,
      root,
      folder,
      kubeconfig: kubeconfig === '' ? undefined : kubeconfig,
      stdin: async () => taken(`${call}.in`),
      say: (text) => output.push(Buffer.from(text)),
      complain: (text) => (complaints += text),
    });
  } catch (error) {
    complaints += `${error instanceof Error ? error.stack : String(error)}\n`;
  }
  try {
    reply(call, { code, output: Buffer.concat(output), complaints });
  } catch {
    // Whoever asked was killed, or all is being taken away.
  }
}

interface Reply {
  readonly code: number;
  readonly output: Buffer;
  readonly complaints: string;
}

function reply(call: string, { code, output, complaints }: Reply): void {
  if (output.length > 0) writeFileSync(`${call}.said`, output);
  if (complaints !== '') writeFileSync(`${call}.complained`, complaints);
  const pipe = openSync(call, constants.O_WRONLY | constants.O_NONBLOCK);
  writeSync(pipe, `${code} ${output.length} ${complaints.length}\n`);
  closeSync(pipe);
}

/** Read once: a later call may have the same number. */
function taken(file: string): Buffer {
  const bytes = readFileSync(file);
  rmSync(file);
  return bytes;
}

function isProgram(name: string): name is keyof typeof programs {
  return name in programs;
}
