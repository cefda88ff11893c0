import { recognitionMs } from './oracle-recogniser.ts';
import type { TurnScenario } from './turn-scenarios.ts';
import type { ClipWord } from './voice-clips.ts';

/** The bot's first frame fell into a pause: before the person's next word. */
export type CutOff = {
  /** Words before the pause. */
  readonly after: string;
  readonly pauseMs: number;
  readonly endedMs: number;
  /** Both since the last word's end, as `endedMs`. */
  readonly frameMs: number;
};

export type ScenarioVerdict = {
  readonly scenario: TurnScenario;
  readonly text: string;
  readonly cutOffs: readonly CutOff[];
  /** Frames between the next word's start and the moment it was noticed. */
  readonly clashes: number;
  /** Pauses noticed, and those of them where an answer was begun and thrown away. */
  readonly pauses: number;
  readonly vain: number;
  /** Since the end of the last word; undefined when nothing ended after it. */
  readonly waitMs: number | undefined;
  readonly answerMs: number | undefined;
};

/** Event of turn detection, with the fields that count here. */
export type NoticedEvent = {
  readonly atMs: number;
  readonly noticed:
    | {
        readonly kind:
          | 'began'
          | 'sound'
          | 'paused'
          | 'long-pause'
          | 'resumed'
          | 'likely-over'
          | 'sounds-over';
      }
    | { readonly kind: 'ask-turn-model' }
    | { readonly kind: 'overlap-began' | 'voiced' | 'overlap-ended' }
    | { readonly kind: 'ended'; readonly whole: { readonly toMs: number } };
};

/** First token, first clause and first sound of the answer, after the text. */
const answerPathMs = 150 + 60 + 60;

type ScenarioAnswer = {
  readonly toMs: number;
  readonly endedAtMs: number;
  readonly frameAtMs: number;
};

/** Verdict on the bot's behaviour: an answer begins when the turn is likely over, and is dropped when the person goes on. */
export function judgeScenario(
  scenario: TurnScenario,
  words: readonly ClipWord[],
  noted: readonly NoticedEvent[],
) {
  const { answers, pauses, vain } = listAnswers(noted);
  const lastEndMs = words.at(-1)?.[2] ?? 0;
  const cutOffs: CutOff[] = [];
  let clashes = 0;
  for (const { toMs, endedAtMs, frameAtMs } of answers) {
    const said = words.filter(([, fromMs]) => fromMs < toMs);
    const next = words[said.length];
    if (!next) continue;
    const spokenMs = said.at(-1)?.[2] ?? 0;
    if (frameAtMs >= next[1]) clashes++;
    else {
      cutOffs.push({
        after: said.map(([text]) => text).join(' '),
        pauseMs: next[1] - spokenMs,
        endedMs: endedAtMs - spokenMs,
        frameMs: frameAtMs - spokenMs,
      });
    }
  }
  const last = answers.find(({ endedAtMs }) => endedAtMs >= lastEndMs);
  return {
    scenario,
    text: words.map(([text]) => text).join(' '),
    cutOffs,
    clashes,
    pauses,
    vain,
    waitMs: last && last.endedAtMs - lastEndMs,
    answerMs: last && last.frameAtMs - lastEndMs,
  };
}

/** The answers whose first frame left, in order. */
function listAnswers(noted: readonly NoticedEvent[]) {
  const answers: ScenarioAnswer[] = [];
  let [pauses, vain] = [0, 0];
  let [textAtMs, begunAtMs]: (number | undefined)[] = [];
  for (const { atMs, noticed } of noted) {
    switch (noticed.kind) {
      case 'began':
        if ((answers.at(-1)?.frameAtMs ?? 0) > atMs) {
          answers.pop();
          vain++;
        }
        break;
      case 'ask-turn-model':
      case 'sound':
      case 'sounds-over':
      case 'long-pause':
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
          toMs: noticed.whole.toMs,
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
