import { expect, test } from 'vitest';
import { readAloud } from '#commands/read-aloud.ts';
import type { Public } from '#src/base/public.ts';
import type { CommandCall, PickedMessage } from '#src/conversation/command.ts';
import type { ChatReadAloud, ReadingOutcome } from '#src/features/typed/chat-read-aloud.ts';
import { text } from '#src/texts/texts.ts';
import { adam, inLounge, ports } from './ports.ts';

const message: PickedMessage = {
  messageId: 'm',
  author: 'Ben',
  authorId: 'ben',
  isBot: false,
  text: 'Dinner at eight?',
  sounds: [],
};

async function pick(call: CommandCall, outcome: ReadingOutcome = { kind: 'queued', ahead: 0 }) {
  const asked: Parameters<Public<ChatReadAloud>['read']>[] = [];
  const read: Public<ChatReadAloud>['read'] = async (...all) => {
    asked.push(all);
    return outcome;
  };
  const [reply] = await readAloud.run(call, ports({ lines: { read } }));
  expect(reply.to).toBe('caller');
  return { asked, said: text(reply.id, reply.with) };
}

test('Read aloud has a message read with its writer, for whoever picks it', async () => {
  const { asked, said } = await pick({ ...inLounge, message });
  const line = {
    messageId: 'm',
    author: { id: 'ben', name: 'Ben' },
    isBot: false,
    text: 'Dinner at eight?',
  };
  expect(asked).toEqual([['g', line, { id: 'adam', name: 'Adam' }]]);
  expect(said).toBe('Saying it now.');
});

test.each<[ReadingOutcome, string]>([
  [{ kind: 'queued', ahead: 2 }, 'Queued, 2 ahead.'],
  [
    { kind: 'full', limit: 3 },
    'The limit of 3 waiting messages of yours is reached. /track remove track:voice item:mine removes them.',
  ],
  [{ kind: 'bot' }, "I don't read out messages of bots and webhooks."],
  [{ kind: 'refused' }, "I don't read out messages of people who said no or are blocked here."],
  [{ kind: 'deleted' }, 'That message is gone.'],
  [{ kind: 'unspeakable' }, 'That text contains nothing I can say.'],
  [{ kind: 'muted' }, "I'm muted here; ask a moderator to unmute me."],
  [{ kind: 'nowhere' }, "I'm in no voice channel here."],
])('%j is answered in a sentence', async (outcome, sentence) => {
  expect((await pick({ ...inLounge, message }, outcome)).said).toBe(sentence);
});

test('a message without words is nothing to read, nor is one for people who sit elsewhere', async () => {
  const empty = await pick({ ...inLounge, message: { ...message, text: ' ' } });
  expect([empty.asked, empty.said]).toEqual([[], 'That text contains nothing I can say.']);
  const outside = await pick({ ...adam, message });
  expect([outside.asked, outside.said]).toEqual([[], 'Join Lounge first.']);
});
