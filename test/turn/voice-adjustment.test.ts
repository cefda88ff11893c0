import { expect, test } from 'vitest';
import { classify } from '#src/turn/overlap/interjections.ts';
import { adjusted, usualVoice, type VoiceAdjustment } from '#src/turn/voice-adjustment.ts';

/** The bot's voice after a person has said all this. */
function after(...said: readonly string[]): VoiceAdjustment {
  let voice = usualVoice;
  for (const text of said) {
    const words = classify(text, { isFinal: true });
    if (words.kind !== 'again') throw new Error(`"${text}" asks for nothing: ${words.kind}`);
    voice = adjusted(voice, words);
  }
  return voice;
}

test.each([
  [['Slower, please.'], { speed: 0.85, gainDb: 0 }],
  [['Say that again.'], { speed: 1, gainDb: 0 }],
  [['Slower.', 'Say that again.'], { speed: 0.85, gainDb: 0 }],
  [['Slower.', 'Louder.'], { speed: 0.85, gainDb: 6 }],
  [['Slower.', 'Faster.'], usualVoice],
  [['Faster.', 'Too fast.'], usualVoice],
  [['Louder.', 'Quieter.'], usualVoice],
  [['Quieter.'], { speed: 1, gainDb: -6 }],
  [['Slower.', 'Louder.', 'Back to normal.'], usualVoice],
  [['Langsamer, bitte.', 'Sprich normal.'], usualVoice],
  [['Más despacio.', 'Más rápido.'], usualVoice],
  [['もっとゆっくり', '普通に話して'], usualVoice],
])('after %j the bot speaks by %j', (said, voice) => {
  expect(after(...said)).toEqual(voice);
});

test('nobody slows it below 0.7, hurries it above 1.4 or makes it louder than 12 dB', () => {
  const often = (text: string) => after(...Array<string>(20).fill(text));
  expect(often('Slower.').speed).toBe(0.7);
  expect(often('Faster.').speed).toBe(1.4);
  expect(often('Louder.').gainDb).toBe(12);
  expect(often('Quieter.').gainDb).toBe(-12);
});
