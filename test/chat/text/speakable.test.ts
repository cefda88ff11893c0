import { expect, test } from 'vitest';
import { speakable } from '#src/chat/text/speakable.ts';

test.each([
  ['It is **really** *very* __simple__, ~~not~~ _hard_.', 'It is really very simple, not hard.'],
  ['**Hello there,', 'Hello there,'],
  ['## Plan\n- [ ] one\n* two\n> three', 'Plan one two three'],
  ['See [the page](https://a.b/c) or https://d.e/f?g=h.', 'See the page or.'],
  ['Look: ![a cat](cat.png)', 'Look:'],
  ['Run `npm start` and `x => y(z)`.', 'Run npm start and.'],
  ['Fine 😀👍🏽 👩‍👩‍👧 🇳🇴 1️⃣ now', 'Fine now'],
  ['Hi <@123>, <:wave:456> it is <b>me</b>', 'Hi, it is me'],
  ['Well done :smile: at 10:30:15, ratio 1:2:3', 'Well done at 10:30:15, ratio 1:2:3'],
  ['| a | b |\n|---|---|\n| 1 | 2 |\nDone.', 'Done.'],
  ['Use snake_case, 3 * 4 and 2 < 3.', 'Use snake_case, 3 * 4 and 2 < 3.'],
  ['5 \\* 3 © 2026', '5 * 3 © 2026'],
  ['Привет, как дела? 你好。', 'Привет, как дела? 你好。'],
])('%j is said as %j', (written, said) => {
  expect(speakable(written)).toBe(said);
});
