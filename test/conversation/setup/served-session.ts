import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'vitest';
import { openEngines } from '#src/app/engines/engines.ts';
import { pipelinesOf } from '#src/app/engines/pipelines.ts';
import type { Packet } from '#src/audio/packet.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import type { Clock } from '#src/base/clock.ts';
import { readConfig } from '#src/config/config.ts';
import { tools } from '#src/features/features.ts';
import type { PipelineName } from '#src/pipeline/pipeline.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import type { AddressingMode } from '#src/turn/addressing/addressing-windows.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { type MockReply, replyTo } from '#test/fakes/providers/chat.ts';
import type { Pace } from '#test/fakes/providers/mock-settings.ts';
import {
  instantPace,
  type MockProviders,
  openMockProviders,
} from '#test/fakes/providers/providers.ts';
import { RecordedSpending } from '#test/fakes/recorded-spending.ts';
import type { RecordedUtterances } from '#test/fakes/speakers/utterances.ts';
import { hears, packetsOf, type SayingName } from './sayings.ts';
import {
  adam,
  eva,
  lounge,
  openSessionFixture,
  pass,
  type SessionFixture,
} from './session-fixture.ts';
import { askedIn, linesIn, running, type ShownRequest } from './shown-requests.ts';

export type ServedOptions = {
  readonly replies?: readonly MockReply[];
  readonly pace?: Partial<Pace>;
  readonly people?: readonly ChannelMember[];
  /** Default: everything is meant for the bot. */
  readonly addressing?: AddressingMode;
  /** More settings of the operator, given the address of the servers. */
  readonly settings?: (baseUrl: string) => Readonly<Record<string, string>>;
  /** Wants everybody's words. */
  readonly listener?: RecordedUtterances;
};

const longestMs = 60_000;
/** Those it may not hear are told so; then it is quiet. */
const greetingMs = 4_000;
/** Real time in a step of 20 ms in which a server is at work. */
const workMs = 1;

type Props = {
  readonly fixture: SessionFixture;
  readonly providers: MockProviders;
  readonly spending: RecordedSpending;
  readonly heard: readonly string[];
  readonly talked: readonly ShownRequest[];
  readonly stack: AsyncDisposableStack;
};

/** A session that Adam called in, answered by one of the pipelines, with all its servers on this machine; time is virtual, and their work takes real time besides. */
export class ServedSession implements AsyncDisposable {
  readonly fixture: SessionFixture;
  readonly providers: MockProviders;
  readonly spending: RecordedSpending;
  /** Texts that servers recognised from whole recordings. */
  readonly heard: readonly string[];
  readonly #talked: readonly ShownRequest[];
  readonly #stack: AsyncDisposableStack;
  readonly #leftAtMs: number[] = [];

  constructor({ fixture, providers, spending, heard, talked, stack }: Props) {
    this.fixture = fixture;
    this.providers = providers;
    this.spending = spending;
    this.heard = heard;
    this.#talked = talked;
    this.#stack = stack;
    fixture.linkOpener.link.onLeft = (_frame, atMs) => this.#leftAtMs.push(atMs);
  }

  /** Name of the pipeline that answers now. */
  get name(): PipelineName {
    return this.fixture.sessions.settings.in(lounge.guildId).pipeline;
  }

  /** Lets time pass; servers get some of their own where they are at work. */
  async pass(ms: number, packets: readonly Packet[] = []): Promise<void> {
    const { clock } = this.fixture;
    for (const endMs = clock.nowMs() + ms; clock.nowMs() < endMs; ) {
      const nowMs = clock.nowMs();
      const due = packets.filter(({ atMs }) => atMs > nowMs && atMs <= nowMs + 20);
      await pass(this.fixture, 20, due);
      if (this.running.length > 0) await wait(workMs);
    }
  }

  /** Lets time pass until it holds. */
  async until(holds: () => boolean, what: string): Promise<void> {
    const { clock } = this.fixture;
    for (const endMs = clock.nowMs() + longestMs; !holds(); await this.pass(20)) {
      expect(clock.nowMs(), what).toBeLessThan(endMs);
    }
  }

  /** A second after which nothing is under way any more. */
  async settle(): Promise<void> {
    await this.pass(1_000);
    await this.until(() => this.running.length === 0, 'the end of all that goes on');
  }

  /** The packets of it, were it said `inMs` from now. */
  packets(saying: SayingName, who: ChannelMember, inMs = 0): Promise<Packet[]> {
    return packetsOf(saying, who, this.fixture.clock.nowMs() + 20 + inMs);
  }

  /** It is said, up to `ms` of it. */
  async say(
    saying: SayingName,
    who: ChannelMember = adam,
    ms = Number.POSITIVE_INFINITY,
  ): Promise<void> {
    const nowMs = this.fixture.clock.nowMs();
    const packets = (await this.packets(saying, who)).filter(({ atMs }) => atMs <= nowMs + ms);
    await this.pass((packets.at(-1)?.atMs ?? nowMs) - nowMs, packets);
  }

  /** It is said, and answered to the end. */
  async ask(saying: SayingName, who: ChannelMember = adam) {
    const { length } = this.fixture.of('answered');
    await this.say(saying, who);
    await this.until(() => this.fixture.of('answered').length > length, `an answer to ${saying}`);
    return this.fixture.of('answered').at(-1);
  }

  /** Milliseconds of the bot's sound among the last so many; a cue is short. */
  soundedMs(ms: number): number {
    const sinceMs = this.fixture.clock.nowMs() - ms;
    return 20 * this.#leftAtMs.filter((atMs) => atMs > sinceMs).length;
  }

  /** Requests for answers, oldest first. */
  get asked(): readonly ShownRequest[] {
    return this.name === 'realtime' ? this.#talked : askedIn(this.providers);
  }

  /** Lines of the last request. */
  get shown(): readonly string[] {
    return this.asked.at(-1)?.lines ?? [];
  }

  /** Work that servers are doing now. */
  get running(): readonly string[] {
    return running(this.providers);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

export async function openServed(
  name: PipelineName,
  given: ServedOptions = {},
): Promise<ServedSession> {
  await using stack = new AsyncDisposableStack();
  const clock = new VirtualClock();
  const { providers, heard, talked } = await openServers(given, clock);
  stack.use(providers);
  const config = configFor(name, providers, given.settings?.(providers.baseUrl));
  const engines = stack.use(await openEngines(config, () => undefined));
  const [chat, spending] = [engines.chat('Nova'), new RecordedSpending()];
  const { transcriber, synthesizer, warm } = engines;
  const pipelines = pipelinesOf(config, engines, chat);
  const { addressing = 'always', listener } = given;
  const parts = { transcriber, synthesizer, warm, chat, spending, tools, pipelines, addressing };
  const wanted = listener && { listener };
  const fixture = openSessionFixture({ ...parts, ...wanted }, given.people ?? [adam, eva], clock);
  stack.use(fixture.sessions);
  await fixture.sessions.join(lounge, 'adam');
  const all = stack.move();
  const served = new ServedSession({ fixture, providers, spending, heard, talked, stack: all });
  await served.pass(greetingMs);
  return served;
}

/** Realtime servers get names as items of their own, so replies are chosen as if there were one before the words. */
async function openServers({ replies = [], pace }: ServedOptions, clock: Clock) {
  const [heard, talked]: [string[], ShownRequest[]] = [[], []];
  const note = (pcm: Pcm): string => {
    const text = hears(pcm);
    heard.push(text);
    return text;
  };
  const answer = (newest: string) => {
    talked.push({ lines: linesIn(providers.talk.calls.at(-1)?.items ?? []) });
    const content = newest.startsWith('{') ? newest : `Somebody: ${newest}`;
    return replyTo({ messages: [{ role: 'user', content }] }, replies);
  };
  const soundSpeed = pace?.soundSpeed ?? Number.POSITIVE_INFINITY;
  const providers = await openMockProviders({
    clock,
    replies,
    pace: { ...instantPace, ...pace },
    hears: note,
    talk: { soundSpeed, answer },
  });
  return { providers, heard, talked };
}

function configFor(
  name: PipelineName,
  { baseUrl }: MockProviders,
  more: Readonly<Record<string, string>> = {},
) {
  const read = readConfig({
    PIPELINE: name,
    TRANSCRIPTION_BASE_URL: baseUrl,
    CHAT_COMPLETION_BASE_URL: baseUrl,
    CHAT_COMPLETION_MODEL: 'writes',
    SPEECH_BASE_URL: baseUrl,
    AUDIO_MODEL_NAME: 'hears',
    REALTIME_BASE_URL: baseUrl.replace('http', 'ws'),
    REALTIME_MODEL: 'talks',
    ...more,
  });
  if (read.kind === 'bad') throw new Error(read.mistakes.join('\n'));
  return read.config;
}
