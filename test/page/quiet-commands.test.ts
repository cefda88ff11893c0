import { QuietCommands } from '#page/room/quiet-commands.js';
import type { Reply, RoomEvent } from '#page/room/room-types.js';

const message = (id: string): RoomEvent => ({
  ...{ kind: 'message', change: 'posted', id, channel: 'Lounge', author: 'Nova' },
  ...{ text: `text ${id}`, buttons: [], to: 'Adam' },
  files: [{ name: 'voice.wav', type: 'audio/wav', sizeBytes: 9, url: '/voice.wav' }],
});

function openQuiet() {
  const reply = Promise.withResolvers<Reply>();
  const shown: RoomEvent[] = [];
  const quiet = new QuietCommands(
    () => reply.promise,
    (event) => shown.push(event),
  );
  return { quiet, reply, shown };
}

test('the reply to a quiet command is given to its control with its files, and is never shown', async () => {
  const { quiet, reply, shown } = openQuiet();
  const sent = quiet.send('voice preview', {});
  expect(quiet.holdEvent(message('7'))).toBe(true);
  reply.resolve({ kind: 'reply', id: 1, ok: true, messageId: '7', text: 'Listen.' });
  expect(await sent).toMatchObject({
    ok: true,
    text: 'Listen.',
    files: [{ url: '/voice.wav' }],
  });
  expect(
    quiet.holdEvent({
      ...message('7'),
      kind: 'message',
      change: 'edited',
    } as RoomEvent),
  ).toBe(true);
  expect(shown).toEqual([]);
});

test('a private message that is no reply is shown once the reply is there', async () => {
  const { quiet, reply, shown } = openQuiet();
  const sent = quiet.send('voice me', {});
  quiet.holdEvent(message('8'));
  expect(shown).toEqual([]);
  reply.resolve({ kind: 'reply', id: 1, ok: false, error: 'Gone.' });
  expect((await sent).text).toBe('Gone.');
  expect(shown).toEqual([message('8')]);
  expect(quiet.holdEvent(message('9'))).toBe(false);
});
