import { recognitionMs } from './oracle-recogniser.ts';
import type { TimedInputEvent } from './scenario-listening.ts';
import type { TurnScenario } from './turn-scenarios.ts';
import type { ClipWord } from './voice-clips.ts';

/** An answer that began in a pause. Times count from the end of the word before, in ms. */
export interface CutOff {
  /** Text before the pause. */
  readonly spokenText: string;
  /** Length of the pause. */
  readonly pauseMs: number;
  /** Time at which the turn ended. */
  readonly endedMs: number;
  /** Time at which the first frame of the answer left. */
  readonly frameMs: number;
}

/** Verdict on the bot's behaviour in one scene. */
export interface ScenarioVerdict {
  readonly scenario: TurnScenario;
  readonly text: string;
  readonly cutOffs: readonly CutOff[];
  /** Number of answers whose first frame left between the next word's start and the moment at which that word was noticed. */
  readonly clashes: number;
  /** Number of pauses that were noticed. */
  readonly pauses: number;
  /** Number of those pauses in which an answer was begun and thrown away. */
  readonly vain: number;
  /** Time since the end of the last word until the turn ended. Undefined when nothing ended after it. */
  readonly waitMs: number | undefined;
  /** Time since the end of the last word until the answer's first frame. Undefined where `waitMs` is. */
  readonly answerMs: number | undefined;
}

/** An answer whose first frame left. */
type BegunAnswer = {
  /** End of the utterance. */
  readonly toMs: number;
  readonly endedAtMs: number;
  readonly frameAtMs: number;
};

/** First token, first clause and first sound of the answer, after the text. */
const answerPathMs = 150 + 60 + 60;

/** Judges the bot's behaviour in one scene, from the events of the person's input: an answer begins when the turn is likely over, and is dropped when the person goes on. */
export function judgeScenario(
  scenario: TurnScenario,
  words: readonly ClipWord[],
  events: readonly TimedInputEvent[],
): ScenarioVerdict {
  const { answers, pauses, vain } = listAnswers(events);
  const lastEndMs = words.at(-1)?.[2] ?? 0;
  const lastAnswer = answers.find(({ endedAtMs }) => endedAtMs >= lastEndMs);
  return {
    scenario,
    text: joinTexts(words),
    ...findCutOffs(words, answers),
    pauses,
    vain,
    waitMs: lastAnswer && lastAnswer.endedAtMs - lastEndMs,
    answerMs: lastAnswer && lastAnswer.frameAtMs - lastEndMs,
  };
}

/** Finds answers that fell into a pause: before the person's next word, or just after its start. */
function findCutOffs(words: readonly ClipWord[], answers: readonly BegunAnswer[]) {
  const cutOffs: CutOff[] = [];
  let clashes = 0;
  for (const { toMs, endedAtMs, frameAtMs } of answers) {
    const spokenWords = words.filter(([, fromMs]) => fromMs < toMs);
    const nextWord = words[spokenWords.length];
    if (!nextWord) continue;
    if (frameAtMs >= nextWord[1]) {
      clashes++;
      continue;
    }
    const spokenMs = spokenWords.at(-1)?.[2] ?? 0;
    cutOffs.push({
      spokenText: joinTexts(spokenWords),
      pauseMs: nextWord[1] - spokenMs,
      endedMs: endedAtMs - spokenMs,
      frameMs: frameAtMs - spokenMs,
    });
  }
  return { cutOffs, clashes };
}

function joinTexts(words: readonly ClipWord[]) {
  return words.map(([text]) => text).join(' ');
}

/** Lists the answers whose first frame left, in order. */
function listAnswers(events: readonly TimedInputEvent[]) {
  const answers: BegunAnswer[] = [];
  let pauses = 0;
  let vain = 0;
  let textAtMs: number | undefined;
  let begunAtMs: number | undefined;
  for (const { atMs, event } of events) {
    switch (event.kind) {
      case 'began':
        if ((answers.at(-1)?.frameAtMs ?? 0) > atMs) {
          answers.pop();
          vain++;
        }
        break;
      case 'paused':
        pauses++;
        textAtMs = atMs + recognitionMs;
        break;
      case 'likely-over':
        begunAtMs = atMs;
        break;
      case 'resumed':
        if (begunAtMs !== undefined) vain++;
        textAtMs = undefined;
        begunAtMs = undefined;
        break;
      case 'ended': {
        const readyAtMs =
          Math.max(begunAtMs ?? atMs, textAtMs ?? atMs + recognitionMs) + answerPathMs;
        answers.push({
          toMs: event.whole.toMs,
          endedAtMs: atMs,
          frameAtMs: Math.max(atMs, readyAtMs),
        });
        textAtMs = undefined;
        begunAtMs = undefined;
      }
    }
  }
  return { answers, pauses, vain };
}
