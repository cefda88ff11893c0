import { findAddresses, sayAddresses } from '#src/base/addresses/addresses.ts';
import { toSpeakable } from '#src/chat/text/speakable.ts';
import { weighWords } from '#src/playback/reply/reply-sound.ts';
import { SpokenReply } from '#src/playback/reply/spoken-reply.ts';
import { withSpokenForm } from '#src/speech/text-language/spoken-form.ts';
import { FakeSynthesizer } from '#test/fakes/fake-speech.ts';
import { findSuperlinear, repeatUnit } from '#test/regexps/measure-growth.ts';

const never = new AbortController().signal;

test.each([
  ['See https://example.com or mail a@b.d', 'See example dot com or mail a at b dot d'],
  ['http://127.0.0.1:42183/api', '127 dot 0 dot 0 dot 1 port 42183 slash api'],
  ['www.example.com.', 'example dot com.'],
  ['example.com/docs/api, ok', 'example dot com slash docs slash api, ok'],
  ['https://me:secret@a.org:8443/x?y=1#z', 'a dot org port 8443 slash x'],
  ['https://xn--mller-kva.de/stra%C3%9Fe', 'müller dot de slash straße'],
  [
    'https://discord.com/channels/123456789/987654321',
    'discord dot com slash channels',
  ],
  ['mailto:a.b+c@mail-d.co.uk', 'a dot b plus c at mail dash d dot co dot uk'],
  ['Node.js and main.ts', 'Node dot js and main dot ts'],
  ['ping 10.0.0.1.', 'ping 10 dot 0 dot 0 dot 1.'],
])('the address in %j is said as people say it', (text, utterance) =>
  expect(sayAddresses(text, 'en-GB')).toBe(utterance),
);

test.each([
  'Version v2.0.1 and 2.0.1, 3.5 percent, 1.000,50 Euro, 10.30 Uhr.',
  'e.g. this, i.e. that, U.S. law, z.B. das, at 5 p.m. on St. James St.',
  'The end.The next. Wait...what? @everyone, a @ b',
])('nothing in %j is an address', (text) => expect(findAddresses(text)).toEqual([]));

test.each([
  ['de', 'a ät b Punkt de'],
  ['es', 'a arroba b punto de'],
  ['fr', 'a arobase b point de'],
  ['ja', 'a アット b ドット de'],
  ['pl', 'a małpa b kropka de'],
  ['pt-BR', 'a arroba b ponto de'],
  [undefined, 'a at b dot de'],
])('in %s an address is said in its words', (language, utterance) =>
  expect(sayAddresses('a@b.de', language)).toBe(utterance),
);

test('in a language without words for an address the voice gets its host and path alone', () => {
  expect(sayAddresses('Se https://www.a.se:80/b?c=d, eller a@b.se.', 'sv')).toBe(
    'Se a.se:80/b, eller a@b.se.',
  );
});

test.each([
  [
    'de',
    'Sieh auf example.de/hilfe nach oder schreib an info@example.de.',
    'Sieh auf example Punkt de Schrägstrich hilfe nach oder schreib an info ät example Punkt de.',
  ],
  [
    'ja',
    '詳しくはhttps://example.jp/aをご覧ください。',
    '詳しくはexample ドット jp スラッシュ aをご覧ください。',
  ],
  [
    'pl',
    'Pisz na a_b@c.pl, dobrze?',
    'Pisz na a podkreślnik b małpa c kropka pl, dobrze?',
  ],
])(
  'an address inside a sentence in %s is said in its words: %s',
  (language, text, utterance) => expect(sayAddresses(text, language)).toBe(utterance),
);

test('an address stays whole where it is read, whatever marks stand in it', () => {
  const url = 'https://a.b/x__y/**z**?q=a&amp;b_c_#:smile';
  expect(toSpeakable(`**See** <${url}>, or _this_.`)).toBe(`See ${url}, or this.`);
});

test('the voice gets the words of an address in the language of the clause, and its hearers read it whole', async () => {
  const voice = new FakeSynthesizer();
  const detector = { detect: async () => ({ language: 'fr', probability: 1 }) };
  const spoken = withSpokenForm(voice, { detector, languages: ['en'] });
  const clause = 'Voyez https://example.org/a?b=c maintenant.';
  const reply = new SpokenReply();
  for await (const pcm of spoken.synthesize(clause, { language: 'de' }, never))
    await reply.write(pcm, clause, never);
  expect(voice.texts).toEqual(['Voyez example point org slash a maintenant.']);
  expect(reply.getWholeText()).toBe(clause);
});

test('an address is one word of what was heard, as long as it is said', () => {
  const clause = 'See https://example.com/x?y=1&z=a.b.c now.';
  const words = weighWords(clause);
  expect(words.map(({ from, to }) => clause.slice(from, to))).toEqual([
    'See',
    'https://example.com/x?y=1&z=a.b.c',
    'now',
  ]);
  expect(words[1]?.weight).toBe('example dot com slash x '.length);
});

test.each([
  'a.',
  'a-',
  'ab.',
  'a@',
  'www.',
  'https://',
  'https://a',
  '1.',
  '[',
  'a_b/',
])('addresses are found in linear time in %j, however often it stands there', (unit) =>
  expect(
    findSuperlinear((text) => sayAddresses(text, 'en'), repeatUnit(unit, '!')),
  ).toBeUndefined(),
);
