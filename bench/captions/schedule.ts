import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { percentile } from '#bench/table.ts';
import { limitHeaders, RestRateLimits, usualRateLimits } from '#sandbox/rest/rest-limits.ts';
import { seededRandom } from '#sandbox/seeded-random.ts';
import type { CaptionChat } from '#src/conversation/ports/caption-chats.ts';
import type { DisplayOutcome } from '#src/conversation/ports/desired-message.ts';
import { ChannelWriter } from '#src/discord/captions/channel-writer.ts';
import type { MessageResult } from '#src/discord/captions/desired-messages.ts';
import type { MessageRequests } from '#src/discord/captions/message-requests.ts';
import { readRateLimitHeaders } from '#src/discord/captions/rate-budget.ts';
import type { WriteRoute } from '#src/discord/captions/write-lane.ts';
import type { SyncTiming } from '#src/discord/link/timing.ts';
import { CaptionMessages } from '#src/features/captions/caption-messages.ts';
import { CaptionLayout } from '#src/features/captions/live/caption-layout.ts';

/** Time until Discord shows whole texts, in one virtual hour. */
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
  /** Heap after the hour, less that before it. */
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
/** After which as much is remembered as ever: messages are forgotten after an hour, ten minutes late. */
const usualWarmUpMs = 75 * 60_000;
const peopleCount = 10;
const wordsPerUtterance = 12;
const texts = { notUnderstood: '(not understood)', stopped: '(stopped)', unnamed: 'somebody' };
/** The collector of V8, which no flag needs to be given for. */
setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

const loads: readonly Load[] = [
  { name: 'whole texts', utterancesPerMinute: 30, partials: 0 },
  { name: 'with partials', utterancesPerMinute: 30, partials: 3 },
  { name: 'with partials and panel', utterancesPerMinute: 30, partials: 3, panelEveryMs: 700 },
  { name: 'whole texts', utterancesPerMinute: 120, partials: 0 },
  { name: 'with partials', utterancesPerMinute: 120, partials: 3 },
  { name: 'with partials and panel', utterancesPerMinute: 120, partials: 3, panelEveryMs: 700 },
];

/** Captions of one channel under each load, over a mock of Discord that takes 120 ms and 5 requests in 5 s. */
export async function scheduleRows(
  forMs = hourMs,
  warmUpMs = usualWarmUpMs,
): Promise<readonly ScheduleRow[]> {
  const rows: ScheduleRow[] = [];
  for (const load of loads) rows.push(await played(load, forMs, warmUpMs));
  return rows;
}

async function played(load: Load, forMs: number, warmUpMs: number): Promise<ScheduleRow> {
  const timing = new VirtualTiming();
  const discord = new MockMessages(timing);
  const writer = new ChannelWriter(discord, timing);
  discord.learn = (route, headers) => writer.learn(route, headers);
  const talk = new SimulatedLines(timing, writer, load);
  const panel = new MockPanel(timing, writer, discord);
  if (load.panelEveryMs !== undefined) panel.run(load.panelEveryMs);
  talk.run();
  await timing.run(warmUpMs);
  const before = heapMb();
  await timing.run(warmUpMs + forMs);
  const heapGrowthMb = heapMb() - before;
  const at = (part: number) => Math.round(percentile(talk.tookMs, part));
  return {
    load: load.name,
    utterancesPerMinute: load.utterancesPerMinute,
    p50Ms: at(0.5),
    p95Ms: at(0.95),
    longestMs: at(1),
    panelLongestMs: Math.round(panel.longestMs),
    partialsShown: talk.partialsShown,
    lost: talk.lost,
    tooManyRequests: discord.refused,
    heapGrowthMb: Number(heapGrowthMb.toFixed(1)),
  };
}

/** People of whom somebody says something now and then, shown as the session shows it. */
class SimulatedLines {
  readonly tookMs: number[] = [];
  partialsShown = 0;
  readonly #timing: VirtualTiming;
  readonly #load: Load;
  readonly #live: CaptionMessages;
  readonly #random = seededRandom(7);
  /** When all words of a line were known, until they are shown. */
  readonly #waiting = new Map<number, number>();
  #number = 0;

  constructor(timing: VirtualTiming, writer: ChannelWriter, load: Load) {
    this.#timing = timing;
    this.#load = load;
    this.#live = new CaptionMessages({
      chat: this.#chat(writer),
      layout: new CaptionLayout({ startedAtWallMs: 0, texts }),
      clock: timing,
      onPlaced: () => undefined,
      onDeleted: () => undefined,
      onTrouble: ({ kind }) => {
        throw new Error(`The captions are ${kind}.`);
      },
      onShown: (number, atMs) => this.#shown(number, atMs),
    });
  }

  /** Words that were never shown although there was time. */
  get lost(): number {
    const nowMs = this.#timing.nowMs();
    return [...this.#waiting.values()].filter((atMs) => nowMs - atMs > 10_000).length;
  }

  run(): void {
    const { partials, utterancesPerMinute } = this.#load;
    this.#number += 1;
    const number = this.#number;
    const person = number % peopleCount;
    const speaker = { kind: 'person', personId: `${person}`, name: `Person ${person}` } as const;
    const startMs = this.#timing.nowMs();
    const words = Array.from({ length: wordsPerUtterance }, (_, n) => `w${number + n}`);
    const [base, spokenMs] = [{ number, speaker, startMs }, 400 * (partials + 1)];
    for (let n = 1; n <= partials; n++) {
      const text = words.slice(0, n * 2).join(' ');
      this.#timing.later(n * 400, () => this.#live.put({ ...base, text, state: 'partial' }));
    }
    this.#timing.later(spokenMs, () => {
      const endMs = this.#timing.nowMs();
      this.#waiting.set(number, endMs);
      this.#live.put({ ...base, endMs, text: words.join(' '), state: 'final' });
    });
    const pauseMs = (-Math.log(1 - this.#random()) * 60_000) / utterancesPerMinute;
    this.#timing.later(pauseMs, () => this.run());
  }

  #shown(number: number, atMs: number): void {
    const sinceMs = this.#waiting.get(number);
    if (sinceMs === undefined) throw new Error(`Line ${number} was shown twice.`);
    this.#waiting.delete(number);
    this.tookMs.push(atMs - sinceMs);
  }

  #chat(writer: ChannelWriter): CaptionChat {
    let listener: (outcome: DisplayOutcome) => void = () => undefined;
    const messages = writer.chat({
      report: (outcome) => {
        if (outcome.kind === 'shown' && outcome.text.includes('…')) this.partialsShown += 1;
        listener(outcome);
      },
      changed: () => undefined,
      deleting: () => undefined,
    });
    return {
      channelId: '1',
      show: (desired) => messages.show(desired),
      onOutcome: (reported) => {
        listener = reported;
      },
      flush: async () => undefined,
      close: () => undefined,
    };
  }
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

  /** Wait in ms after a refusal; 0 if the request was let through. */
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

function heapMb(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed / 2 ** 20;
}
