import { shuffleValues } from '#sandbox/seeded-random.ts';
import { nobody, type PersonId, toGuildId, toPersonId } from '#src/base/ids.ts';
import {
  type BenchChannel,
  isAtRest,
  movePerson,
  passUntil,
  sayText,
  waitUntil,
} from './bench-channel.ts';
import type { EveningPlan } from './evening.ts';
import type {
  MannersScenario,
  ScenarioAct,
  ScenarioMix,
  ScenarioRole,
} from './manners-scenarios.ts';
import type { SimulatedUtterance } from './simulated-microphones.ts';

/** An utterance, and the answer that it should get. */
export type SpokenLine = {
  readonly utterance: SimulatedUtterance;
  readonly scenario: string;
  /** Whether the utterance is for the bot. */
  readonly meant: 'yes' | 'no' | 'perhaps';
  /** How the bot's model answers. `asks`: with a question. */
  readonly answer: 'short' | 'asks' | 'long';
  /** Whether the answer has to be heard to the last word. */
  readonly whole: boolean;
};

/** An evening under way. */
export type MannersRun = {
  readonly channel: BenchChannel;
  readonly mix: ScenarioMix;
  /** 0 to 1, evenly. */
  readonly random: () => number;
  /** Lines so far, by the id of the utterance. */
  readonly spokenLines: Map<number, SpokenLine>;
};

/** Pause after a scene, so that nobody is still expected to go on with it. */
const pauseAfterSceneMs = 9_000;
const pauseAfterChatMs = 1_800;
/** Time for which Ask opens, answered or not, and a little more. */
const askWindowMs = 15_500;
/** Pause after which nobody goes on with a sentence. */
const sentencePauseMs = 1_600;

/** Plays one scene, and returns once everything is answered and nobody is expected to go on. */
export async function runScenario(
  run: MannersRun,
  { name, acts }: MannersScenario,
): Promise<void> {
  const stage: ScenarioStage = { run, cast: castPeople(run), name, askUntilMs: 0 };
  let lastMs = run.channel.clock.nowMs();
  for (const act of acts) lastMs = await performAct(act, lastMs, stage);
  await settleScene(run, lastMs, pauseAfterSceneMs);
  await passUntil(run.channel, stage.askUntilMs);
}

/** Plays `lineCount` lines that people say to each other, none of them for the bot. */
export async function playChat(
  run: MannersRun,
  lineCount: number,
  pace: EveningPlan['pace'],
): Promise<void> {
  const { channel, mix, random } = run;
  const personIds = listPersonIds(channel);
  let lastMs = channel.clock.nowMs();
  let lastSpeakerId: PersonId | undefined;
  for (let n = 0; n < lineCount; n++) {
    const speakerId = pickOne(
      random,
      personIds.filter((id) => id !== lastSpeakerId),
    );
    lastSpeakerId = speakerId;
    const pauseMs = pace.shortestMs + random() * (pace.longestMs - pace.shortestMs);
    const text = fillText(pickOne(random, mix.chat), run);
    const utterance = sayText(
      channel,
      speakerId,
      text,
      Math.max(channel.clock.nowMs(), lastMs + pauseMs),
    );
    run.spokenLines.set(utterance.id, {
      utterance,
      scenario: 'chat',
      meant: 'no',
      answer: 'short',
      whole: false,
    });
    lastMs = utterance.toMs;
    await passUntil(channel, lastMs - 1_000);
  }
  await settleScene(run, lastMs, pauseAfterChatMs);
}

/** One scene under way, with its cast. */
type ScenarioStage = {
  readonly run: MannersRun;
  readonly cast: Readonly<Record<ScenarioRole, PersonId>>;
  readonly name: string;
  /** End, in ms, of the time in which the presser of Ask needs no name. */
  askUntilMs: number;
};

/** Performs an act. Returns the earliest instant at which the next one begins. */
async function performAct(act: ScenarioAct, lastMs: number, stage: ScenarioStage) {
  const { channel } = stage.run;
  if ('pauseMs' in act) return lastMs + act.pauseMs;
  if ('wait' in act) {
    await passUntil(channel, lastMs);
    if (act.wait === 'sound')
      await waitUntil(
        channel,
        () => channel.clock.nowMs() - channel.lastSound.lastMs <= 20,
      );
    else await waitForCalm(channel);
    return channel.clock.nowMs();
  }
  if ('do' in act) {
    await passUntil(channel, lastMs);
    if (act.do !== 'ask') movePerson(channel, stage.cast[act.who], act.do === 'come');
    else {
      channel.fixture.talk.openAskWindow(toGuildId('g'), stage.cast[act.who]);
      stage.askUntilMs = channel.clock.nowMs() + askWindowMs;
    }
    return channel.clock.nowMs();
  }
  return speakAct(act, lastMs, stage);
}

/** Lets a person speak. Returns the instant at which the utterance ends. */
function speakAct(
  act: Extract<ScenarioAct, { say: string }>,
  lastMs: number,
  { run, cast, name }: ScenarioStage,
) {
  const fromMs = Math.max(run.channel.clock.nowMs(), lastMs + (act.afterMs ?? 0));
  const utterance = sayText(
    run.channel,
    cast[act.who],
    fillText(act.say, run, cast),
    fromMs,
  );
  const { answer = 'short', whole = false } = act;
  const meant = act.meant ?? 'no';
  run.spokenLines.set(utterance.id, {
    utterance,
    scenario: name,
    meant,
    answer,
    whole,
  });
  return utterance.toMs;
}

/** Waits until everything that was said is understood, and everything to be answered is. */
async function waitForCalm(channel: BenchChannel) {
  let restedMs = 0;
  await waitUntil(channel, () => {
    restedMs =
      isAtRest(channel) && channel.traffic.waiting.length === 0 ? restedMs + 20 : 0;
    const isQuiet = channel.clock.nowMs() - channel.traffic.lastMs > sentencePauseMs;
    return isQuiet ? restedMs >= 60 : false;
  });
}

async function settleScene({ channel }: MannersRun, lastMs: number, thenMs: number) {
  await passUntil(channel, lastMs);
  await waitForCalm(channel);
  await passUntil(channel, channel.clock.nowMs() + thenMs);
}

function listPersonIds({ people }: MannersRun['channel']) {
  return people.filter(({ isBot }) => !isBot).map(({ id }) => id);
}

function castPeople({ channel, random }: MannersRun) {
  const [a = nobody, b = nobody, c = a, d = b, e = a] = shuffleValues(
    random,
    listPersonIds(channel),
  );
  return { a, b, c, d, e, bot: toPersonId('bot') };
}

/** Replaces `{city}` by chance, and `{b}` by the name of the person who plays that role. */
function fillText(
  text: string,
  { mix, random, channel }: MannersRun,
  cast?: ScenarioStage['cast'],
) {
  return text.replace(/\{(\w+)\}/g, (_match, key: string) => {
    const fillings = mix.fill[key];
    if (fillings) return pickOne(random, fillings);
    const playerId = Object.entries(cast ?? {}).find(([role]) => role === key)?.[1];
    return channel.people.find(({ id }) => id === playerId)?.name ?? key;
  });
}

function pickOne<T>(random: () => number, values: readonly T[]) {
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined) throw new Error('There is nothing to choose from.');
  return value;
}
