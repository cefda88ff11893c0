import { expect, test } from 'vitest';
import { longestAskMs } from '#commands/ask.ts';
import { captioned, kept, says } from '#test/conversation/setup/captioned.ts';
import { adam } from '#test/conversation/setup/session-fixture.ts';
import { FakeChat } from '#test/fakes/chat.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeTranscriber } from '#test/fakes/speech.ts';
import { hostileNames, hostileWords } from '#test/features/captions/answers/hostile-words.ts';

const asker = { id: 'adam', name: 'Adam' };
test('a question is answered before its command is given up, also where the chat server answers nothing', async () => {
  const clock = new VirtualClock();
  const fixture = await captioned({ chat: new FakeChat([['stall']], clock) }, clock);
  await says(fixture);
  const request = { question: 'zebra', about: 'this' } as const;
  const fromMs = clock.nowMs();
  const answering = fixture.transcriptFor.ask('g', asker, request);
  const answered = answering.then((found) => ({ found, tookMs: clock.nowMs() - fromMs }));
  await clock.advance(longestAskMs);
  const { found, tookMs } = await answered;
  expect(found).toMatchObject({ line: { id: 'fail.llm' } });
  expect(tookMs).toBeGreaterThan(30_000);
  expect(tookMs).toBeLessThan(longestAskMs);
});

test('whatever is said, by whatever name, is one line in the chat and one where it is quoted', async () => {
  const texts = [...hostileWords].map((words) => `canary ${words}`);
  const transcriber = new FakeTranscriber({ texts });
  const fixture = await captioned({ transcriber });
  for (const [n] of texts.entries()) {
    const name = hostileNames[n % hostileNames.length] ?? '';
    fixture.linkOpener.link.present.splice(0, 1, { ...adam, name });
    await says(fixture);
  }
  expect(await kept(fixture)).toHaveLength(texts.length);
  const heads = fixture.captionChats.chat.lines.filter((line) => !line.startsWith('**'));
  expect(heads).toEqual([]);
  const found = await fixture.transcriptFor.find('g', 'adam', 'canary');
  if (found.kind !== 'found') throw new Error('Nothing was found.');
  for (const { name, text } of found.lines)
    expect(`${name}${text}`).not.toMatch(/[\n\r\u2028\u202e\u200b]/);
});
