import { shuffleValues } from '#bench/shuffle-values.ts';
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

/** Something that was said, and what should come of it. */
export type SpokenLine = {
  readonly utterance: SimulatedUtterance;
  readonly scenario: string;
  readonly meant: 'yes' | 'no' | 'perhaps';
  readonly answer: 'short' | 'asks' | 'long';
  /** Its answer has to be heard to the last word. */
  readonly whole: boolean;
};

export type MannersRun = {
  readonly channel: BenchChannel;
  readonly mix: ScenarioMix;
  /** 0 to 1, evenly. */
  readonly random: () => number;
  readonly spoken: Map<number, SpokenLine>;
};

/** After a scene: nobody is still expected to go on with it. After chat it goes on at once. */
const [pauseAfterSceneMs, pauseAfterChatMs] = [9_000, 1_800];
/** Ask opens 15 s, answered or not. */
const askWindowMs = 15_500;
/** Nobody goes on with what they said so long ago. */
const sentencePauseMs = 1_600;

/** Plays one scene, and returns once all of it is over and forgotten. */
export async function runScenario(run: MannersRun, { name, acts }: MannersScenario) {
  const parts: DirectorDeps = { run, cast: castPeople(run), name, askUntilMs: 0 };
  let lastMs = run.channel.clock.nowMs();
  for (const act of acts) lastMs = await performAct(act, lastMs, parts);
  await settleScene(run, lastMs, pauseAfterSceneMs);
  await passUntil(run.channel, parts.askUntilMs);
}

/** Lines between people, this many, none of them for the bot. */
export async function playChat(
  run: MannersRun,
  lines: number,
  pace: EveningPlan['pace'],
) {
  const { channel, mix, random } = run;
  const persons = listPersons(channel);
  let lastMs = channel.clock.nowMs();
  let former: string | undefined;
  for (let line = 0; line < lines; line++) {
    const who = pickOne(
      random,
      persons.filter((id) => id !== former),
    );
    former = who;
    const pauseMs = pace.shortestMs + random() * (pace.longestMs - pace.shortestMs);
    const text = fillText(pickOne(random, mix.chat), run);
    const utterance = sayText(
      channel,
      who,
      text,
      Math.max(channel.clock.nowMs(), lastMs + pauseMs),
    );
    run.spoken.set(utterance.id, {
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

type DirectorDeps = {
  readonly run: MannersRun;
  readonly cast: Readonly<Record<ScenarioRole, string>>;
  readonly name: string;
  /** End, in ms, of the time in which the presser of Ask needs no name. */
  askUntilMs: number;
};

/** Returns when the next act begins at the earliest. */
async function performAct(act: ScenarioAct, lastMs: number, parts: DirectorDeps) {
  const { channel } = parts.run;
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
    if (act.do !== 'ask') movePerson(channel, parts.cast[act.who], act.do === 'come');
    else {
      channel.fixture.talk.openAskWindow('g', parts.cast[act.who]);
      parts.askUntilMs = channel.clock.nowMs() + askWindowMs;
    }
    return channel.clock.nowMs();
  }
  return speakAct(act, lastMs, parts);
}

/** Returns when it ends. */
function speakAct(
  act: Extract<ScenarioAct, { say: string }>,
  lastMs: number,
  parts: DirectorDeps,
) {
  const { run, cast, name } = parts;
  const fromMs = Math.max(run.channel.clock.nowMs(), lastMs + (act.afterMs ?? 0));
  const utterance = sayText(
    run.channel,
    cast[act.who],
    fillText(act.say, run, cast),
    fromMs,
  );
  const { answer = 'short', whole = false } = act;
  const meant = act.meant ?? 'no';
  run.spoken.set(utterance.id, { utterance, scenario: name, meant, answer, whole });
  return utterance.toMs;
}

/** Everything that was said is understood, and everything to be answered is. */
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

function listPersons({ people }: MannersRun['channel']) {
  return people.filter(({ isBot }) => !isBot).map(({ id }) => id);
}

function castPeople({ channel, random }: MannersRun) {
  const [a = '', b = '', c = a, d = b, e = a] = shuffleValues(
    random,
    listPersons(channel),
  );
  return { a, b, c, d, e, bot: 'bot' };
}

/** `{city}` by chance, `{b}` by the name of who plays it. */
function fillText(
  text: string,
  { mix, random, channel }: MannersRun,
  cast?: DirectorDeps['cast'],
) {
  return text.replace(/\{(\w+)\}/g, (_all, key: string) => {
    const words = mix.fill[key];
    if (words) return pickOne(random, words);
    const played = Object.entries(cast ?? {}).find(([role]) => role === key)?.[1];
    return channel.people.find(({ id }) => id === played)?.name ?? key;
  });
}

function pickOne<T>(random: () => number, all: readonly T[]) {
  const one = all[Math.floor(random() * all.length)];
  if (one === undefined) throw new Error('There is nothing to choose from.');
  return one;
}
