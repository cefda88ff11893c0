import { addressingRules } from '#src/turn/addressing/addressing-windows.ts';
import type { SimulatedUtterance } from './microphones.ts';
import { type BenchChannel, goTo, isAtRest, move, say, until } from './room.ts';
import type { MannersScene, SceneAct, SceneMix, SceneRole } from './scenes.ts';

/** Something that was said, and what should come of it. */
export type SpokenLine = {
  readonly utterance: SimulatedUtterance;
  readonly scene: string;
  readonly meant: 'yes' | 'no' | 'perhaps';
  readonly answer: 'short' | 'asks' | 'long';
  /** Its answer has to be heard to the last word. */
  readonly whole: boolean;
};

export type MannersRun = {
  readonly room: BenchChannel;
  readonly mix: SceneMix;
  /** 0 to 1, evenly. */
  readonly random: () => number;
  readonly spoken: Map<number, SpokenLine>;
  readonly dismissedAtMs: number[];
};

/** Pauses of people who talk to each other; below 0 they fall into each other's words. */
type Pace = { readonly shortestMs: number; readonly longestMs: number };

/** After a scene: nobody is still expected to go on with it. After chat it goes on at once. */
const [restMs, betweenMs] = [9_000, 1_800];
/** Ask opens 15 s, answered or not. */
const askedMs = 15_500;
/** Nobody goes on with what they said so long ago. */
const breathMs = 1_600;

/** Plays one scene, and returns once all of it is over and forgotten. */
export async function runScene(run: MannersRun, { name, acts }: MannersScene): Promise<void> {
  const { room } = run;
  const cast = castOf(run);
  const stage: SceneStage = { run, cast, name, askUntilMs: 0 };
  let lastMs = room.clock.nowMs();
  for (const act of acts) lastMs = await perform(act, lastMs, stage);
  await settle(run, lastMs, restMs);
  await goTo(room, stage.askUntilMs);
}

/** Lines between people, this many, none of them for the bot. */
export async function chat(run: MannersRun, lines: number, pace: Pace): Promise<void> {
  const { room, mix, random } = run;
  const persons = room.people.filter(({ isBot }) => !isBot).map(({ id }) => id);
  let lastMs = room.clock.nowMs();
  let former: string | undefined;
  for (let line = 0; line < lines; line++) {
    const who = oneOf(
      random,
      persons.filter((id) => id !== former),
    );
    former = who;
    const pauseMs = pace.shortestMs + random() * (pace.longestMs - pace.shortestMs);
    const text = filled(oneOf(random, mix.chat), run);
    const utterance = say(room, who, text, Math.max(room.clock.nowMs(), lastMs + pauseMs));
    run.spoken.set(utterance.id, {
      utterance,
      scene: 'chat',
      meant: 'no',
      answer: 'short',
      whole: false,
    });
    lastMs = utterance.toMs;
    await goTo(room, lastMs - 1_000);
  }
  await settle(run, lastMs, betweenMs);
}

type SceneStage = {
  readonly run: MannersRun;
  readonly cast: Readonly<Record<SceneRole, string>>;
  readonly name: string;
  /** End, in ms, of the time in which the presser of Ask needs no name. */
  askUntilMs: number;
};

/** Returns when the next act begins at the earliest. */
async function perform(act: SceneAct, lastMs: number, stage: SceneStage): Promise<number> {
  const { run, cast } = stage;
  const { room } = run;
  if ('pauseMs' in act) return lastMs + act.pauseMs;
  if ('wait' in act) {
    await goTo(room, lastMs);
    if (act.wait === 'sound') await until(room, () => room.clock.nowMs() - room.mouth.lastMs <= 20);
    else await calm(room);
    return room.clock.nowMs();
  }
  if ('do' in act) {
    await goTo(room, lastMs);
    if (act.do !== 'ask') move(room, cast[act.who], act.do === 'come');
    else {
      room.fixture.talk.openFloor('g', cast[act.who]);
      stage.askUntilMs = room.clock.nowMs() + askedMs;
    }
    return room.clock.nowMs();
  }
  return speak(act, lastMs, stage);
}

/** Returns when it ends. */
function speak(act: Extract<SceneAct, { say: string }>, lastMs: number, stage: SceneStage): number {
  const { run, cast, name } = stage;
  const { room } = run;
  const fromMs = Math.max(room.clock.nowMs(), lastMs + (act.afterMs ?? 0));
  const utterance = say(room, cast[act.who], filled(act.say, run, cast), fromMs);
  const { answer = 'short', whole = false } = act;
  const meant = act.misheard && mistrusts(run) ? 'perhaps' : (act.meant ?? 'no');
  run.spoken.set(utterance.id, { utterance, scene: name, meant, answer, whole });
  if (act.dismisses) run.dismissedAtMs.push(utterance.fromMs);
  return utterance.toMs;
}

/** It was dismissed twice of late, and takes its name only as it is written. */
function mistrusts({ room, dismissedAtMs }: MannersRun): boolean {
  const { dismissedWithinMs, exactForMs } = addressingRules;
  return dismissedAtMs.some((atMs, n) => {
    const isSecond = atMs - (dismissedAtMs[n - 1] ?? Number.NEGATIVE_INFINITY) < dismissedWithinMs;
    return isSecond && room.clock.nowMs() - atMs <= exactForMs + restMs;
  });
}

/** Everything that was said is understood, and everything to be answered is. */
export async function calm(room: BenchChannel): Promise<void> {
  let restedMs = 0;
  await until(room, () => {
    restedMs = isAtRest(room) && room.traffic.waiting.length === 0 ? restedMs + 20 : 0;
    const isQuiet = room.clock.nowMs() - room.traffic.lastMs > breathMs;
    return isQuiet ? restedMs >= 60 : false;
  });
}

async function settle({ room }: MannersRun, lastMs: number, thenMs: number): Promise<void> {
  await goTo(room, lastMs);
  await calm(room);
  await goTo(room, room.clock.nowMs() + thenMs);
}

function castOf({ room, random }: MannersRun): Readonly<Record<SceneRole, string>> {
  const persons = room.people.filter(({ isBot }) => !isBot).map(({ id }) => id);
  const [a = '', b = '', c = a, d = b, e = a] = shuffled(random, persons);
  return { a, b, c, d, e, bot: 'bot' };
}

/** `{city}` by chance, `{b}` by the name of who plays it. */
function filled(
  text: string,
  { mix, random, room }: MannersRun,
  cast?: SceneStage['cast'],
): string {
  return text.replace(/\{(\w+)\}/g, (_all, key: string) => {
    const words = mix.fill[key];
    if (words) return oneOf(random, words);
    const played = Object.entries(cast ?? {}).find(([role]) => role === key)?.[1];
    return room.people.find(({ id }) => id === played)?.name ?? key;
  });
}

function oneOf<T>(random: () => number, all: readonly T[]): T {
  const one = all[Math.floor(random() * all.length)];
  if (one === undefined) throw new Error('There is nothing to choose from.');
  return one;
}

export function shuffled<T>(random: () => number, all: readonly T[]): T[] {
  return all
    .map((one) => ({ one, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ one }) => one);
}
