import { findAsides, toSpeakable } from '#src/chat/text/speakable.ts';

test.each([
  [
    'It is **really** *very* __simple__, ~~not~~ _hard_.',
    'It is really very simple, not hard.',
  ],
  ['**Hello there,', 'Hello there,'],
  ['## Plan\n- [ ] one\n* two\n> three', 'Plan one two three'],
  [
    'See [the page](https://a.b/c) or https://d.e/f?g=h.',
    'See the page or https://d.e/f?g=h.',
  ],
  ['Look: ![a cat](cat.png)', 'Look:'],
  ['Run `npm start` and `x => y(z)`.', 'Run npm start and.'],
  ['Fine 😀👍🏽 👩‍👩‍👧 🇳🇴 1️⃣ now', 'Fine now'],
  ['Hi <@123>, <:wave:456> it is <b>me</b>', 'Hi, it is me'],
  ['Well done :smile: at 10:30:15, ratio 1:2:3', 'Well done at 10:30:15, ratio 1:2:3'],
  ['| a | b |\n|---|---|\n| 1 | 2 |\nDone.', 'Done.'],
  ['Use snake_case, 3 * 4 and 2 < 3.', 'Use snake_case, 3 * 4 and 2 < 3.'],
  ['5 \\* 3 © 2026', '5 * 3 © 2026'],
  ['Привет, как дела? 你好。', 'Привет, как дела? 你好。'],
])('%j is said as %j', (written, utterance) =>
  expect(toSpeakable(written)).toBe(utterance),
);

/** What no mouth can say, and what is left of it. The last members stand in no report that was given to us. */
test.each([
  [
    'Tom &amp; Jerry&#39;s :smile: area is $x^2$, see [1] and 【4:0†source】. ~~~code~~~',
    "Tom & Jerry's area is, see and.",
  ],
  ['||secret|| then this', 'spoiler then this'],
  ['It was ||the | butler|| and ||two||.', 'It was spoiler and spoiler.'],
  ['| So it begins', 'So it begins'],
  ['~~~js\na()\n~~~\nDone.', 'Done.'],
  ['It costs $5, or $6 to $7 (US$8).', 'It costs $5, or $6 to $7 (US$8).'],
  ['At 12:30:45 use a::b::c :+1:', 'At 12:30:45 use a::b::c'],
  // https://github.com/KaTeX/KaTeX/blob/main/docs/autorender.md
  ['So $$\\int_0^1 x\\,dx$$ is \\(a+b\\) and \\[c\\] here.', 'So is and here.'],
  // Marks of citations in private characters
  ['It rained.\ue200cite\ue202turn0search0\ue201 A lot.', 'It rained. A lot.'],
  // Footnotes and emoji: https://github.com/github/docs/blob/main/content/get-started/writing-on-github/getting-started-with-writing-and-formatting-on-github/basic-writing-and-formatting-syntax.md
  ['A note[^2] of two[3, 4].', 'A note of two.'],
  // https://github.com/openai/harmony/blob/main/docs/format.md
  ['It is so【6†L9-L11】 :shipit: there.', 'It is so there.'],
  // Citations as links
  ['It is so [5](https://a.b/c).', 'It is so.'],
  // Named characters of HTML
  ['5 &lt; 6&nbsp;&#x2013; a&hellip; &unknown;', '5 < 6 – a… &unknown;'],
  // https://github.com/github/docs/blob/main/content/get-started/writing-on-github/working-with-advanced-formatting/organizing-information-with-tables.md
  ['Name | Age\n:--- | ---:\n', 'Name | Age'],
])('%j, written by models, is said as %j', (written, utterance) =>
  expect(toSpeakable(written)).toBe(utterance),
);

test.each([
  ['[laughs] It is four.', 'It is four.'],
  ['Well (sighs) it is.', 'Well it is.'],
  ['One. [pause 2s] Two. [short pause] Three.', 'One. Two. Three.'],
  ['{emotion: joy} Hi. {mood=very calm} Oh.', 'Hi. Oh.'],
  ['*smiles warmly* Hi Ben.', 'Hi Ben.'],
  ['(clears throat) Now, [softly] listen.', 'Now, listen.'],
  ['[Whispering] Come here. (chuckles softly)', 'Come here.'],
  ['[beat drops] Dance!', 'Dance!'],
  ['\uff08笑\uff09はい。 (lacht) Ja. [rires] Oui.', 'はい。 Ja. Oui.'],
])('the direction of %j is not read as words', (written, utterance) =>
  expect(toSpeakable(written)).toBe(utterance),
);

test.each([
  'It takes (about five) minutes (see below).',
  'I said (and I mean it) no.',
  'The (exactly) four of us.',
  'Press [enter].',
  'As [Ben] said, take the [optional] way.',
  'A set {a, b} of two.',
  'The answer was {"city":"Lima"} today.',
  'It (the laugh track) was loud.',
])('%j holds no direction', (text) => expect(toSpeakable(text)).toBe(text));

test('emphasis is no direction', () =>
  expect(toSpeakable('*Yes*, it is *very* good, and *Cats* is a musical.')).toBe(
    'Yes, it is very good, and Cats is a musical.',
  ));

const rows = '| a | b |\n|---|---|\n| 1 | 2 |';

test.each<[string, readonly string[]]>([
  ['It is four.', []],
  ['See https://a.b/c?d=e. Then go.', ['https://a.b/c?d=e']],
  ['See <https://a.b/c>.', ['https://a.b/c']],
  ['Look at [the page](https://a.b) now.', ['the page: https://a.b']],
  [
    'Look at [Java](https://a.b/Java_(island) "an island") now.',
    ['Java: https://a.b/Java_(island)'],
  ],
  ['![](https://a.b/c.png)', ['https://a.b/c.png']],
  ['Try:\n```js\na(); // https://a.b\n```\nDone.', ['```js\na(); // https://a.b\n```']],
  ['See [https://a.b](https://a.b).', ['https://a.b']],
  ['Try:\r\n```\r\na();\r\n', ['```\na();\n```']],
  ['Call `a.b(c)` now, then `stop`.', ['`a.b(c)`']],
  [`So:\n${rows}\nThat is all.`, [`\`\`\`\n${rows}\n\`\`\``]],
  ['Area $x^2$ costs $5 or $6.', ['`$x^2$`']],
  ['~~~js\na();\n~~~', ['```js\na();\n```']],
  ['||secret|| then', []],
  ['www.a.b and www.a.b', ['www.a.b']],
])('%j holds for the eyes %j', (text, asides) =>
  expect(findAsides(text)).toEqual(asides),
);
