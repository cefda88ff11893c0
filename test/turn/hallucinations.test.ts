import { isHallucination } from '#src/turn/hallucinations.ts';
import type { VoiceEvidence } from '#src/turn/voice-evidence.ts';

const clear: VoiceEvidence = {
  voicedMs: 900,
  spanMs: 950,
  meanProbability: 0.9,
  peakProbability: 1,
  meanLevelDb: -25,
};
const faint: VoiceEvidence = {
  voicedMs: 128,
  spanMs: 128,
  meanProbability: 0.6,
  peakProbability: 0.75,
};

const credits = [
  'Thank you for watching!',
  "Don't forget to like and subscribe",
  'Untertitelung des ZDF, 2020',
  "Sous-titres réalisés par la communauté d'Amara.org",
  '¡Gracias por ver el video!',
  'Sottotitoli e revisione a cura di QTSS',
  'Bedankt voor het kijken!',
  'Dziękuję za uwagę.',
  'Terima kasih telah menonton!',
  'Редактор субтитров А.Семкин Корректор А.Егорова',
  'ご視聴ありがとうございました。',
  '请不吝点赞 订阅 转发 打赏支持明镜与点点栏目',
  'اشتركوا في القناة',
];

test.each(credits)('"%s" is a credit nobody said, however clear the voice', (text) =>
  expect(isHallucination(text, clear)).toBe(true),
);

test.each([
  '',
  '  ',
  '.',
  '...',
  '♪',
  '♪ la la la ♪',
  '[Music]',
  '(applause)',
  '*sighs*',
  '[BLANK_AUDIO]',
  '🎵🎵',
])('"%s" holds no word', (text) => expect(isHallucination(text, clear)).toBe(true));

test.each([
  'I am going to go. '.repeat(6),
  'ha '.repeat(20),
  'ああ'.repeat(20),
  'you you you you you you you you',
])('"%s" is a loop', (text) => expect(isHallucination(text, clear)).toBe(true));

test.each([
  'you',
  'You.',
  'Thank you.',
  'Bye.',
  'Vielen Dank.',
  'спасибо',
  'ありがとうございました',
  '谢谢',
])(
  '"%s" is believed when it was spoken clearly, and not when hardly any voice was there',
  (text) => {
    expect(isHallucination(text, clear)).toBe(false);
    expect(isHallucination(text, faint)).toBe(true);
  },
);

test.each([
  'five five',
  'no no no',
  'stop stop stop stop',
  'yes',
  'five five five five five five five five',
  '5 5 5 5 5 5 5 5',
  'what does thanks for watching mean',
  'please subscribe me to the weekly report',
  'translate thank you for watching',
  'thank you nova that was great',
  'play music (the loud one)',
  'ja ja',
  'untertitel bitte an',
  '5555555555',
])('"%s" may well be meant', (text) =>
  expect(isHallucination(text, { ...clear, voicedMs: 2400 })).toBe(false),
);

test('"you" is believed from 160 ms of certain voice that is not faint, and not below', () => {
  const voice = {
    voicedMs: 160,
    spanMs: 160,
    meanProbability: 0.65,
    peakProbability: 0.9,
  };
  expect(isHallucination('You.', voice)).toBe(false);
  expect(isHallucination('You.', { ...voice, meanLevelDb: -52 })).toBe(false);
  for (const less of [
    { voicedMs: 159 },
    { meanProbability: 0.64 },
    { meanLevelDb: -52.1 },
  ])
    expect(isHallucination('You.', { ...voice, ...less })).toBe(true);
});

test('one word is a loop from eight times on where nobody can say it that fast, else from sixteen', () => {
  const voice = (voicedMs: number) => ({
    voicedMs,
    spanMs: voicedMs,
    meanProbability: 0.9,
    peakProbability: 1,
  });
  const said = (times: number) => Array(times).fill('banana').join(' ');
  expect(isHallucination(said(7), voice(100))).toBe(false);
  expect(isHallucination(said(8), voice(959))).toBe(true);
  expect(isHallucination(said(8), voice(960))).toBe(false);
  expect(isHallucination(said(15), voice(9_000))).toBe(false);
  expect(isHallucination(said(16), voice(9_000))).toBe(true);
});

test('a phrase is a loop when it comes four times, with eight words or more, however slowly', () => {
  const voice = {
    voicedMs: 9_000,
    spanMs: 9_000,
    meanProbability: 0.9,
    peakProbability: 1,
  };
  const said = (times: number) => Array(times).fill('blue banana').join(' ');
  expect(isHallucination(said(3), voice)).toBe(false);
  expect(isHallucination(said(4), voice)).toBe(true);
  expect(isHallucination(`${said(4)} now`, voice)).toBe(false);
  expect(isHallucination(Array(4).fill('10 20').join(' '), voice)).toBe(false);
});
