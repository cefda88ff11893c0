import { expect, test } from 'vitest';
import { interruptionRules as rules } from '#src/turn/overlap/interruption-rules.ts';
import { type SpeechReaction, stepSpeech, unheard } from '#src/turn/overlap/interruption-speech.ts';

/** Reaction to an evenly loud voice of the person answered from 1,000 ms on, some of it explained. */
function claimed(atMs: number, explainedMs: number): SpeechReaction {
  const began = unheard({ personId: 'ann', atMs: 1_000 });
  const speech = { ...began, explainedMs, loudestDb: -20, levelDb: -20, sounding: true };
  const event = { kind: 'voiced', personId: 'ann', voicedMs: 96, levelDb: -20, atMs } as const;
  return stepSpeech(speech, event, true, rules).reaction;
}

test('a voice pauses the bot from 300 ms after it began, and before that only tentatively', () => {
  const { minPauseDurationMs: longMs } = rules;
  expect(claimed(1_000 + longMs - 1, 0)).toBe('tentative-pause');
  expect(claimed(1_000 + longMs, 0)).toBe('pause');
});

test('a voice all of which is explained pauses nothing, however long ago it began', () => {
  expect(claimed(3_000, 96)).toBe('none');
  expect(claimed(3_000, 95)).toBe('pause');
});
