import { expect, test } from 'vitest';
import type { SandboxPerson } from '#sandbox/people/sandbox-person.ts';
import type { HeardStretch } from '#sandbox/voice-client/heard-recorder.ts';
import type { GuildOptions } from '#sandbox/world/create-world.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import { realClock } from '#src/base/clock.ts';
import { judgeOrder } from '#src/pipeline/chained-pipeline.ts';
import { joinedSpeech } from '#test/audio/recorded-speech.ts';
import type { MockSettings } from '#test/fakes/providers/mock-settings.ts';
import { makeTone } from '#test/fakes/providers/mock-sound.ts';
import { type BotEnvironment, type BotSetupOptions, runBot } from './bot-setup.ts';
import { mockRateHz, settingsOf, wordsFor } from './numbered-utterances.ts';
import { type BorrowedBot, borrowBot } from './shared-bots.ts';

/** A Discord, mock providers and a bot that is logged in, for one scenario. */
export type ScenarioSetup = BorrowedBot & {
  /**
   * Sounds that the recogniser was given, one for each utterance, as far as it came; oldest first.
   *
   * It understood `Nova, utterance 1!`, `Nova, utterance 2!` and so on: with its name, which company makes necessary,
   * and with a number last, after which the bot waits a little longer and thinks nothing ahead.
   */
  readonly uttered: readonly Pcm[];
};

/** Parts of a setup that people who talk with the bot need, in any process. */
export type SpokenSetup = Pick<ScenarioSetup, 'sandbox' | 'providers' | 'uttered'>;

/** Scenarios with the same environment use the same bots, one after the other, each in servers of its own. */
export type ScenarioOptions = {
  /** The first server. */
  readonly guild?: GuildOptions;
  /** More servers, which the bot is in from the start. */
  readonly guilds?: readonly GuildOptions[];
  readonly providers?: Partial<MockSettings>;
  /** Environment of the bot, beside its login. */
  readonly environment?: BotEnvironment;
};

/** For what is about a whole Discord, a start, or a bot that nobody can use afterwards. */
export type OwnScenarioOptions = Partial<BotSetupOptions>;

/** One question and what came of it. */
export type ScenarioExchange = {
  /** Sound that the recogniser was given meanwhile; one sound, should a slow machine have cut it in two. */
  readonly uttered: Pcm;
  readonly heard: HeardStretch;
  /** Sound that the mock speech server made meanwhile. */
  readonly made: Pcm;
};

export type ScenarioMessage = { readonly role: string; readonly content: string };

/** Deadline of one attempt at a scenario: it only ends one that hangs. */
const scenarioMs = 300_000;
/** Deadline of a step: a busy machine may take ten times as long as an idle one. */
const waitMs = 30_000;

/** Reply to somebody who calls the bot into company; the others hear a greeting. */
const toCompany = /\. Say "/;
/** Later than this after its coming the bot greets nobody. */
const greetingMs = 700;

/** A pause inside an answer is shorter, also on a slow machine. */
const quietMs = 1_000;
/** Frames within the window that are speech: the longest cue has 7, the shortest word of the mock server 12. */
const speechFrames = 9;
const speechMs = 400;

/** Those of one file are played side by side: most of the time somebody speaks, and nobody computes. */
export function playScenario(name: string, play: () => Promise<void>) {
  test.concurrent(name, { timeout: scenarioMs, retry: 1 }, play);
}

/** The deadline of a single step. */
export function expireSoon(ms = waitMs) {
  const error = new Error(`A step of the scenario was not done within ${ms} ms.`);
  const abort = new AbortController();
  realClock.later(ms, () => abort.abort(error));
  return abort.signal;
}

/** Lets time pass that the bot and the sandbox share. */
export async function passSharedTime(ms: number) {
  await realClock.sleep(ms, new AbortController().signal);
}

/** Checks again until it holds; not `expect.poll`, which cannot tell scenarios apart that run side by side. */
export async function retryUntilHeld<T>(
  check: () => T,
  ms = waitMs,
): Promise<Awaited<T>> {
  const deadlineMs = realClock.nowMs() + ms;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (realClock.nowMs() > deadlineMs) throw error;
    }
    await passSharedTime(20);
  }
}

export async function openScenario(
  options: ScenarioOptions = {},
): Promise<ScenarioSetup> {
  const { guild = {}, guilds = [], environment = {} } = options;
  const uttered: Pcm[] = [];
  const providers = settingsOf(uttered, options.providers);
  const borrowed = await borrowBot({
    guilds: [guild, ...guilds],
    providers,
    environment,
  });
  return Object.assign(borrowed, { uttered });
}

/** A bot that starts for this scenario and ends with it. */
export async function openOwnScenario(
  options: OwnScenarioOptions = {},
): Promise<ScenarioSetup> {
  const uttered: Pcm[] = [];
  const providers = settingsOf(uttered, options.providers);
  return Object.assign(await runBot({ ...options, providers }), { uttered });
}

/** `name` sits down in Lounge. */
export async function seatPerson({ sandbox }: SpokenSetup, name: string) {
  const person = sandbox.person(name);
  await person.join('Lounge', expireSoon());
  return person;
}

/** `name` sits down in Lounge and calls the bot; they can talk when this resolves. */
export async function callIn(setup: SpokenSetup, name: string): Promise<SandboxPerson> {
  const person = await seatPerson(setup, name);
  await callBot(setup, person);
  return person;
}

/** Calls the bot from where `person` sits; they can talk when this resolves, and any company has been greeted. */
export async function callBot({ sandbox }: SpokenSetup, person: SandboxPerson) {
  const isNew = sandbox.bot().channel === undefined;
  const { text, ephemeral, atMs } = await person
    .command('join')
    .waitForAnswer(expireSoon());
  if (ephemeral) throw new Error(text);
  await person.settled(expireSoon());
  if (!isNew) return;
  if (!toCompany.test(text)) await passSharedTime(greetingMs);
  else
    await person.listen(
      { sinceMs: atMs, quietMs: 500, timeoutMs: waitMs },
      expireSoon(),
    );
}

/** Resolves when the bot has gone back by itself to where it sat before a restart, and these people can talk with it. */
export async function waitForReturn(
  { bot }: Pick<ScenarioSetup, 'bot'>,
  ...people: readonly SandboxPerson[]
) {
  await retryUntilHeld(() => expect(bot.log.map(({ msg }) => msg)).toContain('joined'));
  await Promise.all(people.map((person) => person.settled(expireSoon())));
}

/** Says `pcm` and listens until the bot has answered. Errors: when nothing was heard within 20 s. */
export async function converseWith(
  setup: SpokenSetup,
  person: SandboxPerson,
  pcm: Pcm,
): Promise<ScenarioExchange> {
  const [heardBefore, madeBefore] = [setup.uttered.length, madeTexts(setup).length];
  const { firstPacketAtMs: sinceMs } = await person.say(pcm, expireSoon());
  const heardStretch = await hearAnswer(person, sinceMs);
  const made = madeTexts(setup).slice(madeBefore);
  return {
    uttered: joinPieces(setup.uttered.slice(heardBefore)),
    heard: heardStretch,
    made: toneOf(made),
  };
}

/** Speech that this person hears from then on, until a second of quiet; cues of the bot before it are left out. */
export async function hearAnswer(
  person: SandboxPerson,
  sinceMs: number,
): Promise<HeardStretch> {
  let fromMs: number | undefined;
  await retryUntilHeld(() => {
    fromMs = startOfSpeech(person, sinceMs);
    expect(fromMs, 'nothing was said').toBeDefined();
  });
  return await person.listen(
    { sinceMs: fromMs ?? sinceMs, quietMs, timeoutMs: waitMs },
    expireSoon(),
  );
}

/** When the bot began to speak, from then on; cues are shorter than any words. */
export function startOfSpeech(
  { heard }: SandboxPerson,
  sinceMs: number,
): number | undefined {
  const audible = heard.frames.filter(
    ({ atMs, audible }) => audible && atMs >= sinceMs,
  );
  return audible.find(({ atMs }, n) => {
    const later = audible[n + speechFrames - 1];
    return later !== undefined && later.atMs - atMs < speechMs;
  })?.atMs;
}

/** Resolves when half a second of the bot has been heard. */
export async function waitForSpeech({ heard }: SandboxPerson) {
  const countAudible = () => heard.frames.filter((frame) => frame.audible).length;
  await retryUntilHeld(() => expect(countAudible()).toBeGreaterThan(25));
}

/** Texts that the mock speech server was given to say, oldest first. */
export function madeTexts({ providers }: SpokenSetup) {
  return providers.requests.flatMap(({ endpoint, text }) =>
    endpoint === 'speech' && text !== undefined ? [text] : [],
  );
}

/** Last messages to the chat model, oldest first. */
function shownMessages(setup: ScenarioSetup) {
  return listChats(setup).at(-1) ?? [];
}

/** The words people are said to have said, as the chat model was shown them last. */
export function shownWords(setup: ScenarioSetup) {
  return wordsOf(shownMessages(setup));
}

/** Messages of everything the chat model was ever shown; most words more than once. */
function everShown(setup: ScenarioSetup) {
  return listChats(setup).flatMap(wordsOf);
}

/** Sound of this person that the recogniser was given, as the chat model was told. */
export function utteredBy(setup: ScenarioSetup, name: string): Pcm {
  return joinPieces(
    setup.uttered.filter((_, index) => speakerOf(setup, index) === name),
  );
}

/** Whose words were recognised, one name for each stretch; `nobody` if the model was never shown them. */
export function listRecognised(setup: ScenarioSetup): readonly string[] {
  const names = setup.uttered.map((_, index) => speakerOf(setup, index) ?? 'nobody');
  return names.filter((name, n) => name !== names[n - 1]);
}

function speakerOf(setup: ScenarioSetup, index: number) {
  const line = everShown(setup).find((text) =>
    text.endsWith(`: ${wordsFor(index + 1)}`),
  );
  return line?.split(':')[0];
}

/** Messages to the chat model in each request, oldest first. */
function listChats({ providers }: ScenarioSetup) {
  return providers.requests.flatMap(({ endpoint, body }) =>
    endpoint === 'chat' && body
      ? [(body.messages ?? []) as readonly ScenarioMessage[]]
      : [],
  );
}

function wordsOf(messages: readonly ScenarioMessage[]) {
  return messages
    .flatMap(({ role, content }) => (role === 'user' ? content.split('\n') : []))
    .filter((line) => line !== judgeOrder.content);
}

/** All pieces of `uttered` as one sound. */
export function joinPieces(uttered: readonly Pcm[]): Pcm {
  return {
    samples: joinedSpeech(uttered.map(({ samples }) => samples)),
    rateHz: 16_000,
    channels: 1,
  };
}

/** Sound of the mock speech server for `texts`, one after the other. */
export function toneOf(texts: readonly string[]): Pcm {
  const samples = joinedSpeech(texts.map((text) => makeTone(text, mockRateHz)));
  return { samples, rateHz: mockRateHz, channels: 1 };
}
