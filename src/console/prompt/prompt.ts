import { addAbortSignal, type Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** Longest line, in characters; the rest is dropped. */
const longestChars = 16_000;

/**
 * Lines of a terminal, a pipe or a file, read no faster than they are taken; one that cannot be read has none.
 *
 * Aborting `signal` ends them.
 */
export async function* pipeLines(source: Readable, signal: AbortSignal): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  try {
    for await (const bytes of addAbortSignal(signal, source)) {
      const [first = '', ...more] = decoder.write(bytes).split('\n');
      rest = (rest + first).slice(0, longestChars);
      for (const next of more) {
        yield rest;
        rest = next.slice(0, longestChars);
      }
    }
  } catch {
    return; // a closed descriptor or a folder: there is no input
  }
  if (rest !== '') yield rest;
}
