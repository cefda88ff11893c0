import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import type { TranscriptWriter } from '#src/features/captions/store/transcript-writer.ts';
import type { TranscriptLine, TranscriptSession } from '#src/features/captions/transcript-line.ts';
import { TranscriptRecorder } from '#src/features/captions/transcript-recorder.ts';
import { VirtualClock } from '#test/fakes/clock.ts';

const session: TranscriptSession = {
  id: 's',
  guildId: 'g',
  channelId: 'c',
  channelName: 'Lounge',
  placeId: 'c',
  startedAtWallMs: 1_000_000,
};

type WrittenRecord = {
  readonly sessions: TranscriptSession[];
  readonly lines: Map<number, TranscriptLine>;
};

function open(fails: () => boolean = () => false) {
  const clock = new VirtualClock();
  const written: WrittenRecord = { sessions: [], lines: new Map() };
  const errors: unknown[] = [];
  const take = <T>(write: (all: T) => void) => {
    return async (all: T) => {
      if (fails()) throw new BotError('store.unwritable', true, 'full');
      write(all);
    };
  };
  const writer: Omit<TranscriptWriter, 'endOpenSessions'> = {
    putSession: take((one: TranscriptSession) => void written.sessions.push(one)),
    putLines: take((all: readonly TranscriptLine[]) => {
      for (const one of all) written.lines.set(one.number, one);
    }),
  };
  const recorder = new TranscriptRecorder({
    session,
    startedAtMs: clock.nowMs(),
    writer,
    clock,
    onFailed: (error) => errors.push(error),
    onSaved: () => undefined,
  });
  return { clock, recorder, written, errors };
}

function line(number: number, personId = 'ann', startMs = number * 1_000): TranscriptLine {
  const speaker = { kind: 'person', personId, name: personId } as const;
  return { sessionId: 's', number, speaker, startMs, endMs: startMs + 500, text: `line ${number}` };
}

test('what was said is on disk a moment later, gathered', async () => {
  const { clock, recorder, written } = open();
  recorder.put(line(recorder.nextNumber()));
  recorder.put(line(recorder.nextNumber()));
  await clock.advance(400);
  expect([...written.lines.keys()]).toEqual([1, 2]);
  expect(written.sessions).toEqual([session]);
});

test('who reads at once finds what was said a moment ago', async () => {
  const { recorder, written } = open();
  recorder.put(line(1));
  await recorder.settled();
  expect([...written.lines.keys()]).toEqual([1]);
});

test('a line that changes is written again', async () => {
  const { clock, recorder, written } = open();
  recorder.put(line(1));
  await clock.advance(400);
  const post = { channelId: 'c', messageId: 'm' };
  recorder.put({ ...line(1), post });
  await clock.advance(400);
  expect(written.lines.get(1)?.post).toEqual(post);
});

test('what a full store does not take waits until it does', async () => {
  let isFull = true;
  const { clock, recorder, written, errors } = open(() => isFull);
  recorder.put(line(1));
  await clock.advance(400);
  expect(errors).toHaveLength(1);
  recorder.put(line(2));
  isFull = false;
  await clock.advance(11_000);
  expect([...written.lines.keys()]).toEqual([1, 2]);
});

test('what is forgotten while it waits is never written', async () => {
  let isFull = true;
  const { clock, recorder, written } = open(() => isFull);
  recorder.put(line(1));
  recorder.put(line(2, 'ben'));
  await clock.advance(400);
  expect(recorder.forget('ann')).toEqual([1]);
  isFull = false;
  await clock.advance(11_000);
  await recorder.end();
  expect([...written.lines.keys()]).toEqual([2]);
});

test('forgetting somebody takes the answers to them along', () => {
  const { recorder } = open();
  const speaker = { kind: 'bot', name: 'Nova', answeredIds: ['ann'] } as const;
  recorder.put(line(1));
  recorder.put({ ...line(2), speaker });
  recorder.put({ ...line(3), speaker: { ...speaker, answeredIds: ['ben'] } });
  expect(recorder.forget('ann')).toEqual([1, 2]);
  expect(recorder.recent().map(({ number }) => number)).toEqual([3]);
});

test('a session that ends has its end on disk', async () => {
  const { clock, recorder, written } = open();
  await clock.advance(15_000);
  await recorder.end();
  expect(written.sessions.at(-1)?.endedAtWallMs).toBe(clock.wallMs());
});

test('lines are at hand in order of speech, and not for ever', async () => {
  const { clock, recorder } = open();
  recorder.put(line(1, 'ann', 2_000));
  recorder.put(line(2, 'ben', 1_000));
  expect(recorder.recent().map(({ number }) => number)).toEqual([2, 1]);
  await clock.advance(16 * 60_000);
  recorder.put(line(3, 'ann', recorder.sessionMs(clock.nowMs())));
  expect(recorder.recent().map(({ number }) => number)).toEqual([3]);
});

test('what is said just before an end that cannot be written yet is given to the store all the same', async () => {
  let failures = 0;
  const { clock, recorder, written, errors } = open(() => failures-- > 0);
  recorder.put(line(1));
  await clock.advance(400);
  recorder.put(line(2));
  failures = 1; // of the session, which comes first
  await recorder.end();
  expect(errors).toHaveLength(1);
  expect([...written.lines.keys()]).toEqual([1, 2]);
});
