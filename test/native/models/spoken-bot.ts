import { readFileSync } from 'node:fs';
import type { SandboxPerson } from '#sandbox/people/sandbox-person.ts';
import { openSandbox, type Sandbox } from '#sandbox/sandbox.ts';
import { joinSamples, listenRateHz, type Pcm } from '#src/audio/pcm.ts';
import { resamplePcm } from '#src/audio/resampler.ts';
import { realClock } from '#src/base/clock.ts';
import { admitChosenLanguage } from '#src/base/language/expected-language.ts';
import { LocalModels } from '#src/speech/local/local-models.ts';
import { openLocalSynthesizer } from '#src/speech/local/local-synthesizer.ts';
import { openLocalTranscriber } from '#src/speech/local/local-transcriber.ts';
import { collectSound } from '#test/contracts/synthesizer-contract.ts';
import { transcribeText } from '#test/contracts/transcriber-contract.ts';
import { BotProcess, type LogLine } from '#test/fakes/bot-process.ts';
import { startOfSpeech } from '#test/scenarios/setup/scenario-setup.ts';
import { catalogueHook } from './served-models.ts';

const never = new AbortController().signal;
/** A bound for a step on a machine that others use, too. */
export const waitMs = 240_000;
const rateHz = 48_000;
const quietMs = 1_500;
/** A stop that local ears understand of the built-in voice. Of "Stop!" alone, or at the end, they often hear "Start". */
export const stopWords = 'Stop it, please.';

/** A Discord with two servers, people who speak by the built-in voice, and ears of their own. */
export class SpokenOffice implements AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly #models = new LocalModels();

  private constructor(sandbox: Sandbox) {
    this.sandbox = sandbox;
  }

  /** Opens the office. */
  static async open(): Promise<SpokenOffice> {
    return new SpokenOffice(await openSandbox({ guilds: [{ guildName: 'Second' }] }));
  }

  /** Starts the bot as a process of its own, and returns it once it can be called. */
  async startBot(environment: Readonly<Record<string, string>>): Promise<BotProcess> {
    const { apiUrl, certificate, token } = this.sandbox;
    // npm may need those of this machine.
    const { NODE_EXTRA_CA_CERTS: more } = process.env;
    const ca = `${certificate}\n${more ? readFileSync(more, 'utf8') : ''}`;
    return await BotProcess.start({ apiUrl, ca, token }, environment, catalogueHook);
  }

  /** Seats somebody of a server in a channel, who calls the bot. */
  async callBot(
    person: SandboxPerson,
    guild = this.sandbox.guild(),
  ): Promise<SandboxPerson> {
    await person.join('Lounge', never);
    const callOnce = async () => {
      await person.command('join').waitForAnswer(never);
      return guild.bot().channel;
    };
    // A bot on a busy machine takes no more calls for a while.
    await expect.poll(callOnce, { timeout: waitMs, interval: 5_000 }).toBe('Lounge');
    await person.settled(never);
    return person;
  }

  /** Says words aloud, and returns when the first sound of them left. */
  async say(person: SandboxPerson, words: string): Promise<number> {
    const synthesizer = await openLocalSynthesizer({ models: this.#models });
    const { firstPacketAtMs } = await person.say(
      await collectSound(synthesizer, words),
      never,
    );
    return firstPacketAtMs;
  }

  /** Asks aloud, and waits until the bot speaks. */
  async ask(person: SandboxPerson, words: string): Promise<void> {
    const sinceMs = await this.say(person, words);
    await expect
      .poll(() => startOfSpeech(person, sinceMs), { timeout: waitMs })
      .toBeDefined();
  }

  /** Waits until the bot is quiet, and returns when it fell silent. */
  async waitForQuiet(person: SandboxPerson): Promise<void> {
    const countLoud = () => person.heard.frames.filter(({ loud }) => loud).length;
    for (let loudBefore = -1; loudBefore < countLoud(); ) {
      loudBefore = countLoud();
      await realClock.sleep(quietMs, never);
    }
  }

  /** Recognises what somebody has heard of the bot since an instant. */
  async transcribeHeard(
    person: SandboxPerson,
    sinceMs: number,
    language = 'en',
  ): Promise<string> {
    const frames = person.heard.frames.filter(({ atMs }) => atMs >= sinceMs);
    const samples = joinSamples(frames.map((frame) => frame.samples));
    const pcm: Pcm = { samples, rateHz, channels: 1 };
    const transcriber = await openLocalTranscriber({
      models: this.#models,
      language: admitChosenLanguage(language),
    });
    return await transcribeText(transcriber, resamplePcm(pcm, listenRateHz));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sandbox[Symbol.asyncDispose]();
    await this.#models[Symbol.asyncDispose]();
  }
}

/** Whether a line of the log tells the end of an answer that had words. */
export function hasWords({ firstTokenMs }: LogLine): boolean {
  return firstTokenMs !== undefined;
}

/** Lists the ends of answers in a server so far that fit, as lines of the log. */
export function listEnds(
  bot: BotProcess,
  guildId: string,
  fits: (line: LogLine) => boolean,
): readonly LogLine[] {
  return bot.log.filter(
    (line) => line.msg === 'answered' && line.guildId === guildId && fits(line),
  );
}

/** Waits for the next end of an answer in a server that fits, and returns its line of the log. */
export async function waitForEnd(
  bot: BotProcess,
  guildId: string,
  fits: (line: LogLine) => boolean,
): Promise<LogLine> {
  const former = new Set(listEnds(bot, guildId, fits));
  const findNext = () => listEnds(bot, guildId, fits).find((line) => !former.has(line));
  await expect.poll(findNext, { timeout: waitMs }).toBeDefined();
  return findNext() ?? {};
}

/** Finds when the bot recognised what somebody said last, on the clock of `realClock.nowMs`. */
export function findRecognisedMs(bot: BotProcess, { id }: SandboxPerson): number {
  const line = bot.log.findLast(
    ({ msg, speakerId }) => msg === 'recognised' && speakerId === id,
  );
  return Date.parse(`${line?.time}`) - realClock.wallMs() + realClock.nowMs();
}
