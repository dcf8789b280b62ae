/** A thread that ends this process, and says by which input, where a parser never comes back: nothing in this thread could. */
import { Worker } from 'node:worker_threads';

/** Of processor time, which a busy machine does not make longer. */
const hangsAfterMs = 20_000;

const code = `
const { workerData: { shared, names, after } } = require('node:worker_threads');
const now = new Int32Array(shared);
// Of the whole process, and so of the thread that is watched.
const spent = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; };
let [last, since] = [-1, spent()];
setInterval(() => {
  const beat = Atomics.load(now, 2);
  if (beat !== last) [last, since] = [beat, spent()];
  else if (beat > 0 && Atomics.load(now, 3) === 1 && spent() - since > after) {
    require('node:fs').writeSync(2, 'hangs: ' + names[now[0]] + ', input ' + now[1] + '\\n');
    process.kill(process.pid, 'SIGKILL');
  }
}, 500);`;

export interface Watch {
  begin(parser: number, input: number): void;
  end(): void;
  stop(): Promise<unknown>;
}

export function startWatch(names: readonly string[]): Watch {
  const shared = new SharedArrayBuffer(16);
  const now = new Int32Array(shared);
  const worker = new Worker(code, { eval: true, workerData: { shared, names, after: hangsAfterMs } });
  worker.unref();
  return {
    begin(parser, input) {
      now[0] = parser;
      now[1] = input;
      Atomics.add(now, 2, 1);
      now[3] = 1;
    },
    end() {
      now[3] = 0;
    },
    stop: () => worker.terminate(),
  };
}
