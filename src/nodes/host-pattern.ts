/** The names that stand in an inventory: `node[01:03]`, `host:2222`, `[2001:db8::1]:22`, as Ansible expands them. */
import { display } from '../model/display.ts';
import { canonicalIp } from '../model/ip.ts';
import { readPort } from './target.ts';

export type PatternReading =
  | { readonly ok: true; readonly hosts: readonly string[]; readonly port?: number }
  | { readonly ok: false; readonly fault: string };

/** A range beyond this is a mistake: no cluster has so many nodes. */
const mostHosts = 5000;

/** https://docs.ansible.com/ansible/latest/inventory_guide/intro_inventory.html#adding-ranges-of-hosts */
export function expandPattern(pattern: string): PatternReading {
  if (canonicalIp(pattern) !== undefined) return { ok: true, hosts: [pattern] };
  const [, address, addressPort] = /^\[([^\]]*:[^\]]*)\](?::(\d+))?$/.exec(pattern) ?? [];
  if (address !== undefined && canonicalIp(address) !== undefined) return withPort([address], addressPort);
  const [, name = '', port] = /^((?:\[[^\]]*\]|[^:[\]])+)(?::(\d+))?$/.exec(pattern) ?? [];
  if (name === '') return { ok: false, fault: 'is no host name' };
  let hosts: readonly string[] = [''];
  for (const [piece] of name.matchAll(/\[[^\]]*\]|[^[\]]+/g)) {
    const ends = piece.startsWith('[') ? rangeOf(piece.slice(1, -1)) : [piece];
    if (ends === undefined) return { ok: false, fault: `has a range ${display(piece, 40)} that is none` };
    if (hosts.length * ends.length > mostHosts)
      return { ok: false, fault: `stands for more than ${mostHosts} hosts` };
    hosts = hosts.flatMap((host) => ends.map((end) => host + end));
  }
  return withPort(hosts, port);
}

function withPort(hosts: readonly string[], text: string | undefined): PatternReading {
  if (text === undefined) return { ok: true, hosts };
  const port = readPort(text);
  return port === undefined
    ? { ok: false, fault: `has the port ${display(text, 20)}, which is none` }
    : { ok: true, hosts, port };
}

/** `1:3`, `01:12`, `a:f`, `1:9:2`; both ends belong to it, and leading zeros set the width. */
function rangeOf(text: string): readonly string[] | undefined {
  const [, from, to, stepText = '1'] =
    /^(\d{0,9}|[a-zA-Z]):(\d{1,9}|[a-zA-Z])(?::(\d{1,6}))?$/.exec(text) ?? [];
  const step = Number(stepText);
  if (from === undefined || to === undefined || step < 1) return undefined;
  if (/\d/.test(to)) {
    if (/[a-zA-Z]/.test(from)) return undefined;
    const width = from.length > 1 && from.startsWith('0') ? from.length : 0;
    // Ansible refuses ends of different width where zeros lead.
    if (width > 0 && to.length !== from.length) return undefined;
    return count(Number(from), Number(to), step)?.map((number) => String(number).padStart(width, '0'));
  }
  const isSameCase = /[a-z]/.test(from) === /[a-z]/.test(to);
  if (from === '' || /\d/.test(from) || !isSameCase) return undefined;
  return count(from.charCodeAt(0), to.charCodeAt(0), step)?.map((code) => String.fromCharCode(code));
}

function count(from: number, to: number, step: number): readonly number[] | undefined {
  const length = Math.floor((to - from) / step) + 1;
  if (length < 1 || length > mostHosts) return undefined;
  return Array.from({ length }, (_, index) => from + index * step);
}
