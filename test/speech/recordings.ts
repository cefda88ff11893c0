import { readFile } from 'node:fs/promises';
import { readWav } from '#src/audio/formats/wav.ts';
import type { ContractUtterance } from '#test/contracts/transcriber-contract.ts';

const recordingsUrl = new URL('../fixtures/speech/', import.meta.url);

type RecordingEntry = { readonly file: string; readonly text: string };

/** A recording of test/fixtures/speech and the words that are said in it. */
export async function readRecording(name: string): Promise<ContractUtterance> {
  const manifest: readonly RecordingEntry[] = JSON.parse(
    await readFile(new URL('manifest.json', recordingsUrl), 'utf8'),
  );
  const entry = manifest.find(({ file }) => file === `${name}.wav`);
  if (!entry) throw new Error(`There is no recording ${name}.`);
  return {
    pcm: readWav(await readFile(new URL(entry.file, recordingsUrl))),
    text: entry.text,
  };
}
