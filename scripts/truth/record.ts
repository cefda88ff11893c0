import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  codes,
  openTraced,
  scenarioFiles,
  serverSettings,
  settingsSchema,
  texts,
} from './adapter.ts';
import { recordExits, recordRegistration } from './exits.ts';
import { written } from './json-text.ts';
import { recordLive } from './live.ts';
import { logCalls } from './log-calls.ts';
import { merged, recordScenarios } from './scenarios.ts';
import { traceOf } from './traces.ts';

/** Contents of files by path: JSON, or a list of lines where the path ends in `.txt`. */
type Contents = Readonly<Record<string, unknown>>;

export type RecordOptions = {
  /** Left out: all of them. */
  readonly only?: readonly string[] | undefined;
  readonly seeds: number;
  /** How often the scenarios are played. */
  readonly runs: number;
};

/** Each kind of thing that is seen from outside, and how it is recorded into a folder for temporary files. */
const kinds: Readonly<
  Record<string, (folder: string, options: RecordOptions) => Promise<Contents> | Contents>
> = {
  codes: () => ({ 'alerts.json': codes.alerts, 'error-codes.json': codes.errorCodes }),
  texts: () => {
    const all = texts();
    const files = all.map(([tag, entries]) => [
      `texts/${tag}.json`,
      Object.fromEntries(entries.map(([id, { text }]) => [id, text])),
    ]);
    const ids = [...new Set(all.flatMap(([, entries]) => entries.map(([id]) => id)))].toSorted();
    return { ...Object.fromEntries(files), 'texts/ids.json': ids };
  },
  settings: async () => ({
    'settings/env-example.txt': readFileSync('.env.example', 'utf8').split('\n'),
    'settings/schema.json': settingsSchema(),
    'settings/server.json': await serverSettings(),
  }),
  'log-calls': () => ({ 'log-calls.txt': logCalls() }),
  registration: async () => ({ 'registration.json': await recordRegistration() }),
  exits: async () => ({ 'exits.json': await recordExits() }),
  live: (folder) => recordLive(folder),
  async traces(_folder, { seeds }) {
    const all: Record<string, unknown> = {};
    for (let seed = 0; seed < seeds; seed++)
      all[`traces/${`${seed}`.padStart(3, '0')}.txt`] = await traceOf(seed, openTraced);
    return all;
  },
  async scenarios(folder, { runs }) {
    const all: Contents[] = [];
    for (let run = 0; run < runs; run++)
      all.push(await recordScenarios(scenarioFiles, join(folder, `run-${run}`)));
    return merged(all);
  },
};

export const kindNames = Object.keys(kinds);

/** Writes what this checkout shows from outside into a folder, kind after kind. */
export async function record(into: string, options: RecordOptions): Promise<void> {
  for (const [name, make] of Object.entries(kinds)) {
    if (options.only && !options.only.includes(name)) continue;
    const beganMs = performance.now();
    const folder = mkdtempSync(join(tmpdir(), 'parley-truth-'));
    try {
      const contents = await make(folder, options);
      for (const [path, content] of Object.entries(contents)) write(join(into, path), content);
      const tookSeconds = Math.round((performance.now() - beganMs) / 1_000);
      console.log(`${name}: ${Object.keys(contents).length} files in ${tookSeconds} s`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
}

function write(path: string, content: unknown): void {
  mkdirSync(dirname(path), { recursive: true });
  const isText = path.endsWith('.txt') && Array.isArray(content);
  writeFileSync(path, isText ? `${content.join('\n')}\n` : written(content));
}
