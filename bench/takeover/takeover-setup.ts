import { readFile } from 'node:fs/promises';
import { usualGatewayLimits } from '#sandbox/gateway/gateway-shards.ts';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import type { Sandbox } from '#sandbox/sandbox.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import { readWav } from '#src/audio/wav.ts';
import { realClock } from '#src/base/clock.ts';
import type { BotProcess } from '#test/fakes/bot-process.ts';
import type { MockRequest } from '#test/fakes/providers/mock-settings.ts';
import { usualPace } from '#test/fakes/providers/providers.ts';
import { openProcesses, type ProcessesSetup } from '#test/processes/bot-processes.ts';
import { type BenchDatabase, openDatabase } from './database.ts';

/** One server, and who sits in its voice channel and talks. */
export type Call = {
  readonly server: string;
  readonly shard: number;
  /** Ids of the channels of that server in which the bot may write. */
  readonly channelIds: readonly string[];
  readonly person: SandboxPerson;
};

/** Two shards with a call on each, and the processes that share them. */
export type TakeoverSetup = AsyncDisposable & {
  readonly sandbox: Sandbox;
  readonly calls: readonly Call[];
  readonly database: BenchDatabase | undefined;
  readonly names: readonly string[];
  /** Every message the bot wrote or edited, in order. */
  readonly written: readonly WrittenMessage[];
  /** Whether the recogniser hears a question with a long answer; otherwise it hears a word with a short one. */
  asksForStory: boolean;
  /** Starts a process that does not run; with a database it may have to wait for a shard. */
  start(name: string): Promise<void>;
  process(name: string): BotProcess;
  /** Name of the process that serves the shard now. */
  ownerOf(shard: number): string | undefined;
  /** Requests to mock providers since then, each with its process. */
  asked(sinceMs: number): readonly ProviderRequest[];
};

type WrittenMessage = {
  readonly text: string;
  readonly channelId: string;
  readonly atMs: number;
};
type ProviderRequest = MockRequest & { readonly by: string };

export const channel = 'Lounge';
export const story = [
  'Once upon a time there was a small house.',
  'It stood beside a river that ran down to the sea, and its windows were blue.',
  'In the house there lived a man who had never seen the sea, although he heard it every night.',
  'Nobody knew who had built the house, and nobody asked him.',
].join(' ');
const storyAsked = 'Nova, tell me a story.';
const word = 'Nova, hello.';

export const question: Pcm = await recording('human-something');
export const probe: Pcm = await recording('human-cards-004');

export async function openTakeover(
  count: number,
  databaseUrl: string | undefined,
): Promise<TakeoverSetup> {
  await using stack = new AsyncDisposableStack();
  const database =
    databaseUrl === undefined ? undefined : stack.use(await openDatabase(databaseUrl));
  const names = Array.from({ length: count }, (_, n) => `process-${n + 1}`);
  const shards = Math.min(2, count);
  let asksForStory = false;
  const setup = stack.use(
    await openProcesses({
      sandbox: {
        guilds: [{}],
        rateLimits: 'usual',
        gatewayRules: { ...usualGatewayLimits, recommendedShards: shards, maxConcurrency: 1 },
      },
      providers: {
        pace: usualPace,
        hears: () => (asksForStory ? storyAsked : word),
        replies: [
          { match: 'story', text: story },
          { match: /^/, text: 'Yes.' },
        ],
      },
    }),
  );
  const { sandbox } = setup;
  const written: WrittenMessage[] = [];
  sandbox.onMessage(({ message }) => {
    const shown = JSON.stringify([message.text, message.embeds, message.components]);
    written.push({ text: shown, channelId: message.channelId, atMs: realClock.nowMs() });
  });
  const start = starter(setup, database, names);
  for (const name of names) await start(name);
  const calls = ['Sandbox', 'Sandbox 2'].map((server, n) => {
    const guild = sandbox.guild(server);
    const person = guild.person(`Person ${n + 1}`);
    const channelIds = [channel, 'general'].map((name) => guild.channelId(name));
    return { server, shard: n % shards, channelIds, person };
  });
  const all = stack.move();
  return {
    sandbox,
    calls,
    database,
    names,
    written,
    get asksForStory() {
      return asksForStory;
    },
    set asksForStory(value) {
      asksForStory = value;
    },
    start,
    process: (name) => setup.process(name),
    ownerOf: (shard) => ownerOf(sandbox, shard),
    asked: (sinceMs) => askedOf(setup, sinceMs),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** Wall clocks of processes that share a database are an hour apart. */
const clockStepMs = 3_600_000;

/** Each process has keys of its own for the providers, so that what they are asked names it. */
function starter(
  setup: ProcessesSetup,
  database: BenchDatabase | undefined,
  names: readonly string[],
) {
  return async (name: string): Promise<void> => {
    const url = await database?.urlFor(name);
    const keys = { TRANSCRIPTION_API_KEY: name, SPEECH_API_KEY: name };
    if (url === undefined) {
      await setup.start(name, { environment: keys });
      return;
    }
    const environment = { ...keys, DATABASE_URL: url };
    const clockAheadMs = names.indexOf(name) * clockStepMs;
    await setup.launch(name, { environment, clockAheadMs });
  };
}

function ownerOf(sandbox: Sandbox, shard: number): string | undefined {
  const online = sandbox.gatewaySessions().filter((one) => one.online && one.shard.id === shard);
  return online.at(-1)?.process;
}

function askedOf({ providers }: ProcessesSetup, sinceMs: number): readonly ProviderRequest[] {
  return providers.requests
    .filter(({ atMs }) => atMs >= sinceMs)
    .map((request) => ({ ...request, by: request.authorization?.replace('Bearer ', '') ?? '' }));
}

async function recording(name: string): Promise<Pcm> {
  const path = new URL(`../../test/fixtures/speech/${name}.wav`, import.meta.url);
  return readWav(await readFile(path));
}
