import { noGuild, toGuildId } from '#src/base/ids.ts';
import {
  admitJob,
  maxSegmentMs,
  maxTextLetters,
} from '#src/speech/local/jobs/admit-job.ts';
import { LocalModels } from '#src/speech/local/local-models.ts';
import type { JobOrder } from '#src/speech/local/model-jobs.ts';
import { Reservation } from '#src/spending/reservation.ts';

const staying = new AbortController().signal;
const second = new Int16Array(16_000);
const order: JobOrder<'transcribe'> = {
  kind: 'transcribe',
  folder: 'ears',
  work: { samples: second },
  guildId: toGuildId('1'),
  urgency: 'ears',
};

test('the model process takes no work without a bound, a price and a server', async () => {
  const models = new LocalModels();
  await models[Symbol.asyncDispose]();
  const leakJob = async () => {
    // @ts-expect-error: Nobody asked how long this work is, and for which server.
    await models.runJob(order, staying);
  };
  await expect(leakJob()).rejects.toThrow('closed');
  const { guildId: _, ...ownerless } = order;
  // @ts-expect-error: Work belongs to a server, or to noGuild.
  expect(() => admitJob(ownerless)).not.toThrow();
  // @ts-expect-error: A reservation names the server whose people want the work.
  expect(new Reservation({ pay: () => undefined }).isLive).toBe(false);
});

test('a job is bounded before it begins, and priced in time and bytes', () => {
  expect(admitJob(order)).toMatchObject({ threadMs: 285, bytes: 32_000 });
  const tooLong = { samples: new Int16Array(maxSegmentMs * 16 + 16) };
  expect(() => admitJob({ ...order, work: tooLong })).toThrow('at most 10000 ms');
  const speak = { kind: 'speak', folder: 'voice', guildId: noGuild } as const;
  const speakText = (text: string) =>
    admitJob({ ...speak, urgency: 'voice', work: { text, lengthScale: 1 } });
  expect(() => speakText('a'.repeat(maxTextLetters + 1))).toThrow(
    'at most 1000 letters',
  );
  // A long text has the price of its first piece, as the rest is other jobs.
  expect(speakText('a'.repeat(maxTextLetters)).threadMs).toBe(990);
  expect(speakText('WWW').threadMs).toBeGreaterThan(
    5 * speakText('www').threadMs - 200,
  );
});
