import { setTimeout as wait } from 'node:timers/promises';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import { openSandbox, type Sandbox } from '#sandbox/sandbox.ts';
import type { SandboxGuild } from '#sandbox/sandbox-guild.ts';
import { BotProcess } from '#test/fakes/bot-process.ts';
import {
  type MockProviders,
  openMockProviders,
  usualPace,
} from '#test/fakes/providers/providers.ts';

/** Ms that Discord takes for any request. */
const restMs = 120;
const tooMany = 429;
/** Requests that the sandbox remembers are counted as often as this, in ms. */
const countEveryMs = 1_000;

export type CallOptions = {
  /** Further servers that the bot is in. */
  readonly guilds?: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Text of an utterance, as the recogniser understands it 120 ms after the end of the sound. */
  readonly hears: () => string;
  readonly answer?: string;
};

/** A bot on a Discord that answers late and keeps its rate limits; everybody in a call may be heard. */
export class CaptionedCall implements AsyncDisposable {
  readonly sandbox: Sandbox;
  /** The recogniser, the chat model and the voice. */
  readonly servers: MockProviders;
  readonly #stack: AsyncDisposableStack;
  readonly #over = new AbortController();
  #refused = 0;
  #countedToMs = 0;

  private constructor(sandbox: Sandbox, servers: MockProviders, stack: AsyncDisposableStack) {
    this.sandbox = sandbox;
    this.servers = servers;
    this.#stack = stack;
    void this.#count();
  }

  static async open({
    guilds = 0,
    environment,
    hears,
    answer = 'Yes.',
  }: CallOptions): Promise<CaptionedCall> {
    await using stack = new AsyncDisposableStack();
    const replies = [{ match: /^/, text: answer }];
    const mock = await openMockProviders({ hears, replies, pace: usualPace });
    const { baseUrl } = stack.use(mock);
    const more = Array.from({ length: guilds }, () => ({}));
    const sandbox = stack.use(await openSandbox({ guilds: more, rateLimits: 'usual' }));
    sandbox.faults.rest({ times: Number.POSITIVE_INFINITY, delayMs: restMs });
    const { token, apiUrl, certificate: ca } = sandbox;
    const servers = {
      TRANSCRIPTION_BASE_URL: baseUrl,
      CHAT_COMPLETION_BASE_URL: baseUrl,
      SPEECH_BASE_URL: baseUrl,
      CONSENT_POLICY: 'notice',
      BUDGET_CAPTIONS_DAY_MINUTES: '0',
    };
    stack.use(await BotProcess.start({ token, apiUrl, ca }, { ...servers, ...environment }));
    return new CaptionedCall(sandbox, mock, stack.move());
  }

  /** Requests that were answered with 429. */
  get refused(): number {
    this.#countNow();
    return this.#refused;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    await this.#stack.disposeAsync();
  }

  async #count(): Promise<void> {
    while (!this.#over.signal.aborted) {
      this.#countNow();
      await wait(countEveryMs);
    }
  }

  #countNow(): void {
    const fresh = this.sandbox.requests().filter(({ atMs }) => atMs > this.#countedToMs);
    this.#refused += fresh.filter(({ status }) => status === tooMany).length;
    this.#countedToMs = fresh.at(-1)?.atMs ?? this.#countedToMs;
  }
}

/** They sit down, the first calls the bot, and everybody is in the call. */
export async function gather(guild: SandboxGuild, names: readonly string[]) {
  const people: SandboxPerson[] = [];
  for (const name of names) {
    const person = guild.person(name);
    people.push(person);
    await person.join('Lounge', within(20_000));
    if (people.length === 1) await person.command('join').answered(within(20_000));
  }
  for (const person of people) await person.settled(within(20_000));
  return people;
}

/** Resolves once everybody was told. */
export async function turnCaptionsOn(person: SandboxPerson): Promise<void> {
  await person.command('captions on').answered(within(30_000));
}

export function within(ms: number): AbortSignal {
  return AbortSignal.timeout(ms);
}
