import { readSpeech } from '#test/audio/recorded-speech.ts';
import type { ContractUtterance } from '#test/contracts/transcriber-contract.ts';
import manifest from '#test/fixtures/speech/manifest.json' with { type: 'json' };

/** A recording of test/fixtures/speech and the words that are said in it. */
export function readRecording(name: string): ContractUtterance {
  const entry = manifest.find(({ file }) => file === `${name}.wav`);
  if (!entry) throw new Error(`There is no recording ${name}.`);
  return { pcm: readSpeech(name), text: entry.text };
}
