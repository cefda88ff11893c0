import { findPercentile } from '#bench/format-table.ts';
import type { EvalScene } from './eval-scene.ts';
import type { EvalSetup } from './eval-setup.ts';
import { judgeAnswer } from './judge-answer.ts';
import {
  listHeardAnswers,
  type PlayedAnswer,
  type PlayedScene,
  playScene,
} from './scene-player.ts';
import {
  checkScene,
  findToolMistakes,
  findWordMistakes,
  type GivenAnswer,
} from './scene-rules.ts';
import { isSpeakable, SoundBot } from './sound-room.ts';
import { openTextRoom } from './text-room.ts';

/** Outcome of one scene. */
export type SceneOutcome = {
  readonly scene: EvalScene;
  /** Sentences about mistakes. Empty: the scene passed, or was skipped. */
  readonly mistakes: readonly string[];
  /** Reason why the scene was not played. Undefined: it was. */
  readonly skipped?: string;
};

/** Outcome of all scenes with one set-up. */
export type EvalOutcome = {
  /** Name of the set-up. */
  readonly name: string;
  readonly scenes: readonly SceneOutcome[];
  /** Planted wrong answers that the judge let pass. */
  readonly judgeMistakes: readonly string[];
  /** Median time from the end of a question to its answer, in ms; NaN without answers. */
  readonly answerMs: number;
  /** Price of the run, in US dollars. */
  readonly usd: number;
};

/** Options of a run. */
export type EvalOptions = {
  readonly scenes: readonly EvalScene[];
  /** Folder of the scenes. */
  readonly folder: string;
  /** Plays without sound, on virtual time. */
  readonly isText: boolean;
  /** Set-up with the chat model that judges. */
  readonly judging: EvalSetup;
};

/** Plays all scenes with this set-up, and judges them. Throws a BotError of a server. */
export async function evaluateSetup(
  setup: EvalSetup,
  options: EvalOptions,
): Promise<EvalOutcome> {
  const { scenes, isText, judging } = options;
  const models = new Set([setup, judging]);
  const sumChatUsd = () => [...models].reduce((sum, { price }) => sum + price.usd, 0);
  const startUsd = sumChatUsd();
  const { played, spokenUsd } = isText
    ? { played: await playScenesAsText(scenes, setup), spokenUsd: 0 }
    : await playScenesAloud(setup, options);
  const outcomes: SceneOutcome[] = [];
  for (const scene of scenes) {
    const playedScene = played.find((candidate) => candidate.scene === scene);
    outcomes.push(
      playedScene
        ? { scene, mistakes: await findMistakes(playedScene, setup, judging) }
        : { scene, mistakes: [], skipped: 'no voice speaks its language' },
    );
  }
  const judgeMistakes = judging.hasChatModel
    ? await findPlantedMistakes(scenes, judging)
    : [];
  const waits = played.flatMap(({ events }) =>
    listHeardAnswers(events).flatMap(getAnswerMs),
  );
  return {
    name: setup.name,
    scenes: outcomes,
    judgeMistakes,
    answerMs: findPercentile(waits, 0.5),
    usd: spokenUsd + sumChatUsd() - startUsd,
  };
}

async function playScenesAsText(scenes: readonly EvalScene[], setup: EvalSetup) {
  const played: PlayedScene[] = [];
  for (const scene of scenes)
    played.push(await playScene(scene, () => openTextRoom(scene, setup)));
  return played;
}

/** Plays scenes one after the other: a person sits in one channel alone, and a busy machine is no fault of a set-up. */
async function playScenesAloud(setup: EvalSetup, { scenes, folder }: EvalOptions) {
  await using bot = await SoundBot.open(setup, folder);
  const played: PlayedScene[] = [];
  for (const scene of scenes) {
    if (isSpeakable(scene, setup))
      played.push(await playScene(scene, () => bot.openRoom(scene)));
  }
  return { played, spokenUsd: bot.usd };
}

/** Finds the mistakes of a played scene. Of the built-in stand-in only its manners count: it knows no answers, and calls its own tools. */
async function findMistakes(
  played: PlayedScene,
  { hasChatModel }: EvalSetup,
  judging: EvalSetup,
) {
  const { mistakes, answers } = checkScene(played);
  if (!hasChatModel) return mistakes;
  const wordMistakes = await Promise.all(
    answers.map(({ dueAnswer, text }) => findWordMistakes(dueAnswer, text)),
  );
  const rubricMistakes: string[] = [];
  for (const answer of judging.hasChatModel ? answers : [])
    rubricMistakes.push(...(await findRubricMistakes(answer, judging)));
  return [
    ...mistakes,
    ...findToolMistakes(played),
    ...wordMistakes.flat(),
    ...rubricMistakes,
  ];
}

async function findRubricMistakes(
  { dueAnswer: { rubric }, text, transcript }: GivenAnswer,
  judging: EvalSetup,
) {
  if (rubric === undefined) return [];
  const verdict = await judgeAnswer(judging, { transcript, text, rubric });
  if (verdict.kind === 'passes') return [];
  const finding = verdict.kind === 'unusable' ? 'not judged by' : 'breaks';
  return [`${finding} the rule "${rubric}": ${verdict.evidence}`];
}

/** Finds planted wrong answers that the judge does not reject. */
async function findPlantedMistakes(scenes: readonly EvalScene[], judging: EvalSetup) {
  const mistakes: string[] = [];
  for (const { acts } of scenes) {
    for (const act of acts) {
      if (act.do !== 'say' || act.answer?.rubric === undefined) continue;
      const { rubric, wrong: text } = act.answer;
      const verdict = await judgeAnswer(judging, {
        transcript: `${act.who}: ${act.say}`,
        text,
        rubric,
      });
      if (verdict.kind === 'passes')
        mistakes.push(`"${text}" passes the rule "${rubric}"`);
    }
  }
  return mistakes;
}

function getAnswerMs({ instants }: PlayedAnswer) {
  const { heardAtMs, firstSentAtMs } = instants;
  return firstSentAtMs === undefined ? [] : firstSentAtMs - heardAtMs;
}
