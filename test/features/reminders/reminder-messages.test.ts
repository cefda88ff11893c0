import { expect, test } from 'vitest';
import type { PersonalLine } from '#src/conversation/ports/voice-channel-chat-poster.ts';
import { ReminderMessages } from '#src/features/reminders/reminder-messages.ts';

const lounge = { guildId: '1', channelId: 'c', name: 'Lounge' };
const gone = new Error('cancelled');

/** Discord has each message at once; its answer to the first comes when it is told to. */
function open() {
  const posted: string[] = [];
  const answered = Promise.withResolvers<void>();
  const aborted: unknown[] = [];
  const writer = new ReminderMessages(
    async (_where: unknown, lines: readonly PersonalLine[], signal: AbortSignal) => {
      posted.push(lines.map(({ personId, text }) => `${personId}: ${text}`).join(' | '));
      await new Promise<void>((resolve, reject) => {
        signal.addEventListener('abort', () => {
          aborted.push(signal.reason);
          reject(signal.reason);
        });
        void answered.promise.then(resolve);
      });
    },
  );
  const write = (personId: string, text: string) => {
    const stop = new AbortController();
    const done = writer.write(lounge, { personId, text }, stop.signal);
    return { stop: () => stop.abort(gone), done };
  };
  return { posted, aborted, answered, write };
}

test('whoever cancels while a message is being sent does not end it for the others', async () => {
  const { posted, aborted, answered, write } = open();
  const [adams, evas] = [write('Adam', 'tea'), write('Eva', 'soup')];
  await Promise.resolve();
  await Promise.resolve();
  expect(posted).toEqual(['Adam: tea | Eva: soup']);
  adams.stop();
  answered.resolve();
  await expect(Promise.all([adams.done, evas.done])).resolves.toBeDefined();
  expect(aborted).toEqual([]);
});
