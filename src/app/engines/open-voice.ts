import { speakRateHz } from '#src/audio/pcm.ts';
import { realClock } from '#src/base/clock.ts';
import type { Config } from '#src/config/types.ts';
import type { RoleDeadlines } from '#src/provider/deadlines.ts';
import { openEmbeddedSynthesizer } from '#src/speech/embedded/embedded-synthesizer.ts';
import { embeddedVoices, standardEmbeddedVoice } from '#src/speech/embedded/flite-voices.ts';
import { standardVoiceInstead } from '#src/speech/fallbacks/standard-voice.ts';
import type { DecodeSpeech } from '#src/speech/openai/openai-synthesizer.ts';
import type { Synthesizer } from '#src/speech/ports.ts';
import type { RealtimeSynthesizer } from '#src/speech/realtime/realtime-synthesizer.ts';
import { fixedVoiceNames, type VoiceNames } from '#src/speech/voice-names.ts';
import { clientOf, lazily, type OnEngineNews, stopwatch } from './engine-client.ts';

/** Synthesizer of a voice, and the names of its voices. */
export type OpenVoice = {
  readonly synthesizer: Synthesizer & Partial<Pick<RealtimeSynthesizer, 'warm'>>;
  readonly voices: VoiceNames;
};

/** The voices of a model that speaks are unknown. */
const untold = fixedVoiceNames([]);

/** Makes a voice ready. Errors: BotError `speech.failed`. */
export async function openVoice(
  config: Config['speech'],
  deadlines: RoleDeadlines,
  stack: AsyncDisposableStack,
  report: OnEngineNews,
): Promise<OpenVoice> {
  const role = 'text to speech';
  if (config.kind === 'remote' && config.backend === 'realtime') {
    const { openRealtimeSynthesizer } = await import(
      '#src/speech/realtime/realtime-synthesizer.ts'
    );
    const provider = new URL(config.baseUrl).host;
    stopwatch(role, `${config.model} at ${provider}, realtime`, report)();
    const synthesizer = stack.use(openRealtimeSynthesizer(config));
    return { synthesizer, voices: untold };
  }
  if (config.kind === 'remote') {
    const { openSynthesizer } = await import('#src/speech/openai/openai-synthesizer.ts');
    const { ServerVoices } = await import('#src/speech/openai/server-voices.ts');
    const decode = openSpeechDecoder(stack);
    const client = await clientOf(config, role, report, deadlines[role]);
    const voices = new ServerVoices(client, realClock);
    const spoken = openSynthesizer(client, { ...config, decode });
    return { synthesizer: standardVoiceInstead(spoken, voices, realClock), voices };
  }
  const { voice } = config;
  const ready = stopwatch(
    role,
    `embedded, English, voice ${voice ?? standardEmbeddedVoice}`,
    report,
  );
  const synthesizer = stack.use(await openEmbeddedSynthesizer({ voice }));
  ready();
  return { synthesizer, voices: fixedVoiceNames(embeddedVoices, true) };
}

/** Decodes speech of servers that send neither samples nor WAV; its process is started when the first such answer comes. */
export function openSpeechDecoder(stack: AsyncDisposableStack): DecodeSpeech {
  const opened = lazily(async () => {
    const { Decoding } = await import('#src/sources/decode/decoding.ts');
    return stack.use(new Decoding({ clock: realClock }));
  });
  return async function* decode(bytes, signal) {
    yield* (await opened()).play(bytes, { rateHz: speakRateHz, channels: 1 }, signal);
  };
}
