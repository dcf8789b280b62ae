/** Bytes to text in pieces: UTF-8, or UTF-16 where a byte order mark says so (PowerShell writes that). */

import { TextDecoder } from 'node:util';

export interface Decoder {
  readonly push: (bytes: Uint8Array) => string;
  readonly end: () => string;
}

export function startDecoding(): Decoder {
  let decoder: TextDecoder | undefined;
  let held = new Uint8Array(0);
  return {
    push(bytes) {
      if (decoder !== undefined) return decoder.decode(bytes, { stream: true });
      held = Buffer.concat([held, bytes]);
      // Two bytes tell the mark.
      if (held.length < 2) return '';
      decoder = decoderFor(held);
      return decoder.decode(held, { stream: true });
    },
    end() {
      if (decoder === undefined) return new TextDecoder().decode(held);
      return decoder.decode();
    },
  };
}

function decoderFor([first, second]: Uint8Array): TextDecoder {
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le');
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be');
  return new TextDecoder();
}

export function decodeText(bytes: Uint8Array): string {
  const decoder = startDecoding();
  return decoder.push(bytes) + decoder.end();
}
