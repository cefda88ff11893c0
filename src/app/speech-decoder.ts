import { speakRateHz } from '#src/audio/pcm.ts';
import { realClock } from '#src/base/clock.ts';
import type { Decoding } from '#src/sources/decode/decoding.ts';
import type { DecodeSpeech } from '#src/speech/openai/openai-synthesizer.ts';

/** Decodes speech of servers that send neither samples nor WAV; its process is started when the first such answer comes. */
export function openSpeechDecoder(stack: AsyncDisposableStack): DecodeSpeech {
  let opened: Promise<Decoding> | undefined;
  const open = async () => {
    const { Decoding } = await import('#src/sources/decode/decoding.ts');
    return stack.use(new Decoding({ clock: realClock }));
  };
  return async function* decode(bytes, signal) {
    opened ??= open();
    const decoding = await opened;
    for await (const samples of decoding.decode(bytes, speakRateHz, signal)) {
      yield { samples, rateHz: speakRateHz, channels: 1 };
    }
  };
}
