import { statSync } from 'node:fs';
import { predictEndOfTurn } from '#src/turn/endpointing/end-of-turn.ts';
import {
  type EndpointingEvent,
  endpointRules as rules,
} from '#src/turn/endpointing/endpointing.ts';
import {
  decideEndpointingDelay,
  endpointingDelayRules,
  getEndingLogit,
  learnEnding,
  learnPause,
  noEndings,
  type PauseSigns,
  unknownHabit,
} from '#src/turn/endpointing/endpointing-delay.ts';
import { readWordEndings, WordEndings } from '#src/turn/endpointing/word-endings.ts';
import { languages } from '#src/turn/languages/languages.ts';
import { anyCharacter, fc } from '#test/properties.ts';
import {
  listKinds,
  makeTicks,
  type NotedEffect,
  runEvents,
} from '#test/turn/endpointing/endpointing-run.ts';
import { heldOut } from '#test/turn/held-out-people.ts';
import { type HeldOutPhrase, listHeldOutPhrases } from '#test/turn/held-out-phrases.ts';
import { listSpokenPhrases } from '#test/turn/spoken-phrases.ts';

const silent: PauseSigns = { isClosed: true, isLagging: false, isTextless: true };
const makeReading = (completeLogit: number, lastWord = 'word') => ({
  isClosed: true,
  isLagging: false,
  isTextless: false,
  endOfTurn: { completeLogit, lastWord },
});
const delayMs = (signs: PauseSigns, person = {}) =>
  decideEndpointingDelay(signs, endpointingDelayRules, person).delayMs;

function learnPauses(...pausesMs: readonly number[]) {
  return pausesMs.reduce(learnPause, unknownHabit);
}

test('an answer is prepared long before the end where the text is likelier over than not, else shortly before if the sound was judged', () => {
  const { preemptiveLeadMs, unsureLeadMs } = endpointingDelayRules;
  const getLeadMs = (signs: PauseSigns) =>
    decideEndpointingDelay(signs, endpointingDelayRules, {}).preemptiveLeadMs;
  const judgement = { askedAtMs: 0, isPending: false, logit: 0 };
  const judgedSigns = (completeLogit: number) => ({
    ...makeReading(completeLogit),
    judgement,
  });
  expect([2, 0.3, 0, -4].map((logit) => getLeadMs(makeReading(logit)))).toEqual([
    preemptiveLeadMs,
    preemptiveLeadMs,
    0,
    0,
  ]);
  expect([2, 0, -4].map((logit) => getLeadMs(judgedSigns(logit)))).toEqual([
    preemptiveLeadMs,
    unsureLeadMs,
    unsureLeadMs,
  ]);
});

test('people who pause long are given time, people who hardly pause are answered sooner', () => {
  const slow = { habit: learnPauses(...Array(20).fill(1100)) };
  const quick = { habit: learnPauses(...Array(20).fill(120)) };
  for (const signs of [silent, makeReading(0), makeReading(1.2)]) {
    expect(delayMs(signs, slow)).toBeGreaterThan(delayMs(signs));
    expect(delayMs(signs, quick)).toBeLessThan(delayMs(signs));
  }
});

test('last words that often went on are waited for, in any language and without a list', () => {
  let endings = noEndings;
  for (let n = 0; n < 10; n++) endings = learnEnding(endings, 'siis', 'went-on');
  for (let n = 0; n < 10; n++) endings = learnEnding(endings, 'aitäh', 'ended');
  expect(delayMs(makeReading(0.5, 'siis'), { endings })).toBeGreaterThan(
    delayMs(makeReading(0.5)),
  );
  expect(delayMs(makeReading(0.5, 'aitäh'), { endings })).toBeLessThan(
    delayMs(makeReading(0.5)),
  );
  expect(getEndingLogit(endings, 'never heard')).toBe(0);
});

test('no sign and no habit leads out of 150 to 1,200 ms', () => {
  const signs = fc.record({
    isClosed: fc.boolean(),
    isLagging: fc.boolean(),
    isTextless: fc.boolean(),
    endOfTurn: fc.option(
      fc.record({
        completeLogit: fc.double({ min: -4, max: 4, noNaN: true }),
        lastWord: fc.string(),
      }),
      { nil: undefined },
    ),
  });
  fc.assert(
    fc.property(signs, fc.array(fc.double()), (seen, pausesMs) => {
      const { delayMs: ms, preemptiveLeadMs } = decideEndpointingDelay(
        seen,
        endpointingDelayRules,
        {
          habit: learnPauses(...pausesMs),
        },
      );
      expect(ms).toBeGreaterThanOrEqual(150);
      expect(ms).toBeLessThanOrEqual(1200);
      expect(preemptiveLeadMs).toBeGreaterThanOrEqual(0);
    }),
  );
});

const texts = [
  '',
  'what time is it',
  'the capital of',
  'um',
  'two nine',
  'Ja.',
  'えっと',
  '[Music]',
];
const happening = fc.record({
  kind: fc.constantFrom('window', 'window', 'window', 'silence-frame', 'tick', 'text'),
  probability: fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constant(0.95)),
  levelDb: fc.constantFrom(-25, -35, -60),
  text: fc.constantFrom(...texts),
  afterMs: fc.integer({ min: 0, max: 120 }),
});

/** Anything a microphone and a recogniser may tell, then ticks for longer than any wait. */
const life = fc.array(happening, { maxLength: 400 }).map((all) => {
  let atMs = 0;
  const events = all.map<EndpointingEvent>(
    ({ kind, probability, levelDb, text, afterMs }) => {
      atMs += afterMs;
      if (kind === 'window') return { kind, probability, levelDb, atMs };
      return kind === 'text' ? { kind, text, atMs } : { kind, atMs };
    },
  );
  return [...events, ...makeTicks(atMs, atMs + rules.delay.maxDelayMs + 40)];
});

test('whatever comes: began and ended take turns, pauses lie inside, an answer is likely only in them', () =>
  fc.assert(
    fc.property(life, (events) => {
      const utterance = listKinds(runEvents(events)).join(' ');
      const pause = 'paused( long-pause)?( likely-over)?( long-pause)?';
      expect(utterance).toMatch(
        new RegExp(`^(began( ${pause} resumed)*( ${pause})? ended ?)*$`),
      );
      expect(utterance).not.toContain('long-pause likely-over long-pause');
    }),
  ));

test('no turn ends before it began, nor sooner than 150 or later than 1,200 ms after its voice', () =>
  fc.assert(
    fc.property(life, (events) => {
      for (const noted of runEvents(events)) {
        if (noted.kind === 'ended') expect(noted).toSatisfy(endedInTime);
      }
    }),
  ));

function endedInTime(noted: NotedEffect) {
  if (noted.kind !== 'ended' || noted.toMs <= noted.fromMs) return false;
  if (noted.why === 'too-long')
    return noted.notedAtMs - noted.fromMs >= rules.maxUtteranceMs;
  const sinceVoiceMs = noted.notedAtMs - noted.toMs;
  return (
    sinceVoiceMs >= rules.delay.minDelayMs &&
    sinceVoiceMs <= rules.delay.maxWordsDelayMs + 120
  );
}

test('no turn ends while voice sounds, whatever the recogniser says', () => {
  const sounding = fc.array(fc.constantFrom(...texts), {
    minLength: 1,
    maxLength: 200,
  });
  fc.assert(
    fc.property(sounding, (utterances) => {
      const events = utterances.flatMap<EndpointingEvent>((text, at) => [
        { kind: 'window', probability: 0.9, atMs: 32 * at },
        { kind: 'text', text, atMs: 32 * at + 1 },
        { kind: 'tick', atMs: 32 * at + 20 },
      ]);
      expect(listKinds(runEvents(events))).not.toContain('ended');
    }),
  );
});

const predictEnd = (text: string, language?: string) =>
  predictEndOfTurn(text, language).completeLogit;

test.each([
  'what time is it',
  'what is the capital of france',
  'please repeat that',
  'stop the music',
  'can you turn on the light in the kitchen',
  'nova what time is it',
  'do you know what time it is',
  'where are you from',
  'if it rains tomorrow we will stay home',
  'what can you do',
  'please be quiet for a moment',
  'thank you',
  'yes',
  '今何時ですか',
])('"%s" sounds finished without a doubt', (text) =>
  expect(predictEnd(text)).toBeGreaterThanOrEqual(1.3),
);

test.each([
  'next song please',
  'never mind',
  'go on',
  'where are they',
  "my brother's here",
  "what's the weather like",
  'why not',
  'what are you up to',
  'play something I like',
  'please wait while I connect your call',
  "what's your sister like",
  'which part do you go along with',
  "he isn't late is he",
  "let's dance shall we",
  "what's the film about",
  'who is this parcel for',
  'what are you into',
  'i hope not',
  'so am i',
  'quelle est la capitale de la france',
  'wie spät ist es',
])('"%s" sounds finished', (text) =>
  expect(predictEnd(text)).toBeGreaterThanOrEqual(0.7),
);

test.each([
  'in the kitchen',
  'seven',
  "who's that for",
  'what is the meaning of',
  'yes we can',
  "tell me what it's made of",
  'the song we heard',
  'what is the capital',
  'well',
])('"%s" could be either', (text) =>
  expect(Math.abs(predictEnd(text) + 0.3)).toBeLessThan(1),
);

test.each([
  'the capital of',
  'i want to',
  'i would like',
  'can you tell me',
  'my favorite',
  'it looks like',
  'I was looking for',
  'tell me what to make for',
  "I don't know can I",
  "what's the recipe for",
  'who was the president of',
  'is there a train to',
  'neither have the',
  'it is not',
  'can you',
  'i think that',
  'i went to the store and',
  'i want to go to the um',
  'je voudrais une pizza avec',
  'me gustaría una pizza con',
  'eu queria uma pizza com',
  'chciałbym pizzę z',
  'ピザを',
  'ich möchte ähm',
  'je voudrais euh',
  'えっと',
  'soooo',
])('"%s" is left in its middle', (text) =>
  expect(predictEnd(text)).toBeLessThanOrEqual(-1.5),
);

test.each(['if it rains tomorrow', 'because the weather was bad'])(
  '"%s" sounds as if its other clause came',
  (text) => expect(predictEnd(text)).toBeLessThan(-0.7),
);

test.each([
  'two nine three',
  'my number is five five five',
  'the code is four',
  '555 12',
  'meine nummer ist null eins sieben',
  'mi número es cinco cinco',
])('"%s" is a number being dictated', (text) =>
  expect(predictEnd(text)).toBeLessThanOrEqual(-1.7),
);

test.each([
  ['vorrei una pizza con', 'it'],
  ['ik wil graag een', 'nl-NL'],
  ['я хочу пиццу с'],
  ['Nova मुझे एक पिज़्ज़ा और'],
])('"%s" is left in its middle, and signs count beside', (text, language?: string) => {
  expect(predictEnd(text, language)).toBeLessThan(-1.2);
  expect(predictEnd(`${text}?`, language)).toBeGreaterThan(
    predictEnd(text, language) + 1,
  );
  expect(predictEnd(`${text}...`, language)).toBeLessThan(
    predictEnd(text, language) - 1,
  );
});

test('the language that the recogniser tells decides which words are open', () =>
  expect(predictEnd('was', 'de-DE')).toBeGreaterThan(predictEnd('was', 'en')));

test('any text gets a bounded logit', () =>
  fc.assert(
    fc.property(fc.string({ unit: anyCharacter, maxLength: 200 }), (text) => {
      expect(Math.abs(predictEndOfTurn(text).completeLogit)).toBeLessThanOrEqual(4);
    }),
  ));

const endings = readWordEndings();
const getLogit = (text: string, language = '') =>
  endings.getLogit(text.split(' '), language);

test.each([
  ["what's the weather like", 'en'],
  ['play something i like', 'en'],
  ['wie wird das wetter morgen', 'de'],
  ['qué tiempo hace hoy', 'es'],
  ['quelle est la capitale de la france', 'fr'],
  ['今日の天気はどうですか', 'ja'],
  ['jaka jest dzisiaj pogoda', 'pl'],
  ['qual é o seu nome', 'pt'],
  ['как тебя зовут', 'ru'],
])('"%s" is likelier whole than cut', (text, language) =>
  expect(getLogit(text, language)).toBeGreaterThan(0),
);

test.each([
  ['what is the', 'en'],
  ['can you tell me where', 'en'],
  ['me gustaría una pizza con', 'es'],
  ['je voudrais une pizza avec', 'fr'],
  ['ピザを', 'ja'],
  ['chciałbym pizzę z', 'pl'],
  ['eu queria uma pizza com', 'pt'],
  ['ik wil graag een', 'nl'],
  ['vorrei una pizza con', 'it'],
  ['я хочу пиццу с', 'ru'],
])(
  '"%s" is likelier cut than whole, whether its language is told or not',
  (text, language) => {
    expect(getLogit(text, language)).toBeLessThan(-1);
    expect(getLogit(text)).toBeLessThan(-0.9);
  },
);

test('words are learnt for all languages in one file below 1 MB', () => {
  const file = new URL(
    '../../../src/turn/endpointing/word-endings.bin',
    import.meta.url,
  );
  expect(statSync(file).size).toBeLessThan(1_000_000);
  for (const { code } of languages) expect(getLogit('a', code)).not.toBeNaN();
});

test('a file that was cut is refused', () =>
  expect(() => new WordEndings(new Uint8Array(100))).toThrow('damaged'));

type Place = 'end' | '|' | '/';

/** Texts up to each mark and to the end. */
const wholeAndCut = heldOut.flatMap((line) => {
  const pieces = line.split(/ ([|/]) /);
  const joinSaid = (n: number) =>
    pieces
      .slice(0, n + 1)
      .filter((_, at) => at % 2 === 0)
      .join(' ');
  return pieces.flatMap((_, n) =>
    n % 2 === 0
      ? [{ text: joinSaid(n), place: (pieces[n + 1] ?? 'end') as Place }]
      : [],
  );
});

/** Share of all places of this kind, in percent. */
function measureShare(
  place: Place,
  holds: (wait: ReturnType<typeof decideEndpointingDelay>) => boolean,
) {
  const all = wholeAndCut.filter((text) => text.place === place);
  const those = all.filter(({ text }) => {
    const endOfTurn = predictEndOfTurn(text);
    return holds(
      decideEndpointingDelay(
        { isClosed: true, isLagging: false, isTextless: false, endOfTurn },
        endpointingDelayRules,
        {},
      ),
    );
  });
  return (100 * those.length) / all.length;
}

/** Answered as fast as a text and an answer come: 145 and 270 ms. */
const isPrompt = ({
  delayMs,
  preemptiveLeadMs,
}: ReturnType<typeof decideEndpointingDelay>) => delayMs <= 420 && preemptiveLeadMs > 0;

test('three of four requests that no rule was made for are answered at once', () => {
  expect(measureShare('end', isPrompt)).toBeGreaterThanOrEqual(78);
  expect(measureShare('end', ({ delayMs }) => delayMs >= 600)).toBeLessThanOrEqual(14);
});

test('where nobody would take it for all, three of four are waited for, and few answered', () => {
  expect(measureShare('|', ({ delayMs }) => delayMs >= 600)).toBeGreaterThanOrEqual(72);
  expect(measureShare('|', isPrompt)).toBeLessThanOrEqual(20);
});

const others = listHeldOutPhrases().filter(({ language }) => language !== 'en');

/** Shares of wholes that are judged whole, and of beginnings that are judged unfinished, in percent. */
function measureShares(
  findToldLanguage: (language: string) => string | undefined,
  phrases: readonly HeldOutPhrase[] = others,
) {
  const judged = phrases.map(({ text, language, isWhole }) => {
    const { completeLogit } = predictEndOfTurn(text, findToldLanguage(language));
    return { isWhole, isRight: isWhole ? completeLogit > 0 : completeLogit < 0 };
  });
  const measureShare = (isAsked: boolean) => {
    const kind = judged.filter(({ isWhole }) => isWhole === isAsked);
    return (100 * kind.filter(({ isRight }) => isRight).length) / kind.length;
  };
  return { whole: measureShare(true), unfinished: measureShare(false) };
}

test('three of four short questions and orders in 14 languages are judged whole, and three of four of their beginnings unfinished', () => {
  const { whole, unfinished } = measureShares((language) => language);
  expect(whole).toBeGreaterThanOrEqual(80);
  expect(unfinished).toBeGreaterThanOrEqual(76);
});

test('seven of ten short answers and questions in nine languages are judged whole, and as many clauses that wait for their sentence unfinished', () => {
  const { whole, unfinished } = measureShares(
    (language) => language,
    [...listSpokenPhrases('first'), ...listSpokenPhrases('second')],
  );
  expect(whole).toBeGreaterThanOrEqual(72);
  expect(unfinished).toBeGreaterThanOrEqual(73);
});

test('words in a language that the recogniser does not tell are not taken for English', () => {
  const { whole, unfinished } = measureShares(() => undefined);
  expect(whole).toBeGreaterThanOrEqual(75);
  expect(unfinished).toBeGreaterThanOrEqual(69);
});

test('words of a language that the recogniser did not expect are not taken for the one that it tells', () => {
  const { whole, unfinished } = measureShares(() => 'en');
  expect(whole).toBeGreaterThanOrEqual(80);
  expect(unfinished).toBeGreaterThanOrEqual(58);
  const english = predictEnd('play um some music', 'en');
  expect(english).not.toBe(predictEnd('play um some music', 'de'));
});

test('the language that a recogniser tells counts where the bot has no word list of it, whatever the region', () => {
  const logit = predictEndOfTurn('che ore sono', 'it').completeLogit;
  expect(predictEndOfTurn('che ore sono', 'it-IT').completeLogit).toBe(logit);
  expect(predictEndOfTurn('che ore sono', 'sw').completeLogit).not.toBe(logit);
});
