import { globSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { startVitest } from 'vitest/node';
import { bugsIn, kindsOf } from './log-kinds.ts';
import { messagesOf, type RawTest, type ScenarioMessages } from './messages.ts';
import { type FreeOrder, freeOrder, recorded } from './scenario-choice.ts';

export type ScenarioFiles = {
  readonly folder: string;
  readonly globalSetup: string[];
  readonly setupFiles: string[];
};

type Contents = Readonly<Record<string, unknown>>;

/** Test files at a time; within each, one scenario after the other, so that each request belongs to one of them. */
const maxWorkers = 4;
const stepMs = 60_000;
const ending = '.test.ts';

/** Plays the scenarios; what each sent to Discord, and what kinds of lines they logged. `raw` keeps their requests meanwhile. */
export async function recordScenarios(files: ScenarioFiles, raw: string): Promise<Contents> {
  const all = globSync(`${files.folder}/**/*${ending}`);
  await play(
    all.filter((path) => recorded.includes(basename(path, ending))),
    files,
    raw,
  );
  const failed = testsIn(raw).flatMap(({ file, passed }) => (passed ? [] : [file]));
  // A step may be too late on a busy machine.
  if (failed.length > 0) await play([...new Set(failed)], files, raw);
  return await readTests(testsIn(raw));
}

async function play(
  include: string[],
  { globalSetup, setupFiles }: ScenarioFiles,
  raw: string,
): Promise<void> {
  const vitest = await startVitest('test', [], {
    watch: false,
    config: false,
    include,
    isolate: false,
    maxWorkers,
    maxConcurrency: 1,
    testTimeout: stepMs,
    hookTimeout: stepMs,
    expect: { poll: { timeout: stepMs / 3 } },
    reporters: ['dot'],
    globalSetup,
    setupFiles: [...setupFiles, join(import.meta.dirname, 'capture.ts')],
    experimental: { viteModuleRunner: false },
    provide: { truthFolder: raw },
  });
  await vitest.close();
  process.exitCode = 0; // what failed is told in the recording
}

function testsIn(raw: string): readonly RawTest[] {
  const paths = readdirSync(raw).map((name) => join(raw, name));
  return paths.map((path) => JSON.parse(readFileSync(path, 'utf8')));
}

async function readTests(tests: readonly RawTest[]): Promise<Contents> {
  const found = await Promise.all(
    tests.map(async ({ file, name, passed, requests }) => {
      const slug = name.toLowerCase().replace(/\W+/g, '-').replace(/^-|-$/g, '').slice(0, 80);
      const messages = await messagesOf(requests);
      const free = freeOrder[name];
      if (!passed) console.error(`Failed, so it is not recorded: ${name}`);
      const variants = passed ? [free ? asSet(messages, free) : messages] : [];
      return [`scenarios/${basename(file, ending)}/${slug}.json`, { variants }] as const;
    }),
  );
  for (const bug of bugsIn(tests.flatMap(({ log }) => log)))
    console.error(`A bug was logged: ${bug}`);
  return {
    ...Object.fromEntries(found),
    'log-kinds.json': kindsOf(tests.flatMap(({ log }) => log)),
  };
}

/** Different bodies of all messages that are there in every run, sorted. */
function asSet({ messages, others }: ScenarioMessages, { why, sometimes }: FreeOrder) {
  const all = Object.values(messages).flat(2);
  const texts = new Set(all.map((body) => JSON.stringify(body)));
  const steady = [...texts].filter((text) => !sometimes?.test(text)).toSorted();
  return { why, bodies: steady.map((text): unknown => JSON.parse(text)), others };
}

/** Several recordings of the same scenarios as one: each has what was seen in any run. */
export function merged(runs: readonly Contents[]): Contents {
  const all: Record<string, unknown> = {};
  for (const run of runs)
    for (const [path, content] of Object.entries(run)) all[path] = both(all[path], content);
  return all;
}

function both(one: unknown, other: unknown): unknown {
  if (one === undefined) return other;
  const distinct = (entries: readonly unknown[]) =>
    [...new Set(entries.map((entry) => JSON.stringify(entry)))]
      .toSorted()
      .map((text) => JSON.parse(text));
  if (Array.isArray(one) && Array.isArray(other)) return distinct([...one, ...other]);
  const variants = [one, other].flatMap((each) => Object(each).variants ?? []);
  return { variants: distinct(variants) };
}
