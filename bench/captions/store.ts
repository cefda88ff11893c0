import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { percentile } from '#bench/table.ts';
import { realClock } from '#src/base/clock.ts';
import type { TranscriptLine, TranscriptSession } from '#src/features/captions/transcript-line.ts';
import type { Audience, TranscriptSearch } from '#src/features/captions/transcript-store-types.ts';
import { openTranscripts } from '#src/storage/transcripts/open-transcripts.ts';
import type { TranscriptStore } from '#src/storage/transcripts/transcripts-path.ts';

export const storeHead = ['transcripts', 'p50 ms', 'p95 ms', 'target'] as const;

const guildId = '700000000000000001';
const linesPerSession = 500;
const people = 20;
const forgotten = '781204563312098765';
const canaries = [forgotten, 'xylokarp', 'Zyprianne'];
const startedAtWallMs = Date.UTC(2026, 10, 1);

/** Words by how frequent they are, as in speech: the n-th is in a share of lines like 1 / (n + 2.7). */
const vocabulary = 30_000;
const cumulated = cumulate();

type Scope = readonly [string, Audience, Partial<TranscriptSearch>];

const everybody: Audience = [{ personId: '9', openPlaceIds: ['200'] }];
const dayMs = 86_400_000;
const scopes: readonly Scope[] = [
  ['all lines known', everybody, {}],
  ['half known to both of two people', [seated('1'), seated('2')], {}],
  ['one old session known', [seated('4')], {}],
  ['one old day', everybody, { fromWallMs: startedAtWallMs, toWallMs: startedAtWallMs + dayMs }],
];
/** The session in which person 4 sat. */
const oldSession = 10;

const kinds: readonly (readonly [string, (random: () => number, n: number) => number])[] = [
  ['frequent', (random) => Math.floor(random() * 20)],
  ['rare', (random) => 1_000 + Math.floor(random() * 20_000)],
  ['medium', (random) => 60 + Math.floor(random() * 300)],
  ['mixed', (random, n) => Math.floor(n % 2 === 0 ? random() * 20 : 200 + random() * 5_000)],
];

/** Rows under `storeHead`: searches by words and audience, forgetting, and how late a timer of the main thread was. */
export async function benchStore(lines = 1_000_000): Promise<readonly (readonly string[])[]> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-bench-'));
  try {
    await using store = openTranscripts(folder, realClock, (event) => {
      if (event.kind === 'refused') throw event.error;
    });
    const fillMs = await timed(() => fill(store, lines));
    const rows = [row(`${lines} lines written, ${megabytes(folder)} MB`, [fillMs], '')];
    const late: number[] = [];
    using _timer = watchTimer(late);
    for (const scope of scopes) rows.push(...(await searches(store, scope)));
    rows.push(row('20 ms timer, late by, while searching', late.splice(0), '20'));
    rows.push(...(await forget(store, folder)));
    rows.push(row('20 ms timer, late by, while forgetting', late.splice(0), '20'));
    return rows;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function searches(store: TranscriptStore, [who, audience, filter]: Scope) {
  const all: number[] = [];
  const rows: string[][] = [];
  for (const [kind, rank] of kinds) {
    for (const words of [1, 2, 4, 8]) {
      const random = randomOf(words);
      const times: number[] = [];
      for (let n = 0; n < 30; n++) {
        const query = Array.from({ length: words }, (_, at) => wordOf(rank(random, at))).join(' ');
        const search = { guildId, words: query, limit: 10, ...filter };
        times.push(await timed(() => store.reader.search(search, audience)));
      }
      rows.push(row(`${words} ${kind} words, ${who}`, times, '50'));
      all.push(...times);
    }
  }
  return [...rows, row(`every search, ${who}`, all, '50')];
}

async function forget(store: TranscriptStore, folder: string) {
  if (canariesIn(folder).length !== canaries.length) throw new Error('a canary was never written');
  let count = 0;
  const tookMs = await timed(async () => {
    ({ count } = await store.eraser.forget(guildId, forgotten));
  });
  const left = canariesIn(folder);
  if (left.length > 0) throw new Error(`still in the files: ${left.join(', ')}`);
  const one = await timed(() => store.eraser.forget(guildId, '3', sessionId(0)));
  return [
    row(`${count} lines forgotten, no canary in any file`, [tookMs], '60000'),
    row('one person in one session forgotten', [one], '60000'),
  ];
}

async function fill(store: TranscriptStore, lines: number): Promise<void> {
  const random = randomOf(7);
  for (let session = 0; session * linesPerSession < lines; session++) {
    await store.writer.putSession(sessionOf(session));
    const id = sessionId(session);
    await store.writer.putLines(
      Array.from({ length: linesPerSession }, (_, n) => lineOf(id, n + 1, random)),
    );
    const halfMs = (linesPerSession * 3_000) / 2;
    await store.writer.putPresences([
      { sessionId: id, personId: '1', fromMs: 0, toMs: session % 2 === 0 ? halfMs * 2 : halfMs },
      { sessionId: id, personId: '2', fromMs: session % 2 === 0 ? halfMs : 0 },
    ]);
  }
  const seat = { sessionId: sessionId(oldSession), personId: '4', fromMs: 0 };
  await store.writer.putPresences([seat]);
}

function sessionOf(session: number): TranscriptSession {
  const startMs = startedAtWallMs + session * 3_600_000;
  return {
    id: sessionId(session),
    guildId,
    channelId: '100',
    channelName: 'Lounge',
    placeId: '200',
    startedAtWallMs: startMs,
    endedAtWallMs: startMs + 1_800_000,
    catchUp: true,
  };
}

function lineOf(id: string, number: number, random: () => number): TranscriptLine {
  const person = number % people;
  const length = 3 + Math.floor(random() * 14);
  const words = Array.from({ length }, () => wordOf(rankAt(random())));
  const isForgotten = person === 0;
  return {
    sessionId: id,
    number,
    speaker: isForgotten
      ? { kind: 'person', personId: forgotten, name: 'Zyprianne' }
      : { kind: 'person', personId: `${person}`, name: `Person ${person}` },
    startMs: number * 3_000,
    endMs: number * 3_000 + 1_500,
    text: (isForgotten ? [...words, 'xylokarp'] : words).join(' '),
    language: 'en',
    confidence: 0.9,
    post: { channelId: '200', messageId: `${id}-${Math.ceil(number / 5)}` },
  };
}

function sessionId(session: number): string {
  return `session-${session}`;
}

function seated(personId: string): Audience[0] {
  return { personId, openPlaceIds: [] };
}

function cumulate(): Float64Array {
  const sums = new Float64Array(vocabulary);
  let sum = 0;
  for (let rank = 0; rank < vocabulary; rank++) sums[rank] = sum += 1 / (rank + 2.7);
  return sums.map((value) => value / sum);
}

function rankAt(part: number): number {
  let [from, to] = [0, vocabulary - 1];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((cumulated[middle] ?? 1) < part) from = middle + 1;
    else to = middle;
  }
  return from;
}

function wordOf(rank: number): string {
  return `w${rank.toString(36)}`;
}

/** Numbers from 0 to 1, the same for a seed in every run (xorshift). */
function randomOf(seed: number): () => number {
  let state = seed * 2_654_435_761;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const fromMs = performance.now();
  await work();
  return performance.now() - fromMs;
}

/** Notes how late each timer of 20 ms was, as a frame would be. */
function watchTimer(late: number[]): Disposable {
  const over = new AbortController();
  const watch = async () => {
    while (!over.signal.aborted) {
      const fromMs = performance.now();
      await wait(20);
      late.push(performance.now() - fromMs - 20);
    }
  };
  void watch();
  return { [Symbol.dispose]: () => over.abort() };
}

function canariesIn(folder: string): readonly string[] {
  const files = readdirSync(folder).map((name) => readFileSync(join(folder, name)));
  return canaries.filter((canary) => files.some((bytes) => bytes.includes(canary)));
}

function megabytes(folder: string): number {
  const bytes = readdirSync(folder).map((name) => statSync(join(folder, name)).size);
  return Math.round(bytes.reduce((sum, one) => sum + one, 0) / 1e6);
}

function row(what: string, times: readonly number[], target: string): string[] {
  const at = (part: number) => percentile(times, part).toFixed(1);
  return [what, at(0.5), at(0.95), target];
}
