/** The frames of one reply by their names, as text or bytes. */
import type { Reply } from '../../reach/reader.ts';

export interface NodeReply {
  readonly root: string;
  readonly has: (name: string) => boolean;
  readonly text: (name: string) => string;
  readonly bytes: (name: string) => Uint8Array;
}

/** Of a name that comes twice, the first counts. A frame that is not there is empty. */
export function nodeReply({ frames }: Reply): NodeReply {
  const byName = new Map<string, Uint8Array>();
  for (const { name, bytes } of frames) if (!byName.has(name)) byName.set(name, bytes);
  const bytes = (name: string) => byName.get(name) ?? new Uint8Array();
  const text = (name: string) => Buffer.from(bytes(name)).toString('utf8');
  const [, root = ''] = /^root\t(.*)$/m.exec(text('system')) ?? [];
  return { root, has: (name) => byName.has(name), text, bytes };
}
