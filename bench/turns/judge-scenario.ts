import { recognitionMs } from './oracle-recogniser.ts';
import type { NotedEvent } from './scenario-listening.ts';
import type { TurnScenario } from './turn-scenarios.ts';
import type { ClipWord } from './voice-clips.ts';

export type ScenarioVerdict = ReturnType<typeof judgeScenario>;

/** First token, first clause and first sound of the answer, after the text. */
const answerPathMs = 150 + 60 + 60;

/** Verdict on the bot's behaviour: an answer begins when the turn is likely over, and is dropped when the person goes on. */
export function judgeScenario(
  scenario: TurnScenario,
  words: readonly ClipWord[],
  noted: readonly NotedEvent[],
) {
  const { answers, pauses, vain } = listAnswers(noted);
  const lastEndMs = words.at(-1)?.[2] ?? 0;
  let clashes = 0;
  // The bot's first frame fell into a pause: before the person's next word. Times count from the end of the last one.
  const cutOffs = answers.flatMap(({ toMs, endedAtMs, frameAtMs }) => {
    const said = words.filter(([, fromMs]) => fromMs < toMs);
    const next = words[said.length];
    if (!next) return [];
    const spokenMs = said.at(-1)?.[2] ?? 0;
    if (frameAtMs >= next[1]) {
      clashes++;
      return [];
    }
    return {
      after: joinTexts(said),
      pauseMs: next[1] - spokenMs,
      endedMs: endedAtMs - spokenMs,
      frameMs: frameAtMs - spokenMs,
    };
  });
  const last = answers.find(({ endedAtMs }) => endedAtMs >= lastEndMs);
  return {
    scenario,
    text: joinTexts(words),
    cutOffs,
    /** Frames between the next word's start and the moment it was noticed. */
    clashes,
    /** Pauses noticed, and those of them where an answer was begun and thrown away. */
    pauses,
    vain,
    /** Since the end of the last word; undefined when nothing ended after it. */
    waitMs: last && last.endedAtMs - lastEndMs,
    answerMs: last && last.frameAtMs - lastEndMs,
  };
}

function joinTexts(words: readonly ClipWord[]) {
  return words.map(([text]) => text).join(' ');
}

/** The answers whose first frame left, in order. */
function listAnswers(noted: readonly NotedEvent[]) {
  const answers: { toMs: number; endedAtMs: number; frameAtMs: number }[] = [];
  let [pauses, vain] = [0, 0];
  let [textAtMs, begunAtMs]: (number | undefined)[] = [];
  for (const { atMs, event } of noted) {
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
