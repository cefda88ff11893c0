import { readFile } from 'node:fs/promises';
import { toRecord } from '#src/base/json.ts';
import type { JsonEvent } from '#src/provider/json-socket.ts';

/** One line of a recording: the event of the server, and when it came. */
export type RecordedEvent = { readonly atMs: number; readonly event: JsonEvent };

/** Names of the recordings in `test/fixtures/live`. */
export const recordingNames = [
  'live-session',
  'usable-window-timeout-10000',
  'usable-window-stall-45000',
  'usable-window-early-3000',
  'usable-window-final-3000',
  'usable-window-interrupt',
] as const;

/** Reads what the server of a recording sent, with a tone in place of sound that was cut. */
export async function readServerHalf(name: string): Promise<readonly RecordedEvent[]> {
  const file = await readFile(`test/fixtures/live/${name}.jsonl`, 'utf8');
  return file
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ dir = 'in', event }) => dir === 'in' && event !== undefined)
    .map(({ t: atMs, event }) => ({ atMs, event: putTone(event) }));
}

function putTone(event: JsonEvent): JsonEvent {
  const { audioBytes, ...rest } = event;
  if (typeof audioBytes !== 'number' || rest.type !== 'session.output_audio.delta')
    return event;
  const samples = Int16Array.from({ length: audioBytes / 2 }, (_, n) => {
    return 6_000 * Math.sin(n / 9);
  });
  return { ...rest, delta: Buffer.from(samples.buffer).toString('base64') };
}

/** Counts the events of a type. */
export function countEvents(half: readonly RecordedEvent[], type: string) {
  return half.filter(({ event }) => toRecord(event).type === type).length;
}
