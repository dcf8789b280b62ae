/** Frames as one text, which can be changed like any other, and back. */
import type { Reply } from '../../src/reach/reader.ts';

export type Frames = Readonly<Record<string, string>>;

export function textOfFrames(frames: Frames): string {
  return Object.entries(frames)
    .map(([name, text]) => `\n@@${name}\n${text}`)
    .join('');
}

export function framesIn(bytes: Buffer): Reply {
  const parts = bytes.toString('latin1').split('\n@@').slice(1);
  const frames = parts.slice(0, 2000).map((part) => {
    const at = part.indexOf('\n');
    const name = at === -1 ? part : part.slice(0, at);
    return { name, bytes: Buffer.from(at === -1 ? '' : part.slice(at + 1), 'latin1') };
  });
  return { frames, talk: '' };
}

/** Names of frames as pieces, since a text that is put together from pieces shall hit some of them. */
export function piecesOf(frames: Frames): readonly string[] {
  return [...Object.keys(frames).map((name) => `\n@@${name}\n`), '\n', '\t', ' ', '0', 'x'];
}
