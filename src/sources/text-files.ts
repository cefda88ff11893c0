import type { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import { fetchSource } from '#src/sources/fetch/fetch.ts';
import type { Resolve } from '#src/sources/fetch/name-resolver.ts';
import type { FileReader, SoundFile } from '#src/sources/fetch/ports.ts';
import { refusals } from '#src/sources/fetch/refusals.ts';

export type TextFileRules = {
  readonly allowed: AllowedHosts;
  readonly resolve?: Resolve;
  /** From the first request to the last byte. */
  readonly deadlineMs?: number;
};

const usualDeadlineMs = 10_000;
/** What a text file may be called by those who serve it. */
const textTypes = /^(text\/|application\/(json|.+\+json|octet-stream)|binary\/octet-stream)/;

/** Fetches text files behind the guard of all that comes from outside. */
export class TextFiles implements FileReader {
  readonly #rules: TextFileRules;

  constructor(rules: TextFileRules) {
    this.#rules = rules;
  }

  /** As `FileReader.read`. */
  async read(file: SoundFile, mostBytes: number, signal: AbortSignal): Promise<Uint8Array> {
    const { deadlineMs = usualDeadlineMs } = this.#rules;
    if ((file.sizeBytes ?? 0) > mostBytes) throw refusals.tooBig(mostBytes);
    const deadline = AbortSignal.timeout(deadlineMs);
    const rules = { ...this.#rules, mostBytes, types: textTypes };
    try {
      const pieces: Uint8Array[] = [];
      const until = AbortSignal.any([signal, deadline]);
      for await (const bytes of fetchSource(file.url, rules, until)) pieces.push(bytes);
      return Buffer.concat(pieces);
    } catch (cause) {
      signal.throwIfAborted();
      if (!deadline.aborted) throw cause;
      throw refusals.unreachable(`it was not there after ${deadlineMs / 1000} s`);
    }
  }
}
