import type { Pcm } from '#src/audio/pcm.ts';
import type { Said } from '#src/pipeline/pipeline.ts';
import type { Transcriber, Transcript } from '#src/speech/ports.ts';

/** One person's whole utterance, as the ears hand it over. */
export type Utterance = {
  readonly speakerId: string;
  readonly fromMs: number;
  /** Arrival of the last voiced packet. */
  readonly toMs: number;
  /** When the end was decided. */
  readonly endedAtMs: number;
  readonly pcm: Pcm;
};

/** An utterance with its name and its transcript, which is made once, on first call. */
export function said(
  { speakerId, fromMs, toMs, pcm }: Utterance,
  name: string,
  transcriber: Transcriber,
  signal: AbortSignal,
): Said {
  let transcript: Promise<Transcript> | undefined;
  return {
    speakerId,
    name,
    fromMs,
    toMs,
    pcm,
    transcript: () => {
      transcript ??= recognise(transcriber, pcm, signal);
      return transcript;
    },
  };
}

async function recognise(
  transcriber: Transcriber,
  pcm: Pcm,
  signal: AbortSignal,
): Promise<Transcript> {
  for await (const update of transcriber.transcribe(pcm, signal)) {
    if (update.kind === 'final') return update.transcript;
  }
  return { text: '' };
}
