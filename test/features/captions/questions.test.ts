import { expect, test } from 'vitest';
import { longestAskMs } from '#commands/ask.ts';
import { BotError } from '#src/base/errors.ts';
import type { ChatModel } from '#src/chat/ports.ts';
import { captioned, kept, says } from '#test/conversation/setup/captioned.ts';
import { adam } from '#test/conversation/setup/session-fixture.ts';
import { FakeChat } from '#test/fakes/chat.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeTranscriber } from '#test/fakes/speech.ts';
import { hostileNames, hostileWords } from '#test/features/captions/answers/hostile-words.ts';

const asker = { id: 'adam', name: 'Adam' };
/** A chat server that is away. */
const away: ChatModel = {
  reply() {
    throw new BotError('provider.unreachable', true, 'The chat server is away.');
  },
};

test('where no chat server answers, the lines found for a question are shown', async () => {
  const texts = ['hello there', 'the weather is fine', 'we meet on Friday at eight', 'cheese'];
  const transcriber = new FakeTranscriber({ texts });
  const fixture = await captioned({ transcriber, chat: away });
  for (const _ of texts) await says(fixture);
  const about = { question: 'Do we meet on Friday?', about: 'this' };
  const found = await fixture.transcriptFor.ask('g', asker, about);
  expect(found).toMatchObject({
    kind: 'found',
    isUnchosen: true,
    lines: [{ name: 'Adam', text: 'we meet on Friday at eight' }],
  });
  const other = { question: 'zebra', about: 'this' };
  expect(await fixture.transcriptFor.ask('g', asker, other)).toEqual({ kind: 'none' });
});

test('a question is answered before its command is given up, also where the chat server answers nothing', async () => {
  const clock = new VirtualClock();
  const fixture = await captioned({ chat: new FakeChat([['stall']], clock) }, clock);
  await says(fixture);
  const request = { question: 'zebra', about: 'this', isAloud: true } as const;
  const fromMs = clock.nowMs();
  const answering = fixture.transcriptFor.ask('g', asker, request);
  const answered = answering.then((found) => ({ found, tookMs: clock.nowMs() - fromMs }));
  await clock.advance(longestAskMs);
  const { found, tookMs } = await answered;
  expect(found).toEqual({ kind: 'none' });
  expect(tookMs).toBeGreaterThan(60_000);
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
