import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import {
  type TranscriptPorts,
  TranscriptStores,
} from '#src/features/captions/store/transcript-ports.ts';
import { text } from '#src/texts/texts.ts';
import { captioned, kept, says } from '#test/conversation/setup/captioned.ts';
import { eva, pass } from '#test/conversation/setup/session-fixture.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { memoryTranscripts } from '#test/fakes/memory-stores.ts';

test('where there is no space left for transcripts, captions go on, people are told once, and nothing is lost', async () => {
  const clock = new VirtualClock();
  const { inMemory, onDisk } = memoryTranscripts(clock);
  let isFull = false;
  const putLines: TranscriptPorts['writer']['putLines'] = async (lines) => {
    if (isFull) throw new BotError('store.unwritable', true, 'The disk is full.');
    await onDisk.writer.putLines(lines);
  };
  const limited = { ...onDisk, writer: { ...onDisk.writer, putLines } };
  const transcripts = new TranscriptStores(limited, inMemory);
  const made = await captioned({ transcripts }, clock);
  const fixture = { ...made, transcripts };
  await says(fixture);
  isFull = true;
  for (let n = 0; n < 3; n++) await says(fixture, eva);
  await pass(fixture, 25_000);
  const told = () => fixture.written.filter((line) => line === text('captions.unsaved')).length;
  expect([fixture.captionChats.chat.lines.length, told()]).toEqual([4, 1]);
  expect(fixture.events.filter(({ kind }) => kind === 'failed').length).toBeGreaterThan(0);
  expect(await kept(fixture)).toHaveLength(1);
  isFull = false;
  await says(fixture);
  expect(await kept(fixture)).toHaveLength(5);
  expect(told()).toBe(1);
});
