import { readAloud } from '#commands/read-aloud.ts';
import { toMessageId, toPersonId } from '#src/base/ids.ts';
import type { CommandCall, PickedMessage } from '#src/features/command.ts';
import type {
  AnnouncementOutcome,
  ChatReadAloud,
} from '#src/features/typed/chat-read-aloud.ts';
import { formatText } from '#src/texts/texts.ts';
import { adam, endedSession, inLounge, makePorts } from './command-ports.ts';

const message: PickedMessage = {
  messageId: toMessageId('m'),
  author: 'Ben',
  authorId: toPersonId('ben'),
  isBot: false,
  text: 'Dinner at eight?',
};

async function pick(
  call: CommandCall,
  outcome: AnnouncementOutcome = { kind: 'queued', position: 0, ended: endedSession },
) {
  const asked: Parameters<ChatReadAloud['read']>[] = [];
  const read: ChatReadAloud['read'] = async (...all) => {
    asked.push(all);
    return outcome;
  };
  const [reply] = await readAloud.run(call, makePorts({ lines: { read } }));
  expect(reply.to).not.toBe('room');
  return { asked, said: formatText(reply.id, reply.with) };
}

test.each<[AnnouncementOutcome, string]>([
  [{ kind: 'queued', position: 2, ended: endedSession }, 'Queued, 2 ahead.'],
  [
    { kind: 'full', limit: 3 },
    'The limit of 3 is reached. Try again later, or make room: /track remove track:voice item:mine.',
  ],
  [
    { kind: 'refused', line: { id: 'read.refused' } },
    "I can't read that message aloud: it is a bot's, it is gone, or its author said no or is blocked here.",
  ],
  [
    { kind: 'refused', line: { id: 'say.empty' } },
    'That contains nothing I can say (words) or answer (words, sound, pictures).',
  ],
  [
    { kind: 'refused', line: { id: 'muted.server' } },
    "I can't speak now: I am muted, or my role lacks Speak. A moderator can change that, or invite me to speak on a stage. Until then I answer in writing.",
  ],
  [{ kind: 'nowhere' }, "I'm in no voice channel here. Call me with /join."],
])('%j is answered in a sentence', async (outcome, sentence) =>
  expect((await pick({ ...inLounge, message }, outcome)).said).toBe(sentence),
);

test('a message without words is nothing to read, nor is one for people who sit elsewhere', async () => {
  const empty = await pick({ ...inLounge, message: { ...message, text: ' ' } });
  expect([empty.asked, empty.said]).toEqual([
    [],
    'That contains nothing I can say (words) or answer (words, sound, pictures).',
  ]);
  const outside = await pick({ ...adam, message });
  expect([outside.asked, outside.said]).toEqual([
    [],
    "I'm in Lounge. Join that channel first.",
  ]);
});
