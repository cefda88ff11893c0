import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openTextLanguage } from '#src/speech/text-language/text-language.ts';

/** Cost of text language detection at its first use. */
export type NgramsCost = { readonly bytes: number; readonly loadMs: number };

/** Memory in use after what is not needed any more was collected, less that before: of heap and buffers. */
export async function ngramsCost(): Promise<NgramsCost> {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const inUse = () => {
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const detector = openTextLanguage();
  const before = inUse();
  const sinceMs = performance.now();
  await detector.detect('How high is it?', []);
  const loadMs = performance.now() - sinceMs;
  const bytes = inUse() - before;
  await detector.detect('', []); // held until here
  return { bytes, loadMs };
}
