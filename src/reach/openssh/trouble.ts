/** What the system's ssh means by its last words, which it says in English wherever it runs. */
import { display } from '../../model/display.ts';
import type { ReachTrouble, ReachTroubleCode } from '../../model/trouble.ts';
import { silence, silenceHint } from '../silence.ts';
import {
  addKeyHint,
  byHand,
  type HostKeyShown,
  protectKeyHint,
  removeKeyHint,
  type SshCall,
} from './hints.ts';

interface Rule {
  readonly words: RegExp;
  readonly code: ReachTroubleCode;
  readonly message: string;
  readonly hint: string | ((call: SshCall, shown: HostKeyShown | undefined, words: string) => string);
  readonly retryable?: boolean;
}

/** The first that matches wins: what is worse, or closer to the cause, comes first. */
const rules: readonly Rule[] = [
  {
    words: /REVOKED HOST KEY DETECTED|marked as revoked|is revoked/,
    code: 'host-key-revoked',
    message: 'its host key is marked @revoked',
    hint: 'do not log in; ask who runs this host, and see the @revoked lines of known_hosts',
  },
  {
    words: /REMOTE HOST IDENTIFICATION HAS CHANGED|differs from the key for the IP address/,
    code: 'host-key-changed',
    message: 'its host key is another than the one that is known',
    hint: removeKeyHint,
  },
  {
    words: /host key is known for .* and you have requested strict checking|Host key verification failed/,
    code: 'host-key-unknown',
    message: 'its host key is not known',
    hint: addKeyHint,
  },
  {
    words: /UNPROTECTED PRIVATE KEY FILE|bad permissions/,
    code: 'key-file',
    message: 'a private key may be read by others, so ssh does not use it',
    hint: protectKeyHint,
  },
  {
    words: /Permission denied \(|Too many authentication failures|No more authentication methods/,
    code: 'authentication',
    message: 'it takes none of our keys',
    hint: (call) =>
      `see which keys are offered: ${byHand(call)}; name one by --identity, or load it into the agent`,
  },
  {
    words: /Could not resolve hostname/,
    code: 'dns',
    message: 'its name has no address',
    hint: 'check the name, or give the address',
    retryable: true,
  },
  {
    words: /Connection refused/,
    code: 'refused',
    message: 'nothing listens there',
    hint: 'is sshd running, and is this its port?',
    retryable: true,
  },
  {
    words: /No route to host|Network is unreachable|Host is down/,
    code: 'unreachable',
    message: 'there is no way to it',
    hint: 'check network, VPN and firewall, or name a bastion (ProxyJump)',
    retryable: true,
  },
  {
    words:
      /not responding|Broken pipe|Connection to \S+ closed by remote host|read from master failed|Control socket connect/,
    code: 'link-lost',
    message: 'the connection was lost',
    hint: 'try again',
    retryable: true,
  },
  {
    words: /timed out during banner exchange/,
    code: 'timeout',
    message: silence,
    hint: silenceHint,
    retryable: true,
  },
  {
    words: /timed out/i,
    code: 'timeout',
    message: 'it does not answer in time',
    hint: 'check network and firewall, or allow more by --connect-timeout',
    retryable: true,
  },
  {
    words: /kex_exchange_identification|Connection reset|Connection closed by|ssh_dispatch_run_fatal/,
    code: 'reset',
    message: 'it closed the connection before the login',
    hint: 'sshd drops logins beyond its MaxStartups, and sources with too many failures (PerSourcePenalties): wait, then try again',
    retryable: true,
  },
  {
    words: /Unable to negotiate|no matching/,
    code: 'failed',
    message: 'ssh and it have no algorithm in common',
    hint: (call) => `see what it offers: ${byHand(call)}`,
  },
  {
    words:
      /Bad configuration option|bad configuration options|Bad owner or permissions|Can't open user config|keyword .* extra arguments|Unsupported option/,
    code: 'failed',
    message: 'ssh does not take its settings',
    hint: 'look at the ssh_config that it names',
  },
];

export interface SshWords {
  /** Of `ssh -v -E FILE`. */
  readonly log: string;
  /** Of a bastion's ssh, which does not share the log; banners as well. */
  readonly stderr: string;
}

/** Why ssh ended with 255. */
export function sshTrouble({ log, stderr }: SshWords, call: SshCall): ReachTrouble {
  const own = wordsOf(log);
  const isThroughBastion = /UNKNOWN port 65535|stdio forwarding failed/.test(`${own}\n${stderr}`);
  const words = isThroughBastion ? `${wordsOf(stderr)}\n${own}` : own;
  const rule = rules.find((one) => one.words.test(words));
  // What -v says of the key: of a bastion's, its own ssh says it.
  const all = isThroughBastion ? stderr : log;
  const shown = hostKeyIn(all);
  const evidence = evidenceOf(words, rule?.code === 'host-key-unknown' ? shown : undefined);
  if (!rule) {
    return {
      code: isThroughBastion ? 'bastion' : 'failed',
      message: evidence === '' ? 'ssh ended without a word' : `ssh says: ${evidence}`,
      hint: `see more: ${byHand(call)}`,
      retryable: false,
    };
  }
  const { code, message, hint, retryable = false } = rule;
  return {
    code: isThroughBastion ? 'bastion' : code,
    message: `${isThroughBastion ? 'on the way through the bastion: ' : ''}${message}${evidence === '' ? '' : ` (${evidence})`}`,
    hint: typeof hint === 'string' ? hint : hint(call, shown, all.replaceAll('\r', '')),
    retryable,
  };
}

function wordsOf(text: string): string {
  return text
    .split(/\r?\n/)
    .filter((line) => !/^debug\d: |^OpenSSH_|^\s*$/.test(line))
    .join('\n');
}

/** Fingerprints where a key is the matter, the last line otherwise. */
function evidenceOf(words: string, shown: HostKeyShown | undefined): string {
  if (shown !== undefined) return display(`it shows ${shown.type} ${shown.fingerprint}`, 250);
  const lines = words.split('\n').map((line) => line.trim());
  const about = lines.filter((line) => /^SHA256:|Offending .*key in /.test(line));
  if (about.length > 0) return display(about.join(', '), 250);
  return display(lines.findLast((line) => line !== '' && !/^[@*\s]+$/.test(line)) ?? '', 250);
}

/** What the log of a login that worked tells of it. */
export function loginFacts(log: string): {
  readonly user?: string;
  readonly hostKey?: HostKeyShown;
  readonly isHostKeyAdded: boolean;
} {
  const user = /^debug1: Authenticating to .* as '([^'\n]*)'/m.exec(log)?.[1];
  const hostKey = hostKeyIn(log);
  return {
    ...(user !== undefined && { user }),
    ...(hostKey && { hostKey }),
    isHostKeyAdded: /^Warning: Permanently added /m.test(log),
  };
}

function hostKeyIn(log: string): HostKeyShown | undefined {
  const [, type, fingerprint] = /^debug1: Server host key: (\S+) (SHA256:[A-Za-z0-9+/]+)/m.exec(log) ?? [];
  return type === undefined || fingerprint === undefined ? undefined : { type, fingerprint };
}

/** Somebody at the terminal may help: accept the key, type a passphrase or a password. */
export function isAnswerable({ code }: ReachTrouble): boolean {
  return code === 'host-key-unknown' || code === 'authentication';
}

export function slowLogin(ms: number): ReachTrouble {
  return {
    code: 'timeout',
    message: `the login took more than ${ms / 1000} s`,
    hint: 'look at the load of the host and at its DNS and directory services, or allow more by --connect-timeout',
    retryable: true,
  };
}

export function lost(trouble: ReachTrouble): ReachTrouble {
  return {
    code: 'link-lost',
    message: `the connection was lost: ${trouble.message}`,
    hint: 'try again',
    retryable: true,
  };
}

export function dialTrouble(log: string, to: string): ReachTrouble {
  const refused = /administratively prohibited/.test(log);
  return {
    code: refused ? 'failed' : 'refused',
    message: refused ? `sshd does not forward to ${to}` : `the node cannot reach ${to}`,
    hint: refused ? 'AllowTcpForwarding in its sshd_config' : 'is something listening there?',
    retryable: false,
  };
}
