import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import {
  type KeptBrowser,
  keptBrowsersSchema,
} from '#src/web/http/entered-browsers.ts';

const recordSchema = z.object({
  madeAtMs: z.number(),
  browsers: keptBrowsersSchema.default([]),
});

/** Facts of a sandbox that outlive a restart over the same file. Without a file nothing is kept. */
export class KeptSandbox {
  /** Time of the first start, in ms: ids of the server, and stored rows with them, stay. */
  readonly madeAtMs: number;
  /** Browsers that were let in before. The key of the link is new at each start. */
  readonly browsers: readonly KeptBrowser[];
  readonly #file: string | undefined;

  /** Reads the file, and writes it where it holds anything else than this version keeps. */
  constructor(file: string | undefined, nowMs: number) {
    this.#file = file;
    const { madeAtMs, browsers } = readRecord(file) ?? {
      madeAtMs: nowMs,
      browsers: [],
    };
    this.madeAtMs = madeAtMs;
    this.browsers = browsers;
    this.keepBrowsers(browsers);
  }

  /** Writes the browsers that are let in now. The file holds hashes alone, for the bot's user. */
  keepBrowsers(browsers: readonly KeptBrowser[]): void {
    if (this.#file === undefined) return;
    const record = { madeAtMs: this.madeAtMs, browsers };
    writeFileSync(this.#file, JSON.stringify(record), { mode: 0o600 });
  }
}

function readRecord(file: string | undefined) {
  if (file === undefined) return undefined;
  try {
    return recordSchema.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data;
  } catch {
    return undefined; // the first start, or a file that was cut
  }
}
