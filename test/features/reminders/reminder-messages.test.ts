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

test('a line that still waits is taken back alone', async () => {
  const { posted, answered, write } = open();
  const first = write('Adam', 'tea');
  await Promise.resolve();
  await Promise.resolve();
  const [adams, evas] = [write('Adam', 'rice'), write('Eva', 'soup')];
  adams.stop();
  answered.resolve();
  await expect(adams.done).rejects.toBe(gone);
  await Promise.all([first.done, evas.done]);
  expect(posted).toEqual(['Adam: tea', 'Eva: soup']);
});

test('a message of which no line is wanted any more is ended', async () => {
  const { aborted, write } = open();
  const [adams, evas] = [write('Adam', 'tea'), write('Eva', 'soup')];
  await Promise.resolve();
  await Promise.resolve();
  adams.stop();
  evas.stop();
  await expect(Promise.all([adams.done, evas.done])).rejects.toBe(gone);
  expect(aborted).toEqual([gone]);
});
