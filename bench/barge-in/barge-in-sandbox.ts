import { setTimeout as wait } from 'node:timers/promises';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import { openSandbox } from '#sandbox/sandbox.ts';
import type { SandboxGuild } from '#sandbox/sandbox-guild.ts';
import type { SpokenTimes } from '#sandbox/voice/voice-ports.ts';
import { energyDb } from '#src/audio/loudness.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import { realClock } from '#src/base/clock.ts';
import { BotProcess, type LogLine } from '#test/fakes/bot-process.ts';
import type { MockSettings } from '#test/fakes/providers/mock-settings.ts';
import { openMockProviders } from '#test/fakes/providers/providers.ts';
import { type Level, levelsOf } from './heard-levels.ts';

export type BargeInOptions = {
  readonly mock: Partial<MockSettings>;
  /** Who listens to the bot, each alone with it in a server of their own. */
  readonly people: readonly string[];
  readonly streams: boolean;
};

/** 22 s at the usual pace of speech. */
const story = Array.from(
  { length: 4 },
  () => 'Far out at sea there was a small grey rock, and on the rock there lived an old man. ',
).join('');
const patienceMs = 8_000;
const pollMs = 10;
/** The steady voice lies at -22 dBFS, and at -35 when it dips; a cue is over sooner. */
const soundingDb = -40;
const sureFrames = 10;

/** One bot, and people who have it tell them stories. */
export class BargeInSandbox implements AsyncDisposable {
  readonly channels: readonly NarrationChannel[];
  readonly #stack: AsyncDisposableStack;

  private constructor(channels: readonly NarrationChannel[], stack: AsyncDisposableStack) {
    this.channels = channels;
    this.#stack = stack;
  }

  static async open({ mock, people, streams }: BargeInOptions): Promise<BargeInSandbox> {
    await using stack = new AsyncDisposableStack();
    const replies = [{ match: /^/, text: story }];
    const { baseUrl } = stack.use(await openMockProviders({ steady: true, replies, ...mock }));
    const guilds = people.slice(1).map(() => ({}));
    const sandbox = stack.use(await openSandbox({ guilds }));
    const { token, apiUrl, certificate: ca } = sandbox;
    const bot = stack.use(
      await BotProcess.start(
        { token, apiUrl, ca },
        {
          TRANSCRIPTION_BASE_URL: baseUrl,
          CHAT_COMPLETION_BASE_URL: baseUrl,
          SPEECH_BASE_URL: baseUrl,
          ...(streams && { TRANSCRIPTION_BACKEND: 'realtime' }),
        },
      ),
    );
    const channels: NarrationChannel[] = [];
    for (const [n, name] of people.entries()) {
      const guild = n === 0 ? sandbox.guild() : sandbox.guild(`Sandbox ${n + 1}`);
      const channel = new NarrationChannel(guild, guild.person(name), bot);
      await channel.enter();
      channels.push(channel);
    }
    return new BargeInSandbox(channels, stack.move());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

/** One person alone with a bot that tells stories. */
export class NarrationChannel {
  readonly #guild: SandboxGuild;
  readonly #person: SandboxPerson;
  readonly #bot: BotProcess;
  #seenLines = 0;

  constructor(guild: SandboxGuild, person: SandboxPerson, bot: BotProcess) {
    this.#guild = guild;
    this.#person = person;
    this.#bot = bot;
  }

  async enter(): Promise<void> {
    await this.#person.join('Lounge', within(20_000));
    await this.#person.command('join').answered(within(20_000));
    await this.#person.settled(within(20_000));
    await this.untilQuiet();
  }

  /** Resolves when the story is heard. */
  async ask(): Promise<void> {
    const { sentAtMs } = this.#person.command('ask', { question: 'Tell me a story.' });
    await this.untilHeard(sentAtMs);
  }

  say(pcm: Pcm): Promise<SpokenTimes> {
    return this.#person.say(pcm, within(20_000));
  }

  /** The instant it was sent. */
  async stop(): Promise<number> {
    const stopping = this.#person.command('stop');
    await stopping.answered(within(5_000));
    return stopping.sentAtMs;
  }

  /** Errors: where nothing that lasts was heard in time. */
  async untilHeard(sinceMs: number): Promise<void> {
    const isHeard = () => {
      const newest = this.#person.heard.frames.slice(-sureFrames);
      const counts = newest.filter(
        ({ atMs, samples }) => atMs >= sinceMs && energyDb(samples) > soundingDb,
      );
      return counts.length === sureFrames;
    };
    await this.#until(isHeard, 'The bot told no story.');
  }

  async untilQuiet(quietMs = 600): Promise<void> {
    const fromMs = realClock.nowMs();
    await this.#until(
      () => realClock.nowMs() - fromMs >= quietMs && !this.sounded(quietMs),
      'The bot never fell silent.',
      40_000,
    );
  }

  /** Something of the bot was heard in the last `ms`. */
  sounded(ms: number): boolean {
    const sinceMs = realClock.nowMs() - ms;
    return this.#person.heard.frames.some(
      ({ atMs, samples }) => atMs >= sinceMs && energyDb(samples) > soundingDb,
    );
  }

  levels(fromMs: number, toMs = Number.POSITIVE_INFINITY): Level[] {
    const { frames } = this.#person.heard;
    return levelsOf(frames.filter(({ atMs }) => atMs >= fromMs && atMs < toMs));
  }

  /** Answers that have ended since this was last asked, as the bot's log has them. */
  answers(): readonly LogLine[] {
    const mine = this.#bot.log.filter(
      ({ msg, guildId }) => msg === 'answered' && guildId === this.#guild.id,
    );
    const fresh = mine.slice(this.#seenLines);
    this.#seenLines = mine.length;
    return fresh;
  }

  async #until(holds: () => boolean, complaint: string, timeoutMs = patienceMs): Promise<void> {
    const untilMs = realClock.nowMs() + timeoutMs;
    while (!holds()) {
      if (realClock.nowMs() > untilMs) throw new Error(complaint);
      await wait(pollMs);
    }
  }
}

function within(ms: number): AbortSignal {
  return AbortSignal.timeout(ms);
}
