import { OggPageReader } from '#src/audio/formats/ogg-page.ts';
import { readWav } from '#src/audio/formats/wav.ts';
import { loadOpus } from '#src/audio/opus/opus-codec.ts';
import { joinSamples, listenRateHz, type Pcm } from '#src/audio/pcm.ts';

const codec = await loadOpus();

/** Sound of an upload, decoded by what its bytes say, as servers do. Throws for any format but WAV and Ogg with Opus. */
export function readUpload(bytes: Uint8Array): Pcm {
  if (Buffer.from(bytes).toString('latin1', 0, 4) !== 'OggS') return readWav(bytes);
  const decoder = codec.createDecoder(listenRateHz);
  const pages = new OggPageReader().addBytes(bytes);
  const packets = pages.slice(2).flatMap(({ pieces }) => pieces);
  const samples = joinSamples(packets.map((opus) => decoder.decode(opus).slice()));
  return { samples, rateHz: listenRateHz, channels: 1 };
}
