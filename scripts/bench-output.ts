/** How a bench tells its figures: one line each, with what was wanted, and whether it was met. */
import { cpus, loadavg } from 'node:os';

/** `isMet` is left out where a figure is only shown. */
export function row(what: string, figure: string, bound = '', isMet?: boolean): void {
  const verdict = { true: '  met', false: '  MISSED', undefined: '' }[`${isMet}`];
  console.log(`${what.padEnd(52)} ${figure.padStart(22)}   ${bound}${verdict}`);
}

/** What else runs on the machine decides about every wall time. */
export function machine(): string {
  const [one] = loadavg();
  return `Node ${process.version}, ${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown processor'}, load ${one?.toFixed(1)}`;
}
