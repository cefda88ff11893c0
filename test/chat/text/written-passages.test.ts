import { findAsides } from '#src/chat/text/speakable.ts';

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
