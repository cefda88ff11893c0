import { decodeOpusFile } from '#bench/turns/voice-clips.ts';
import { loadOpus } from '#src/audio/opus/opus-codec.ts';
import { listenRateHz } from '#src/audio/pcm.ts';
import { loadSilero, VoiceWindowMeter } from '#src/audio/voice/voice-activity.ts';
import {
  endpointRules,
  quietVoice,
  stepEndpointing,
} from '#src/turn/endpointing/endpointing.ts';
import {
  hasVoice,
  isHallucination,
  type VoiceEvidence,
} from '#src/turn/voice-evidence.ts';
import { listClips, readClip } from '#test/audio/clip-archive.ts';

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

const spoken = {
  voicedMs: 900,
  spanMs: 1_000,
  meanProbability: 0.9,
  peakProbability: 0.99,
};
const faintSpoken = { ...spoken, voicedMs: 120, spanMs: 200, meanLevelDb: -54 };
const hints = ['Nova', 'Ana', 'Ben Miller'];

test.each([
  ['Nova, Ana, Ben Miller.', spoken, true],
  ['Nova.', faintSpoken, true],
  ['Ana, Ben', faintSpoken, true],
  ['Nova!', spoken, false],
  ['Ana, Ben', spoken, false],
  ['Nova, what time is it?', spoken, false],
  ['Nova, what time is it?', faintSpoken, false],
])(
  '"%s" of a recogniser that was told these names, with %j, is an echo: %s',
  (text, heard, is) => expect(isHallucination(text, heard, hints)).toBe(is),
);

test('without hints no name is an echo', () =>
  expect(isHallucination('Ana, Ben', faintSpoken)).toBe(false));

const sampleCount = 12 * listenRateHz;
const recorded = 'test/fixtures/non-speech';
const codec = await loadOpus();
/** Music sings for 128 ms, which a recogniser is asked about and hears no words in (`npm run bench -- ears`). A laugh is a voice. */
const files = listClips(recorded).filter((file) => !/^(?:music|laugh)/.test(file));

/** Sounds that voices are mistaken for: -1 to 1, by the time in seconds. */
const instruments: Readonly<Record<string, (t: number) => number>> = {
  'chords with tremolo'(t) {
    const root = [220, 175, 262, 196][Math.floor(t / 2) % 4] ?? 220;
    const chord = [1, 1.26, 1.5].reduce(
      (sum, ratio) => sum + makeSaw(root * ratio, t),
      0,
    );
    return 0.08 * (1 + 0.6 * Math.sin(toAngle(5.5, t))) * chord;
  },
  // The worst case: a saw of a man's pitch with tremolo, through a flanger.
  'a voice-like synth'(t) {
    const delay = 0.002 + 0.0015 * Math.sin(toAngle(0.4, t));
    const flanged = makeSaw(180, t) + makeSaw(180, t + delay);
    return 0.12 * (1 + 0.8 * Math.sin(toAngle(4, t))) * flanged;
  },
};

function toAngle(hz: number, t: number) {
  return 2 * Math.PI * hz * t;
}

function makeSaw(hz: number, t: number) {
  return 2 * ((hz * t) % 1) - 1;
}

const weights = await loadSilero();

/** The evidence of each utterance that an open microphone would have ended. */
function listUtterances(samples: Int16Array) {
  const meter = new VoiceWindowMeter(weights);
  const ended: VoiceEvidence[] = [];
  let voice = quietVoice;
  for (let atMs = 20; (atMs - 1000) * 16 <= samples.length; atMs += 20) {
    const packet = new Int16Array(320);
    packet.set(samples.subarray((atMs - 20) * 16, atMs * 16));
    for (const window of meter.push(packet, atMs)) {
      const step = stepEndpointing(voice, { kind: 'window', ...window }, endpointRules);
      voice = step.voice;
      for (const effect of step.effects)
        if (effect.kind === 'ended') ended.push(effect.evidence);
    }
  }
  return ended;
}

test.each(Object.entries(instruments))(
  '12 s of %s reach no recogniser',
  (_name, wave) => {
    const samples = Int16Array.from({ length: sampleCount }, (_, n) =>
      Math.round(32_767 * wave(n / listenRateHz)),
    );
    expect(listUtterances(samples).filter(hasVoice)).toEqual([]);
  },
);

test.each(files)(
  '12 s of %s in a room where nobody speaks reach no recogniser',
  async (file) => {
    const once = decodeOpusFile(readClip(recorded, file), codec);
    const samples = Int16Array.from(
      { length: sampleCount },
      (_, n) => once[n % once.length] ?? 0,
    );
    expect(listUtterances(samples).filter(hasVoice)).toEqual([]);
  },
);

test('an utterance is worth a recogniser by its length, its certainty and its level together', () => {
  const voice = {
    voicedMs: 90,
    spanMs: 90,
    meanProbability: 0.7,
    peakProbability: 0.85,
  };
  expect(hasVoice(voice)).toBe(true);
  expect(hasVoice({ ...voice, meanLevelDb: -58 })).toBe(true);
  for (const less of [
    { voicedMs: 89 },
    { meanProbability: 0.69 },
    { peakProbability: 0.84 },
    { meanLevelDb: -58.1 },
  ])
    expect(hasVoice({ ...voice, ...less })).toBe(false);
});

test('what no breath interrupts for 10 s is an instrument', () => {
  const long = { meanProbability: 0.9, peakProbability: 1, spanMs: 10_000 };
  expect(hasVoice({ ...long, voicedMs: 10_000 })).toBe(false);
  expect(hasVoice({ ...long, voicedMs: 9_950 })).toBe(true);
  expect(hasVoice({ ...long, voicedMs: 9_999, spanMs: 9_999 })).toBe(true);
});
