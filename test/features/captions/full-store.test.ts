import { BotError } from '#src/base/errors.ts';
import {
  type TranscriptStore,
  TranscriptStores,
} from '#src/features/captions/transcripts/transcript-stores.ts';
import { formatText } from '#src/texts/texts.ts';
import {
  listKept,
  openCaptioned,
  sayAll,
} from '#test/conversation/setup/captioned-session.ts';
import { eva, passTime } from '#test/conversation/setup/session-fixture.ts';
import { openMemoryTranscripts } from '#test/fakes/memory-stores.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

test('when no space is left for transcripts, captions go on, people are told once, and nothing is lost', async () => {
  const clock = new VirtualClock();
  const { inMemory, onDisk } = openMemoryTranscripts(clock);
  let isFull = false;
  const putLines: TranscriptStore['writer']['putLines'] = async (lines) => {
    if (isFull) throw new BotError('store.unwritable', true, 'The disk is full.');
    await onDisk.writer.putLines(lines);
  };
  const writer: TranscriptStore['writer'] = {
    putSession: (session) => onDisk.writer.putSession(session),
    putLines,
    endOpenSessions: (...request) => onDisk.writer.endOpenSessions(...request),
  };
  const limited = { ...onDisk, writer };
  const transcripts = new TranscriptStores(limited, inMemory);
  const fixture = { ...(await openCaptioned({ transcripts }, clock)), transcripts };
  await sayAll(fixture);
  isFull = true;
  for (let n = 0; n < 3; n++) await sayAll(fixture, eva);
  await passTime(fixture, 25_000);
  const countTold = () =>
    fixture.written.filter((line) => line === formatText('captions.unsaved')).length;
  expect([fixture.captionChats.chat.lines.length, countTold()]).toEqual([4, 1]);
  expect(fixture.events.filter(({ kind }) => kind === 'failed').length).toBeGreaterThan(
    0,
  );
  expect(await listKept(fixture)).toHaveLength(1);
  isFull = false;
  await sayAll(fixture);
  expect(await listKept(fixture)).toHaveLength(5);
  expect(countTold()).toBe(1);
});
