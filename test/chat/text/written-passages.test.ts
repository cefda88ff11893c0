import { type Aside, findAsides } from '#src/chat/text/speakable.ts';

const rows = '| a | b |\n|---|---|\n| 1 | 2 |';

test.each<[string, readonly Aside[]]>([
  ['It is four.', []],
  ['See https://a.b/c?d=e. Then go.', [{ kind: 'link', text: 'https://a.b/c?d=e' }]],
  ['See <https://a.b/c>.', [{ kind: 'link', text: 'https://a.b/c' }]],
  [
    'Look at [the page](https://a.b) now.',
    [{ kind: 'link', text: 'the page: https://a.b' }],
  ],
  [
    'Look at [Java](https://a.b/Java_(island) "an island") now.',
    [{ kind: 'link', text: 'Java: https://a.b/Java_(island)' }],
  ],
  ['![](https://a.b/c.png)', [{ kind: 'link', text: 'https://a.b/c.png' }]],
  [
    'Try:\n```js\na(); // https://a.b\n```\nDone.',
    [{ kind: 'code', text: '```js\na(); // https://a.b\n```' }],
  ],
  ['See [https://a.b](https://a.b).', [{ kind: 'link', text: 'https://a.b' }]],
  ['Try:\r\n```\r\na();\r\n', [{ kind: 'code', text: '```\na();\n```' }]],
  ['Call `a.b(c)` now, then `stop`.', [{ kind: 'code', text: '`a.b(c)`' }]],
  [`So:\n${rows}\nThat is all.`, [{ kind: 'table', text: `\`\`\`\n${rows}\n\`\`\`` }]],
  ['Area $x^2$ costs $5 or $6.', [{ kind: 'code', text: '`$x^2$`' }]],
  ['~~~js\na();\n~~~', [{ kind: 'code', text: '```js\na();\n```' }]],
  ['||secret|| then', []],
  ['www.a.b and www.a.b', [{ kind: 'link', text: 'www.a.b' }]],
])('%j holds for the eyes %j', (text, asides) =>
  expect(findAsides(text)).toEqual(asides),
);
