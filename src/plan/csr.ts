/** The way without the CA's key: a signing request with all the names, by the key that is in use. */
import type { Refusal } from '../model/plan.ts';
import type { San } from '../model/san.ts';
import { folderOf, shellWord } from './signing.ts';
import type { Made } from './signing-of.ts';
import type { Subject } from './subject.ts';

export function csrCommands({ facts, onDisk, inUse }: Subject, { signing }: Made): Refusal['commands'] {
  const names = signing?.planned ?? [...new Map([...onDisk, ...inUse]).values()];
  const key = signing?.keyPath ?? facts.key?.path ?? facts.apiserver?.keyPath;
  const certificate = signing?.certificatePath ?? facts.apiserver?.certificatePath;
  if (key === undefined || certificate === undefined || names.length === 0) return [];
  const request = `${folderOf(certificate)}/apiserver.csr`;
  return [
    {
      why: 'a request with every name, by the key that is in use; it changes nothing',
      command: [
        'openssl req -new -sha256 -subj /CN=kube-apiserver',
        `-key ${shellWord(key)}`,
        `-addext ${shellWord(`subjectAltName=${names.map(entryOf).join(',')}`)}`,
        '-addext keyUsage=critical,digitalSignature,keyEncipherment',
        '-addext extendedKeyUsage=serverAuth',
        `-out ${shellWord(request)}`,
      ].join(' '),
    },
    {
      why: 'look at it before it is signed',
      command: `openssl req -noout -text -in ${shellWord(request)}`,
    },
  ];
}

function entryOf({ type, value }: San): string {
  return `${type === 'ip' ? 'IP' : 'DNS'}:${value}`;
}
