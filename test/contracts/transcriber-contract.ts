import { expect, test } from 'vitest';
import type { Pcm } from '#src/audio/pcm.ts';
import type { Transcriber } from '#src/speech/speech-engine.ts';

export type ContractUtterance = { readonly pcm: Pcm; readonly text: string };

const neverAborted = new AbortController().signal;

export async function listUpdates(
  transcriber: Transcriber,
  pcm: Pcm,
  signal = neverAborted,
) {
  return await Array.fromAsync(transcriber.transcribe(pcm, signal));
}

export async function transcribeText(transcriber: Transcriber, pcm: Pcm) {
  const last = (await listUpdates(transcriber, pcm)).at(-1);
  return last?.kind === 'final' ? last.transcript.text : '(no final)';
}

/** Contract of every recogniser. `engine` is asked inside each test; the two utterances differ. */
export function testTranscriber(
  name: string,
  engine: () => Transcriber,
  [one, other]: readonly [ContractUtterance, ContractUtterance],
) {
  test(`${name}: an utterance ends in exactly one final text`, async () => {
    const updates = await listUpdates(engine(), one.pcm);
    expect(updates.filter(({ kind }) => kind === 'final')).toHaveLength(1);
    expect(updates.at(-1)).toMatchObject({
      kind: 'final',
      transcript: { text: one.text },
    });
  });

  test(`${name}: silence gives an empty text`, async () => {
    const silence: Pcm = {
      samples: new Int16Array(16_000),
      rateHz: 16_000,
      channels: 1,
    };
    expect(await transcribeText(engine(), silence)).toBe('');
  });

  test(`${name}: people who speak at once are both understood`, async () => {
    const texts = [one, other].map(({ pcm }) => transcribeText(engine(), pcm));
    expect(await Promise.all(texts)).toEqual([one.text, other.text]);
  });

  test(`${name}: an abort before the start throws the caller's own reason`, async () => {
    const reason = new Error('left');
    const updates = listUpdates(engine(), one.pcm, AbortSignal.abort(reason));
    await expect(updates).rejects.toBe(reason);
  });

  test(`${name}: an abort while it listens throws the reason, and the next person is understood`, async () => {
    const leaving = new AbortController();
    const updates = listUpdates(engine(), one.pcm, leaving.signal);
    const reason = new Error('went on speaking');
    queueMicrotask(() => leaving.abort(reason));
    await expect(updates).rejects.toBe(reason);
    expect(await transcribeText(engine(), other.pcm)).toBe(other.text);
  });

  test(`${name}: sound that is not 16 kHz mono is our own mistake`, async () => {
    const fast: Pcm = { ...one.pcm, rateHz: 48_000 };
    await expect((async () => await listUpdates(engine(), fast))()).rejects.toThrow(
      RangeError,
    );
  });
}
