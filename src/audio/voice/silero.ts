import { readFile } from 'node:fs/promises';
import { readLayers, type SileroLayers } from './silero-layers.ts';
import { SileroSimd } from './silero-simd.ts';

/** The voice detector's numbers where this machine can use them best; shared by every stream. */
export type SileroWeights =
  /** In the memory of a WebAssembly instance. */
  | { readonly kind: 'simd'; readonly simd: SileroSimd }
  /** For plain TypeScript, ten times slower: WebAssembly has no SIMD here, or this was asked for. */
  | { readonly kind: 'plain'; readonly layers: SileroLayers };

/**
 * Reads the 16 kHz weights of Silero VAD v5 (1 MB, MIT, LICENSE.silero.txt) that lie beside this file.
 *
 * `simd` gives `plain` on a processor without SSE 4.1 or its like.
 */
export async function loadSilero(wanted: SileroWeights['kind'] = 'simd'): Promise<SileroWeights> {
  const read = (name: string) => readFile(new URL(name, import.meta.url));
  const files = [read('./silero-v5-16k.bin'), read('./silero-kernels.wasm')] as const;
  const [bytes, wasm] = await Promise.all(files);
  const layers = readLayers(bytes);
  if (wanted === 'plain' || !WebAssembly.validate(wasm)) return { kind: 'plain', layers };
  return { kind: 'simd', simd: new SileroSimd(wasm, layers) };
}
