import { pathToFileURL } from 'node:url';
import { limitHeaders, RestRateLimits, usualRateLimits } from '#sandbox/rest/rest-limits.ts';
import { ChannelWriter } from '#src/discord/captions/channel-writer.ts';
import type { MessageRequests } from '#src/discord/captions/message-requests.ts';
import type { MessageResult } from '#src/discord/captions/message-wishes.ts';
import { readRateLimitHeaders } from '#src/discord/captions/rate-budget.ts';
import type { WriteRoute } from '#src/discord/captions/write-lane.ts';
import type { SyncTiming } from '#src/discord/link/timing.ts';

/** How long whole texts wait until Discord shows them, in one virtual hour. */
export type ScheduleRow = {
  readonly load: string;
  readonly utterancesPerMinute: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly longestMs: number;
  /** Longest time until the state of the panel of that moment, or a later one, was shown. */
  readonly panelLongestMs: number;
  readonly partialsShown: number;
  /** Utterances that were never shown. */
  readonly lost: number;
  readonly tooManyRequests: number;
  /** Heap after the hour, less that after five minutes of it. */
  readonly heapGrowthMb: number;
};

type Load = {
  readonly name: string;
  readonly utterancesPerMinute: number;
  readonly partials: number;
  readonly panelEveryMs?: number;
};

const hourMs = 3_600_000;
const restMs = 120;
const charsPerUtterance = 60;
const charsPerMessage = 1_500;

const loads: readonly Load[] = [
  { name: 'whole texts', utterancesPerMinute: 30, partials: 0 },
  { name: 'with partials', utterancesPerMinute: 30, partials: 3 },
  { name: 'with partials and panel', utterancesPerMinute: 30, partials: 3, panelEveryMs: 700 },
  { name: 'whole texts', utterancesPerMinute: 120, partials: 0 },
  { name: 'with partials', utterancesPerMinute: 120, partials: 3 },
  { name: 'with partials and panel', utterancesPerMinute: 120, partials: 3, panelEveryMs: 700 },
];

/** Captions of one channel under each load, over a mock of Discord that takes 120 ms and 5 requests in 5 s. */
export async function scheduleRows(forMs = hourMs): Promise<readonly ScheduleRow[]> {
  const rows: ScheduleRow[] = [];
  for (const load of loads) rows.push(await played(load, forMs));
  return rows;
}

async function played(load: Load, forMs: number): Promise<ScheduleRow> {
  const timing = new VirtualTiming();
  const random = seeded(7);
  const discord = new MockMessages(timing);
  const writer = new ChannelWriter(discord, timing);
  discord.learn = (route, headers) => writer.learn(route, headers);
  const waitsMs: number[] = [];
  const waiting: { readonly key: string; readonly lines: number; readonly atMs: number }[] = [];
  let [key, lines, written, partialsShown] = [1, 0, '', 0];
  const chat = writer.chat({
    tell(outcome) {
      if (outcome.kind !== 'shown') throw new Error(`A wish became ${outcome.kind}.`);
      const shown = Number(outcome.text.split(' ', 1)[0]);
      if (outcome.text.endsWith('…')) partialsShown++;
      for (const [at, wish] of [...waiting.entries()].reverse()) {
        if (wish.key !== outcome.key || wish.lines > shown) continue;
        waitsMs.push(outcome.atMs - wish.atMs);
        waiting.splice(at, 1);
      }
    },
    changed: () => {},
    deleting: () => {},
  });
  const textOf = (isOver: boolean) => `${lines} ${written}${isOver ? '' : ' …'}`;
  const utter = () => {
    if (written.length + charsPerUtterance > charsPerMessage)
      [key, lines, written] = [key + 1, 0, ''];
    lines++;
    written += 'x'.repeat(charsPerUtterance);
    waiting.push({ key: `${key}`, lines, atMs: timing.nowMs() });
    chat.show({ key: `${key}`, text: textOf(true), urgency: 'whole' });
    for (let n = 1; n <= load.partials; n++) {
      timing.later(n * 400, () => {
        chat.show({ key: `${key}`, text: `${textOf(false)}${'.'.repeat(n)}…`, urgency: 'partial' });
      });
    }
    timing.later((-Math.log(1 - random()) * 60_000) / load.utterancesPerMinute, utter);
  };
  const panel = new MockPanel(timing, writer, discord);
  if (load.panelEveryMs !== undefined) panel.run(load.panelEveryMs);
  utter();
  await timing.run(300_000);
  const before = heapMb();
  await timing.run(forMs);
  const heapGrowthMb = heapMb() - before;
  const atMs = timing.nowMs();
  const sorted = waitsMs.toSorted((a, b) => a - b);
  const quantile = (q: number) => Math.round(sorted[Math.floor(q * (sorted.length - 1))] ?? 0);
  return {
    load: load.name,
    utterancesPerMinute: load.utterancesPerMinute,
    p50Ms: quantile(0.5),
    p95Ms: quantile(0.95),
    longestMs: quantile(1),
    panelLongestMs: Math.round(panel.longestMs),
    partialsShown,
    lost: waiting.filter((wish) => atMs - wish.atMs > 10_000).length,
    tooManyRequests: discord.refused,
    heapGrowthMb: Number(heapGrowthMb.toFixed(1)),
  };
}

/** A panel whose state changes all the time; as that of the bot it is edited at most every 1.2 s. */
class MockPanel {
  readonly #timing: SyncTiming;
  readonly #writer: ChannelWriter;
  readonly #discord: MockMessages;
  longestMs = 0;
  #sinceMs: number | undefined;
  #isBusy = false;

  constructor(timing: SyncTiming, writer: ChannelWriter, discord: MockMessages) {
    this.#timing = timing;
    this.#writer = writer;
    this.#discord = discord;
  }

  run(everyMs: number): void {
    this.#sinceMs ??= this.#timing.nowMs();
    if (!this.#isBusy) void this.#edit();
    this.#timing.later(everyMs, () => this.run(everyMs));
  }

  async #edit(): Promise<void> {
    const sinceMs = this.#sinceMs;
    if (sinceMs === undefined) return;
    this.#isBusy = true;
    const late = () => new Error('late');
    await this.#writer.task({
      route: 'PATCH',
      urgency: 'panel',
      sinceMs,
      late,
      send: async () => {
        this.#sinceMs = undefined;
        await this.#discord.request('PATCH', '/channels/1/messages/9');
      },
    });
    this.longestMs = Math.max(this.longestMs, this.#timing.nowMs() - sinceMs);
    this.#timing.later(1_200 - restMs, () => {
      this.#isBusy = false;
      void this.#edit();
    });
  }
}

/** Messages of a channel on a Discord that answers after 120 ms; half of it is the way there. */
class MockMessages implements MessageRequests {
  refused = 0;
  learn: (route: WriteRoute, headers: Parameters<ChannelWriter['learn']>[1]) => void = () => {};
  readonly #limits = new RestRateLimits(usualRateLimits);
  readonly #timing: SyncTiming;
  #posted = 0;

  constructor(timing: SyncTiming) {
    this.#timing = timing;
  }

  async perform(operation: Parameters<MessageRequests['perform']>[0]): Promise<MessageResult> {
    const isNew = operation.kind === 'post';
    const retryAfterMs = isNew
      ? await this.request('POST', '/channels/1/messages')
      : await this.request('PATCH', '/channels/1/messages/2');
    if (retryAfterMs > 0) return { kind: 'failed', failure: { kind: 'limited', retryAfterMs } };
    if (!isNew) return { kind: 'edited' };
    const place = { channelId: '1', messageId: `${++this.#posted}` };
    return { kind: 'posted', place, text: operation.message.text };
  }

  async unarchive(): Promise<void> {}

  /** How long to wait, in ms, where it was refused. */
  async request(method: WriteRoute, path: string): Promise<number> {
    await this.#pass(restMs / 2);
    const state = this.#limits.take(method, path, this.#timing.nowMs());
    await this.#pass(restMs / 2);
    if (!state) return 0;
    const headers = readRateLimitHeaders(new Headers(limitHeaders(state, 0)));
    if (headers) this.learn(method, headers);
    if (!state.over) return 0;
    this.refused++;
    return state.resetAfterMs;
  }

  #pass(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#timing.later(ms, resolve);
    });
  }
}

type DueTimer = { readonly atMs: number; readonly order: number; readonly run: () => void };

/** Time that passes as fast as what is to happen in it. */
class VirtualTiming implements SyncTiming {
  #nowMs = 0;
  #order = 0;
  #due: DueTimer[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  later(ms: number, run: () => void): () => void {
    const one = { atMs: this.#nowMs + ms, order: this.#order++, run };
    this.#due.push(one);
    return () => {
      this.#due = this.#due.filter((other) => other !== one);
    };
  }

  async run(untilMs: number): Promise<void> {
    for (;;) {
      const next = this.#next();
      if (!next || next.atMs > untilMs) break;
      this.#due = this.#due.filter((other) => other !== next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.run();
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    }
    this.#nowMs = untilMs;
  }

  #next(): DueTimer | undefined {
    let first: DueTimer | undefined;
    for (const one of this.#due) {
      const isEarlier = !first || one.atMs < first.atMs;
      if (isEarlier || (one.atMs === first?.atMs && one.order < first.order)) first = one;
    }
    return first;
  }
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function heapMb(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  console.table(await scheduleRows());
}
