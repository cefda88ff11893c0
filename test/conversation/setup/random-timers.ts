import { z } from 'zod';
import { BotError } from '#src/base/errors.ts';
import { chatWithFallbacks } from '#src/chat/chat-fallbacks.ts';
import type { ChatMessage, ChatModel, ToolCall } from '#src/chat/ports.ts';
import { type ToolEntry, tool } from '#src/conversation/ports/tool-definition.ts';
import { chained } from '#src/pipeline/chained.ts';
import type { Pipeline, Turn } from '#src/pipeline/pipeline.ts';
import type { Listening, OnPartial, Transcriber } from '#src/speech/ports.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { chainOf } from '#test/fakes/fallbacks.ts';
import { RecordedSpending } from '#test/fakes/recorded-spending.ts';
import { FakeSynthesizer } from '#test/fakes/speech.ts';
import { type CrowdAct, enact } from './random-crowd.ts';
import {
  adam,
  den,
  eva,
  lounge,
  only,
  openSessionFixture,
  pass,
  type SessionFixture,
} from './session-fixture.ts';

/** Utterance of one breath: asks for a timer of their own, adds to what was said, or makes a noise. */
type Saying = 'timer' | 'more' | 'noise';
type Fault = {
  readonly atMs: number;
  readonly kind: 'lost' | 'moved' | 'switched' | 'stop' | 'press' | 'typed';
};
/** One after the other, from the start again. */
type Moods = readonly number[];

export type TimerPlot = {
  readonly says: readonly {
    readonly saying: Saying;
    readonly ms: number;
    readonly pauseMs: number;
  }[];
  readonly faults: readonly Fault[];
  readonly recogniserMs: Moods;
  readonly thinkMs: Moods;
  readonly toolMs: Moods;
  readonly voiceMs: number;
  /** Calls whatever it is told; else it heeds what was done. */
  readonly isObstinate: boolean;
  /** Outcomes, 0 fails: requests to the model, tools at their end, and checks whether the speaker's own words ask for it. */
  readonly fails: Moods;
  readonly breaks: Moods;
  readonly asks: Moods;
};

const [stepMs, longestMs] = [20, 60_000];
const out = (what: string) => new BotError('provider.refused', true, `No ${what} today.`);
const timerIn = (text: string): number | undefined => {
  const found = [...text.matchAll(/timer (\d+)/g)].at(-1)?.[1];
  return found === undefined ? undefined : Number(found);
};

/** Moods in turns. */
function inTurns(all: Moods): () => number {
  let n = 0;
  return () => all[n++ % all.length] ?? 0;
}

/** An afternoon in which timers are asked for, each by a tool of its own, and what became of them. */
export class RandomTimers {
  readonly clock = new VirtualClock();
  readonly spending = new RecordedSpending();
  readonly voice: FakeSynthesizer;
  readonly fixture: SessionFixture;
  /** Start times of each timer's tool. */
  readonly began = new Map<number, number[]>();
  /** Times of the checks whether a timer's words ask for it. */
  readonly checked = new Map<number, number[]>();
  /** Timers that were asked for. */
  timers = 0;
  /** Requests to models. */
  requests = 0;
  underWay = 0;
  presses = 0;
  /** Answers that were begun anew after something was done. */
  anew = 0;
  readonly #plot: TimerPlot;
  readonly #turns: Readonly<
    Record<'asks' | 'breaks' | 'fails' | 'recogniserMs' | 'thinkMs' | 'toolMs', () => number>
  >;
  #sayings: string[] = [];

  constructor(one: TimerPlot) {
    this.#plot = one;
    const { asks, breaks, fails, recogniserMs, thinkMs, toolMs, voiceMs } = one;
    this.#turns = {
      asks: inTurns(asks),
      breaks: inTurns(breaks),
      fails: inTurns(fails),
      recogniserMs: inTurns(recogniserMs),
      thinkMs: inTurns(thinkMs),
      toolMs: inTurns(toolMs),
    };
    this.voice = new FakeSynthesizer({ pieces: 5, clock: this.clock, firstMs: voiceMs });
    const pipeline = this.#pipeline();
    this.fixture = openSessionFixture(
      {
        pipelines: { ...only(pipeline), names: ['chained', 'audio-model'] },
        chat: this.#checker(),
        synthesizer: this.voice,
        transcriber: this.#recogniser(),
        tools: Array.from({ length: 9 }, (_, n) => this.#tool(n)),
        spending: this.spending,
        consent: { policy: 'notice' },
      },
      [adam, eva],
      this.clock,
    );
  }

  /** Plays it to the end of the last answer. */
  async play(): Promise<void> {
    const { faults, says } = this.#plot;
    this.#sayings = says.map(({ saying }) => this.#words(saying));
    const acts = says.flatMap(({ ms: talkMs, pauseMs }): CrowdAct[] => [
      { kind: 'talk', ms: talkMs, frames: 5 },
      { kind: 'pause', ms: pauseMs },
    ]);
    await this.fixture.sessions.join(lounge, 'adam');
    await pass(this.fixture, 4_000);
    const fromMs = this.clock.nowMs();
    const { packets, endMs } = enact('adam', acts, fromMs);
    const arriving = packets.toSorted((a, b) => a.atMs - b.atMs);
    const coming = faults.toSorted((a, b) => a.atMs - b.atMs);
    const doneMs = Math.max(endMs, fromMs + (coming.at(-1)?.atMs ?? 0)) + 2_000;
    const dueOf = <T>(all: T[], isDue: (one: T) => boolean) => {
      const later = all.findIndex((one) => !isDue(one));
      return all.splice(0, later < 0 ? all.length : later);
    };
    for (let n = 0; n < longestMs / stepMs; n++) {
      const nowMs = this.clock.nowMs();
      if (nowMs > doneMs && this.#isCalm) break;
      for (const { kind } of dueOf(coming, ({ atMs }) => fromMs + atMs <= nowMs))
        this.#suffer(kind);
      await pass(
        this.fixture,
        stepMs,
        dueOf(arriving, ({ atMs }) => atMs <= nowMs + stepMs),
      );
    }
  }

  /** Number of times that a timer's tool ended like this. */
  ends(how: string, timer?: number): number {
    const all = this.fixture.of('tool').filter((one) => one.how === how);
    return all.filter((one) => timer === undefined || one.tool === `timer_${timer}`).length;
  }

  get #isCalm(): boolean {
    const queue = this.fixture.sessions.session('g')?.context.queue;
    return queue?.isFree !== false && this.underWay + this.voice.running === 0;
  }

  #words(saying: Saying): string {
    if (saying === 'noise') return '';
    return saying === 'more' ? 'It is for the pasta.' : `Please set timer ${this.timers++}.`;
  }

  #suffer(kind: Fault['kind']): void {
    const { confirmations, linkOpener, offered, sessions, settings, talk } = this.fixture;
    switch (kind) {
      case 'lost':
        linkOpener.link.lose();
        return;
      case 'moved': {
        const { channelId } = sessions.at('g') ?? lounge;
        const to = channelId === lounge.channelId ? den : lounge;
        sessions.news('g', { kind: 'moved', channelId: to.channelId });
        linkOpener.link.lose(new BotError('link.lost', false, 'A person has moved the bot.'));
        return;
      }
      case 'switched':
        void settings.set('g', 'pipeline', 'audio-model');
        return;
      case 'stop':
        talk.stop('g');
        return;
      case 'press':
        for (const press of [...offered, ...offered]) {
          this.presses++;
          void confirmations.confirm('g', press.split(':')[1] ?? '', 'adam');
        }
        return;
      case 'typed':
        void talk.ask('g', this.#words('timer'), eva, 'voice');
    }
  }

  /** Where the model fails, another one is asked. */
  #pipeline(): Pipeline {
    const chatFor = (turn: Turn) => {
      const { chain } = chainOf('chat', [this.#mind(turn), this.#mind(turn)], this.clock);
      return chatWithFallbacks(chain);
    };
    return {
      answer: (turn, host, signal) => {
        if (turn.done?.length) this.anew++;
        const chat = chatFor(turn);
        return chained({ chat, synthesizer: this.voice }).answer(turn, host, signal);
      },
    };
  }

  /** Calls the tool of the timer that was asked for last, once in an answer. */
  #mind(turn: Turn): ChatModel {
    return this.#counted(async (messages) => {
      if (this.#turns.fails() === 0) throw out('model');
      const texts = await Promise.all(turn.said.map(({ transcript }) => transcript()));
      const said = texts.map(({ text }) => text).join('\n');
      const timer = timerIn(said);
      const { done = [] } = turn;
      const rounds = messages.filter(({ role }) => role === 'assistant').length;
      const isFirst =
        rounds - turn.history.filter(({ role }) => role === 'assistant').length ===
        Math.min(1, done.length);
      const isDone = done.some(({ call }) => call.name === `timer_${timer}`);
      if (timer === undefined || !isFirst || (isDone && !this.#plot.isObstinate)) return undefined;
      return callOf(timer, said);
    });
  }

  #checker(): ChatModel {
    return this.#counted(async (messages, offered) => {
      const said = messages.at(-1)?.content ?? '';
      const timer = Number(offered[0]?.split('_')[1]);
      this.checked.set(timer, [...(this.checked.get(timer) ?? []), this.clock.nowMs()]);
      return this.#turns.asks() === 0 ? undefined : callOf(timer, said);
    });
  }

  #counted(
    decide: (
      messages: readonly ChatMessage[],
      offered: readonly string[],
    ) => Promise<ToolCall | undefined>,
  ): ChatModel {
    const timers = this;
    return {
      async *reply(messages, offered, signal) {
        timers.requests++;
        timers.underWay++;
        try {
          await timers.clock.sleep(timers.#turns.thinkMs(), signal);
          const names = offered.map(({ name }) => name);
          const call = await decide(messages, names);
          if (call && names.includes(call.name)) yield { kind: 'tool', call };
          else yield { kind: 'text', text: 'All right, that is it.' };
        } finally {
          timers.underWay--;
        }
      },
    };
  }

  #tool(timer: number): ToolEntry {
    return tool({
      name: `timer_${timer}`,
      description: 'Sets a timer.',
      schema: z.strictObject({ timer: z.number(), text: z.string().optional() }),
      right: 'anyone',
      effect: 'last',
      ask: ({ text = '' }) => ({
        id: 'tool.external.ask',
        with: { tool: 'timer', given: `${timer} ${text}` },
      }),
      run: async (_call, _ports, signal) => {
        this.began.set(timer, [...(this.began.get(timer) ?? []), this.clock.nowMs()]);
        const breaks = this.#turns.breaks() === 0;
        this.underWay++;
        try {
          await this.clock.sleep(this.#turns.toolMs(), signal);
        } finally {
          this.underWay--;
        }
        if (breaks) throw out('tool');
        return { facts: { number: timer } };
      },
    });
  }

  /** Live recogniser: one session for each breath. */
  #recogniser(): Transcriber {
    let opened = 0;
    const settle = async (n: number, signal: AbortSignal) => {
      this.underWay++;
      try {
        await this.clock.sleep(this.#turns.recogniserMs(), signal);
        return { text: this.#sayings[n] ?? '' };
      } finally {
        this.underWay--;
      }
    };
    return {
      async *transcribe() {
        yield { kind: 'final', transcript: { text: '' } };
      },
      listen(_onPartial: OnPartial, signal: AbortSignal): Listening {
        const n = opened++;
        return {
          push: () => undefined,
          settle: (ask) => settle(n, AbortSignal.any([signal, ask])),
          [Symbol.dispose]: () => undefined,
        };
      },
    };
  }
}

/** With what was added, where anything was. */
function callOf(timer: number, said: string): ToolCall {
  const text = /pasta/.test(said) ? { text: 'the pasta' } : {};
  return {
    id: `call_${timer}`,
    name: `timer_${timer}`,
    argumentsJson: JSON.stringify({ timer, ...text }),
  };
}
