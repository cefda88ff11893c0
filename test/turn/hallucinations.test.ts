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

/** Formulas that stand in no table as they are. */
const otherCredits = [
  'ご視聴いただきありがとうございます。',
  '最後までご覧いただきありがとうございました',
  '字幕by索兰娅',
  '字幕：李宗盛',
  '謝謝大家的收看',
  '請訂閱我的頻道',
  'Köszönöm, hogy megnézted a videót!',
  'Köszönöm a figyelmet!',
  'Feliratok: Nagy Anna',
  'Danske tekster af Nicolai Winther',
  'Tak fordi du kiggede med.',
  'Tusind tak fordi I så med!',
  'תודה שצפיתם',
  'תרגום: רונית כהן',
  'Mulțumesc pentru vizionare!',
  'Hvala što pratite kanal.',
  'Ďakujem za pozornosť.',
  'Благодаря за гледането.',
  'Tekstning af Scandinavian Text Service',
];

test.each([...credits, ...otherCredits])(
  '"%s" is a credit nobody said, however clear the voice',
  (text) => expect(isHallucination(text, clear)).toBe(true),
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
  'Köszönöm.',
  'Mange tak.',
  'תודה רבה',
  'Hvala lijepa.',
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
  'thanks for watching the kids yesterday',
  'thank you i will watch it',
  'can you watch a video with us',
  'turn the subtitles on',
  '字幕をつけてください',
  'jeg så en film i går',
  'tak skal du have nova',
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

test('thanks are believed from as much voice as they take, and not below', () => {
  const makeEvidence = (voicedMs: number) => ({ ...clear, voicedMs, spanMs: voicedMs });
  expect(isHallucination('Thank you very much.', makeEvidence(600))).toBe(false);
  expect(isHallucination('Thank you very much.', makeEvidence(400))).toBe(true);
  expect(isHallucination('ありがとうございました', makeEvidence(800))).toBe(false);
  expect(isHallucination('ありがとうございました', makeEvidence(500))).toBe(true);
});

test('one word is a loop from eight times on where nobody can say it that fast, else from sixteen', () => {
  const makeEvidence = (voicedMs: number) => ({
    voicedMs,
    spanMs: voicedMs,
    meanProbability: 0.9,
    peakProbability: 1,
  });
  const repeatWord = (times: number) => Array(times).fill('banana').join(' ');
  expect(isHallucination(repeatWord(7), makeEvidence(100))).toBe(false);
  expect(isHallucination(repeatWord(8), makeEvidence(959))).toBe(true);
  expect(isHallucination(repeatWord(8), makeEvidence(960))).toBe(false);
  expect(isHallucination(repeatWord(15), makeEvidence(9_000))).toBe(false);
  expect(isHallucination(repeatWord(16), makeEvidence(9_000))).toBe(true);
});

test('a phrase is a loop when it comes four times, with eight words or more, however slowly', () => {
  const voice = {
    voicedMs: 9_000,
    spanMs: 9_000,
    meanProbability: 0.9,
    peakProbability: 1,
  };
  const repeatWords = (times: number) => Array(times).fill('blue banana').join(' ');
  expect(isHallucination(repeatWords(3), voice)).toBe(false);
  expect(isHallucination(repeatWords(4), voice)).toBe(true);
  expect(isHallucination(`${repeatWords(4)} now`, voice)).toBe(false);
  expect(isHallucination(Array(4).fill('10 20').join(' '), voice)).toBe(false);
});
