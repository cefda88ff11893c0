import { readAloud } from '#commands/read-aloud.ts';
import { toMessageId, toPersonId } from '#src/base/ids.ts';
import type { CommandCall } from '#src/features/command.ts';
import type {
  AnnouncementOutcome,
  ChatReadAloud,
} from '#src/features/typed/chat-read-aloud.ts';
import { type PickedMessage, sealContent } from '#src/ports/authored-content.ts';
import { formatText } from '#src/texts/texts.ts';
import { adam, endedSession, inLounge, makePorts } from './command-ports.ts';

const message: PickedMessage = {
  messageId: toMessageId('m'),
  author: 'Ben',
  authorId: toPersonId('ben'),
  isBot: false,
  ...sealContent({ text: 'Dinner at eight?' }),
};

async function pickMessage(
  call: CommandCall,
  outcome: AnnouncementOutcome = { kind: 'queued', position: 0, ended: endedSession },
) {
  const requests: Parameters<ChatReadAloud['read']>[] = [];
  const readMessage: ChatReadAloud['read'] = async (...all) => {
    requests.push(all);
    return outcome;
  };
  const [reply] = await readAloud.run(
    call,
    makePorts({ lines: { read: readMessage } }),
  );
  expect(reply.to).not.toBe('room');
  return { asked: requests, said: formatText(reply.id, reply.with) };
}

test.each<[AnnouncementOutcome, string]>([
  [{ kind: 'queued', position: 2, ended: endedSession }, 'Queued, 2 ahead.'],
  [
    { kind: 'full', limit: 3 },
    'The limit of 3 is reached. Try again later, or make room: /track queue track:voice.',
  ],
  [
    { kind: 'refused', line: { id: 'read.refused' } },
    'Its author said no to me, so I leave their messages alone. Only they can change that, by Hear me or /privacy allow.',
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
  expect((await pickMessage({ ...inLounge, message }, outcome)).said).toBe(sentence),
);

test('nothing is read for people who sit elsewhere', async () => {
  const outside = await pickMessage({ ...adam, message });
  expect([outside.asked, outside.said]).toEqual([
    [],
    "I'm in Lounge. Join that channel first.",
  ]);
});
