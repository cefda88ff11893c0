import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TimedEvent } from '#bench/manners/channel.ts';
import { openSandbox, type Sandbox } from '#sandbox/sandbox.ts';
import { startBot } from '#src/app/bot.ts';
import { type Engines, openEngines } from '#src/app/engines/engines.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import { durationMs, type Pcm } from '#src/audio/pcm.ts';
import { readWav } from '#src/audio/wav.ts';
import { realClock } from '#src/base/clock.ts';
import type { Config } from '#src/config/config.ts';
import { trust } from '#src/console/sandbox-process.ts';
import { openLocalSynthesizer } from '#src/speech/local/local-synthesizer.ts';
import { localVoices } from '#src/speech/local/local-voices.ts';
import type { Synthesizer } from '#src/speech/ports.ts';
import { joined } from '#test/audio/speech.ts';
import type { EvalRoom, OpenRoom } from './player.ts';
import { type EvalLine, type EvalScene, names } from './scene.ts';
import type { EvalSetup } from './set-up.ts';

/** The bot in a Discord of its own, which plays each scene in another server. */
export type SoundBot = AsyncDisposable & {
  /** Cost of the engines that the bot asked, in US dollars. */
  readonly usd: () => number;
  readonly open: OpenRoom;
};

type SoundParts = {
  readonly setup: EvalSetup;
  readonly folder: string;
  readonly sandbox: Sandbox;
  readonly engines: Engines;
  readonly voice: Synthesizer;
  readonly events: Map<string, TimedEvent[]>;
};

/** A local voice for each of `names`. */
const voiceNames = Object.keys(localVoices);
/** By then the bot has said hello, in ms. */
const helloMs = 4_000;
const never = new AbortController().signal;
const soon = () => AbortSignal.timeout(30_000);

/** Whether there is a voice for every line: the local ones speak English. */
export function isSpeakable({ acts }: EvalScene, { config }: EvalSetup): boolean {
  if (config.speech.kind === 'remote') return true;
  return acts.every((act) => act.do !== 'say' || act.file !== undefined || isEnglish(act));
}

/** `folder` holds the scenes and their files. Errors: BotError of a server, or of Discord. */
export async function openSoundBot(setup: EvalSetup, folder: string): Promise<SoundBot> {
  await using stack = new AsyncDisposableStack();
  const sandbox = stack.use(await openSandbox({ botName: setup.botName }));
  trust(sandbox.certificate);
  const engines = stack.use(await openEngines(setup.config, () => undefined));
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-eval-'));
  stack.defer(() => rm(dataDir, { recursive: true, force: true }));
  const events = new Map<string, TimedEvent[]>();
  let usd = 0;
  const { token, apiUrl } = sandbox;
  const bot = await startBot(
    {
      config: apart(setup.config, dataDir),
      engines,
      codec: await loadOpus(),
      discord: { token, apiUrl },
      onSession(guildId, event) {
        if (event.kind === 'spent') usd += event.usd;
        events.get(guildId)?.push({ atMs: realClock.nowMs(), event });
      },
      onDiscord: () => undefined,
      onStore: () => undefined,
    },
    never,
  );
  stack.use(bot);
  const voice = await openLocalSynthesizer({ models: engines.localModels });
  const parts = { setup, folder, sandbox, engines, voice, events };
  const all = stack.move();
  return {
    usd: () => usd,
    open: (scene) => openRoom(scene, parts),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** Settings without the operator's data, tools that do something there, and a part of several processes. */
function apart(given: Config, dataDir: string): Config {
  return {
    ...given,
    dataDir,
    databaseUrl: undefined,
    shards: 1,
    shardRange: undefined,
    servers: { allowed: undefined, barred: [] },
    messageContent: false,
    consent: { policy: 'ask' },
    externalTools: {},
  };
}

async function openRoom(scene: EvalScene, parts: SoundParts): Promise<EvalRoom> {
  const { sandbox } = parts;
  const lines = scene.acts.filter((act) => act.do === 'say');
  const sounds = new Map<EvalLine, Pcm>();
  for (const line of lines) sounds.set(line, await soundOf(line, parts));
  const guild = sandbox.addGuild();
  const events: TimedEvent[] = [];
  parts.events.set(guild.id, events);
  const people = new Map(
    names.slice(0, scene.people).map((name) => [`${name}`, guild.person(name)]),
  );
  const personOf = (name: string) => people.get(name) ?? guild.person(name);
  const [host] = names;
  let lastSoundMs = Number.NEGATIVE_INFINITY;
  personOf(host).onHeard(({ fromUserId, audible, atMs }) => {
    if (fromUserId === sandbox.botId && audible) lastSoundMs = atMs;
  });
  for (const person of people.values()) {
    await person.join('Lounge', soon());
    await person.command(person.name === host ? 'join' : 'privacy allow').answered(soon());
    await person.settled(soon());
  }
  await realClock.sleep(helloMs, never);
  const failures: unknown[] = [];
  return {
    events,
    nowMs: () => realClock.nowMs(),
    lastSoundMs: () => lastSoundMs,
    async say(line, fromMs) {
      const sound = sounds.get(line);
      if (!sound) throw new Error(`There is no sound for "${line.say}".`);
      const spoken = realClock
        .sleep(fromMs - realClock.nowMs(), never)
        .then(() => personOf(line.who).say(sound, never));
      spoken.catch((error: unknown) => failures.push(error));
      return { fromMs, toMs: fromMs + durationMs(sound) };
    },
    async passTo(atMs) {
      await realClock.sleep(atMs - realClock.nowMs(), never);
      if (failures.length > 0) throw failures[0];
    },
    move: (name, isHere) =>
      isHere ? personOf(name).join('Lounge', soon()) : personOf(name).leave(),
    async [Symbol.asyncDispose]() {
      await sandbox.removeGuild(guild.id);
    },
  };
}

async function soundOf(
  line: EvalLine,
  { setup, folder, engines, voice }: SoundParts,
): Promise<Pcm> {
  const { who, file, language } = line;
  if (file !== undefined) return readWav(await readFile(join(folder, file)));
  const say = line.say.replaceAll('Nova', setup.botName);
  const [speaker, manner] = isEnglish(line)
    ? [voice, { name: voiceNames[names.indexOf(who)] }]
    : [engines.synthesizer, { language }];
  const pieces = await Array.fromAsync(speaker.synthesize(say, manner, soon()));
  const rateHz = pieces[0]?.rateHz ?? 24_000;
  return { samples: joined(pieces.map(({ samples }) => samples)), rateHz, channels: 1 };
}

function isEnglish({ language = 'en' }: EvalLine): boolean {
  return language === 'en';
}
