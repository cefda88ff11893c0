import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TimedEvent } from '#bench/manners/bench-channel.ts';
import type { SandboxPerson } from '#sandbox/people/sandbox-person.ts';
import { openSandbox, type Sandbox } from '#sandbox/sandbox.ts';
import type { SandboxGuild } from '#sandbox/sandbox-guild.ts';
import { startBot } from '#src/app/bot.ts';
import { type Engines, openEngines } from '#src/app/engines/open-engines.ts';
import { readWav } from '#src/audio/formats/wav.ts';
import { loadOpus } from '#src/audio/opus/opus-codec.ts';
import { getDurationMs, type Pcm } from '#src/audio/pcm.ts';
import { realClock } from '#src/base/clock.ts';
import type { GuildId } from '#src/base/ids.ts';
import type { Config } from '#src/config/config.ts';
import { trustCertificate } from '#src/console/sandbox-process.ts';
import { openLocalSynthesizer } from '#src/speech/local/local-synthesizer.ts';
import { localVoices } from '#src/speech/local/local-voices.ts';
import type { Synthesizer } from '#src/speech/speech-engine.ts';
import { joinedSpeech } from '#test/audio/recorded-speech.ts';
import { type EvalLine, type EvalScene, personNames } from './eval-scene.ts';
import type { EvalSetup } from './eval-setup.ts';
import type { EvalRoom, SpeechTime } from './scene-player.ts';

type SoundBotDeps = {
  readonly setup: EvalSetup;
  readonly folder: string;
  readonly sandbox: Sandbox;
  readonly engines: Engines;
  readonly synthesizer: Synthesizer;
};

/** A local voice for each of `personNames`. */
const localVoiceNames = Object.keys(localVoices);
/** Time by which the bot has said hello. */
const greetingMs = 4_000;
const neverAborted = new AbortController().signal;
const roomDeadline = () => AbortSignal.timeout(30_000);

/** Returns whether there is a voice for every line: the local voices speak English alone. */
export function isSpeakable({ acts }: EvalScene, { config }: EvalSetup): boolean {
  if (config.engines.speech.kind === 'remote') return true;
  return acts.every(
    (act) => act.do !== 'say' || act.file !== undefined || isEnglish(act),
  );
}

/** The bot in a Discord of its own, which plays each scene in another server. */
export class SoundBot implements AsyncDisposable {
  readonly #deps: SoundBotDeps;
  readonly #stack: AsyncDisposableStack;
  readonly #events: Map<GuildId, TimedEvent[]>;
  readonly #readUsd: () => number;

  private constructor(
    deps: SoundBotDeps,
    stack: AsyncDisposableStack,
    events: Map<GuildId, TimedEvent[]>,
    readUsd: () => number,
  ) {
    this.#deps = deps;
    this.#stack = stack;
    this.#events = events;
    this.#readUsd = readUsd;
  }

  /** Starts the bot. `folder` holds the scenes and their files. Throws a BotError of a server, or of Discord. */
  static async open(setup: EvalSetup, folder: string): Promise<SoundBot> {
    await using stack = new AsyncDisposableStack();
    const sandbox = stack.use(await openSandbox({ botName: setup.botName }));
    trustCertificate(sandbox.certificate);
    const engines = stack.use(await openEngines(setup.config, () => undefined));
    const dataDir = await mkdtemp(join(tmpdir(), 'parley-eval-'));
    stack.defer(() => rm(dataDir, { recursive: true, force: true }));
    const events = new Map<GuildId, TimedEvent[]>();
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
    const synthesizer = await openLocalSynthesizer({ models: engines.localModels });
    const deps = { setup, folder, sandbox, engines, synthesizer };
    return new SoundBot(deps, stack.move(), events, () => usd);
  }

  /** Cost of the engines that the bot asked so far, in US dollars. */
  get usd(): number {
    return this.#readUsd();
  }

  /** Seats the people of a scene and the bot in a server of their own, with the sound of every line made beforehand. */
  async openRoom(scene: EvalScene): Promise<EvalRoom> {
    const lines = scene.acts.filter((act) => act.do === 'say');
    const sounds = new Map<EvalLine, Pcm>();
    for (const line of lines) sounds.set(line, await synthesizeLine(line, this.#deps));
    const guild = this.#deps.sandbox.addGuild();
    const events: TimedEvent[] = [];
    this.#events.set(guild.id, events);
    const room = new SoundRoom(scene, this.#deps.sandbox, guild, { events, sounds });
    await room.seatPeople();
    return room;
  }

  /** Ends the bot and its Discord. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

/** Makes settings without the operator's data, tools that do something there, and a part of several processes. */
function isolateConfig(config: Config, dataDir: string): Config {
  return {
    ...config,
    storage: { dataDir, databaseUrl: undefined },
    gateway: {
      shards: 1,
      shardRange: undefined,
      servers: { allowed: undefined, barred: [] },
      messageContent: false,
      voiceCipher: 'auto',
    },
    bot: { ...config.bot, consent: { policy: 'ask' } },
    externalTools: { mcp: undefined },
  };
}

/** A server with the people of one scene. */
class SoundRoom implements EvalRoom {
  readonly events: readonly TimedEvent[];
  readonly #sandbox: Sandbox;
  readonly #guild: SandboxGuild;
  readonly #people: readonly SandboxPerson[];
  readonly #sounds: ReadonlyMap<EvalLine, Pcm>;
  readonly #failures: unknown[] = [];
  #lastSoundMs = Number.NEGATIVE_INFINITY;

  constructor(
    scene: EvalScene,
    sandbox: Sandbox,
    guild: SandboxGuild,
    {
      events,
      sounds,
    }: Pick<EvalRoom, 'events'> & {
      readonly sounds: ReadonlyMap<EvalLine, Pcm>;
    },
  ) {
    this.events = events;
    this.#sandbox = sandbox;
    this.#guild = guild;
    this.#people = personNames.slice(0, scene.people).map((name) => guild.person(name));
    this.#sounds = sounds;
  }

  /** Lets everybody join, the first person call the bot, and the others agree to be heard. */
  async seatPeople(): Promise<void> {
    const [caller] = this.#people;
    caller?.onHeard(({ fromUserId, audible, atMs }) => {
      if (fromUserId === this.#sandbox.botId && audible) this.#lastSoundMs = atMs;
    });
    for (const person of this.#people) {
      await person.join('Lounge', roomDeadline());
      await person
        .command(person === caller ? 'join' : 'privacy allow')
        .waitForAnswer(roomDeadline());
      await person.settled(roomDeadline());
    }
    await realClock.sleep(greetingMs, neverAborted);
  }

  /** Time of the last sound of the bot's voice. -Infinity before the first. */
  get lastSoundMs(): number {
    return this.#lastSoundMs;
  }

  /** Returns the present instant of the machine's clock. */
  nowMs(): number {
    return realClock.nowMs();
  }

  /** Speaks in real time. `passUntil` throws the error of a line that fails. */
  async sayLine(line: EvalLine, fromMs: number): Promise<SpeechTime> {
    const sound = this.#sounds.get(line);
    if (!sound) throw new Error(`There is no sound for "${line.say}".`);
    const speaking = realClock
      .sleep(fromMs - realClock.nowMs(), neverAborted)
      .then(() => this.#guild.person(line.who).say(sound, neverAborted));
    speaking.catch((error: unknown) => this.#failures.push(error));
    return { fromMs, toMs: fromMs + getDurationMs(sound) };
  }

  /** Waits in real time. */
  async passUntil(atMs: number): Promise<void> {
    await realClock.sleep(atMs - realClock.nowMs(), neverAborted);
    if (this.#failures.length > 0) throw this.#failures[0];
  }

  /** Lets a person join or leave. */
  async movePerson(name: string, isHere: boolean): Promise<void> {
    const person = this.#guild.person(name);
    if (isHere) await person.join('Lounge', roomDeadline());
    else await person.leave();
  }

  /** Removes the server. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sandbox.removeGuild(this.#guild.id);
  }
}

async function synthesizeLine(
  line: EvalLine,
  { setup, folder, engines, synthesizer }: SoundBotDeps,
): Promise<Pcm> {
  if (line.file !== undefined) return readWav(await readFile(join(folder, line.file)));
  const text = line.say.replaceAll('Nova', setup.botName);
  const [engine, manner] = isEnglish(line)
    ? [synthesizer, { name: localVoiceNames[personNames.indexOf(line.who)] }]
    : [engines.synthesizer, { language: line.language }];
  const segments = await Array.fromAsync(
    engine.synthesize(text, manner, roomDeadline()),
  );
  const rateHz = segments[0]?.rateHz ?? 24_000;
  return {
    samples: joinedSpeech(segments.map(({ samples }) => samples)),
    rateHz,
    channels: 1,
  };
}

function isEnglish({ language = 'en' }: EvalLine) {
  return language === 'en';
}
