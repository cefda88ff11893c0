import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TimedEvent } from '#bench/manners/bench-channel.ts';
import { openSandbox, type Sandbox } from '#sandbox/sandbox.ts';
import { startBot } from '#src/app/bot.ts';
import { type Engines, openEngines } from '#src/app/engines/open-engines.ts';
import { readWav } from '#src/audio/formats/wav.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import { getDurationMs, type Pcm } from '#src/audio/pcm.ts';
import { realClock } from '#src/base/clock.ts';
import type { Config } from '#src/config/config.ts';
import { trustCertificate } from '#src/console/sandbox-process.ts';
import { openLocalSynthesizer } from '#src/speech/local/local-synthesizer.ts';
import { localVoices } from '#src/speech/local/local-voices.ts';
import type { Synthesizer } from '#src/speech/speech-engine.ts';
import { joinedSpeech } from '#test/audio/recorded-speech.ts';
import { type EvalLine, type EvalScene, personNames } from './eval-scene.ts';
import type { EvalSetup } from './eval-setup.ts';
import type { EvalRoom, OpenRoom } from './scene-player.ts';

/** The bot in a Discord of its own, which plays each scene in another server. */
export type SoundBot = AsyncDisposable & {
  /** Cost of the engines that the bot asked, in US dollars. */
  readonly usd: () => number;
  readonly open: OpenRoom;
};

type SoundRoomDeps = {
  readonly setup: EvalSetup;
  readonly folder: string;
  readonly sandbox: Sandbox;
  readonly engines: Engines;
  readonly voice: Synthesizer;
  readonly events: Map<string, TimedEvent[]>;
};

/** A local voice for each of `names`. */
const localVoiceNames = Object.keys(localVoices);
/** By then the bot has said hello, in ms. */
const greetedMs = 4_000;
const neverAborted = new AbortController().signal;
const roomDeadline = () => AbortSignal.timeout(30_000);

/** Whether there is a voice for every line: the local ones speak English. */
export function isSpeakable({ acts }: EvalScene, { config }: EvalSetup) {
  if (config.engines.speech.kind === 'remote') return true;
  return acts.every(
    (act) => act.do !== 'say' || act.file !== undefined || isEnglish(act),
  );
}

/** `folder` holds the scenes and their files. Errors: BotError of a server, or of Discord. */
export async function openSoundBot(
  setup: EvalSetup,
  folder: string,
): Promise<SoundBot> {
  await using stack = new AsyncDisposableStack();
  const sandbox = stack.use(await openSandbox({ botName: setup.botName }));
  trustCertificate(sandbox.certificate);
  const engines = stack.use(await openEngines(setup.config, () => undefined));
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-eval-'));
  stack.defer(() => rm(dataDir, { recursive: true, force: true }));
  const events = new Map<string, TimedEvent[]>();
  let usd = 0;
  const bot = await startBot(
    {
      config: isolateConfig(setup.config, dataDir),
      engines,
      codec: await loadOpus(),
      discord: { token: sandbox.token, apiUrl: sandbox.apiUrl },
      onSession(guildId, event) {
        if (event.kind === 'spent') usd += event.usd;
        events.get(guildId)?.push({ atMs: realClock.nowMs(), event });
      },
      onDiscord: () => undefined,
      onStore: () => undefined,
    },
    neverAborted,
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
function isolateConfig(given: Config, dataDir: string): Config {
  return {
    ...given,
    storage: { dataDir, databaseUrl: undefined },
    gateway: {
      shards: 1,
      shardRange: undefined,
      servers: { allowed: undefined, barred: [] },
      messageContent: false,
    },
    bot: { ...given.bot, consent: { policy: 'ask' } },
    externalTools: { mcp: undefined },
  };
}

async function openRoom(scene: EvalScene, parts: SoundRoomDeps): Promise<EvalRoom> {
  const { sandbox } = parts;
  const lines = scene.acts.filter((act) => act.do === 'say');
  const sounds = new Map<EvalLine, Pcm>();
  for (const line of lines) sounds.set(line, await synthesizeLine(line, parts));
  const guild = sandbox.addGuild();
  const events: TimedEvent[] = [];
  parts.events.set(guild.id, events);
  const people = new Map(
    personNames.slice(0, scene.people).map((name) => [`${name}`, guild.person(name)]),
  );
  const personOf = (name: string) => people.get(name) ?? guild.person(name);
  const [host] = personNames;
  let lastSoundMs = Number.NEGATIVE_INFINITY;
  personOf(host).onHeard(({ fromUserId, audible, atMs }) => {
    if (fromUserId === sandbox.botId && audible) lastSoundMs = atMs;
  });
  for (const person of people.values()) {
    await person.join('Lounge', roomDeadline());
    await person
      .command(person.name === host ? 'join' : 'privacy allow')
      .answered(roomDeadline());
    await person.settled(roomDeadline());
  }
  await realClock.sleep(greetedMs, neverAborted);
  const failures: unknown[] = [];
  return {
    events,
    nowMs: () => realClock.nowMs(),
    lastSoundMs: () => lastSoundMs,
    async sayLine(line, fromMs) {
      const sound = sounds.get(line);
      if (!sound) throw new Error(`There is no sound for "${line.say}".`);
      const spoken = realClock
        .sleep(fromMs - realClock.nowMs(), neverAborted)
        .then(() => personOf(line.who).say(sound, neverAborted));
      spoken.catch((error: unknown) => failures.push(error));
      return { fromMs, toMs: fromMs + getDurationMs(sound) };
    },
    async passUntil(atMs) {
      await realClock.sleep(atMs - realClock.nowMs(), neverAborted);
      if (failures.length > 0) throw failures[0];
    },
    movePerson: (name, isHere) =>
      isHere ? personOf(name).join('Lounge', roomDeadline()) : personOf(name).leave(),
    async [Symbol.asyncDispose]() {
      await sandbox.removeGuild(guild.id);
    },
  };
}

async function synthesizeLine(
  line: EvalLine,
  { setup, folder, engines, voice }: SoundRoomDeps,
): Promise<Pcm> {
  if (line.file !== undefined) return readWav(await readFile(join(folder, line.file)));
  const say = line.say.replaceAll('Nova', setup.botName);
  const [speaker, manner] = isEnglish(line)
    ? [voice, { name: localVoiceNames[personNames.indexOf(line.who)] }]
    : [engines.synthesizer, { language: line.language }];
  const pieces = await Array.fromAsync(speaker.synthesize(say, manner, roomDeadline()));
  const rateHz = pieces[0]?.rateHz ?? 24_000;
  return {
    samples: joinedSpeech(pieces.map(({ samples }) => samples)),
    rateHz,
    channels: 1,
  };
}

function isEnglish({ language = 'en' }: EvalLine) {
  return language === 'en';
}
