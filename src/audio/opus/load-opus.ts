import { rms } from '#src/audio/loudness.ts';
import { BotError } from '#src/base/errors.ts';
import type { OpusCodec } from './opus.ts';
import { openMediaplex } from './opus-mediaplex.ts';
import { openNative } from './opus-native.ts';
import { openOpusScript } from './opus-script.ts';

const codecs = {
  '@discordjs/opus': openNative,
  mediaplex: openMediaplex,
  opusscript: openOpusScript,
} as const;

/**
 * The first Opus library, fastest first, that loads and passes a short test; `prefer` names one to try before.
 *
 * Errors: BotError `audio.no_codec`.
 */
export async function loadOpus(prefer?: string): Promise<OpusCodec> {
  const entries = Object.entries(codecs);
  const ordered = [
    ...entries.filter(([name]) => name === prefer),
    ...entries.filter(([name]) => name !== prefer),
  ];
  const failures: unknown[] = [];
  for (const [, open] of ordered) {
    try {
      const codec = await open();
      selfTest(codec);
      return codec;
    } catch (cause) {
      failures.push(cause);
    }
  }
  const names = ordered.map(([name]) => name).join(', ');
  const cause = new AggregateError(failures, 'Every Opus library failed.');
  throw new BotError('audio.no_codec', false, `No Opus library works here: ${names}.`, cause);
}

/** A tone must come back as long and as loud as it went in. */
function selfTest(codec: OpusCodec): void {
  const encoder = codec.encoder(24_000);
  const decoder = codec.decoder(16_000);
  try {
    const tone = Int16Array.from({ length: 480 }, (_, n) => 8000 * Math.sin((Math.PI * n) / 24));
    let heard = new Int16Array(0);
    for (let n = 0; n < 5; n++) heard = decoder.decode(encoder.encode(tone)).slice();
    const ratio = rms(heard) / rms(tone);
    const fits = heard.length === 320 && ratio > 0.8 && ratio < 1.25;
    if (!fits) throw new Error(`${codec.name} does not give back what it was given.`);
  } finally {
    encoder.free();
    decoder.free();
  }
}
