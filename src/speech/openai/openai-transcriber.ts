import { type OpenAI, toFile } from 'openai';
import { writeWav } from '#src/audio/wav.ts';
import { BotError, type ErrorCode } from '#src/base/errors.ts';
import { describeError } from '#src/provider/models/describe-error.ts';
import { type ServedBy, servedBy } from '#src/provider/models/served-by.ts';
import { baseLanguage, languageHint } from '#src/speech/language-hint.ts';
import { isListenable } from '#src/speech/listenable.ts';
import type { Transcriber, Transcript, TranscriptUpdate } from '#src/speech/ports.ts';
import { transcriptOf } from './transcript-reply.ts';
import { readTranscript } from './transcript-stream.ts';

export type TranscriberOptions = {
  readonly model: string;
  /** BCP 47; left out, the server finds out by itself. */
  readonly language?: string;
  /** Whether words are asked for as they are found; `auto` (default) asks models known to, and learns. */
  readonly stream?: 'auto' | 'on' | 'off';
};

const streaming = /^gpt-(4o-(mini-)?)?transcribe(?!-diarize)/;
/** With which a server says, in its way, that it does not stream. */
const noStream: ReadonlySet<ErrorCode> = new Set([
  'provider.refused',
  'provider.wrong_type',
  'provider.truncated',
  'provider.empty',
]);

type Form = {
  readonly wav: Uint8Array<ArrayBuffer>;
  readonly options: TranscriberOptions;
  readonly by: ServedBy;
};

/** Any server with OpenAI's `/audio/transcriptions`; one upload an utterance, partials if it streams them. */
export function openTranscriber(client: OpenAI, options: TranscriberOptions): Transcriber {
  const { model, stream = 'auto' } = options;
  const by = servedBy(model, client.baseURL);
  const worthATry = stream === 'on' || (stream === 'auto' && streaming.test(model));
  let streams: 'yes' | 'no' | 'unknown' = worthATry ? 'unknown' : 'no';

  /** True once the words are given; false if the server cannot do it this way. */
  async function* tryStream(form: Form, signal: AbortSignal) {
    let isWhole = false;
    try {
      const onWhole = () => {
        isWhole = true;
      };
      yield* follow(client, form, signal, onWhole);
      if (stream === 'auto') streams = isWhole ? 'no' : 'yes';
      return true;
    } catch (error) {
      const unable = error instanceof BotError && noStream.has(error.code);
      if (!unable || streams === 'yes' || stream === 'on') throw error;
      return false;
    }
  }

  const inLanguage = (language: string | undefined): Transcriber => ({
    async *transcribe(pcm, signal) {
      signal.throwIfAborted();
      if (!isListenable(pcm)) {
        yield { kind: 'final', transcript: { text: '' } };
        return;
      }
      const told = { ...options, ...(language !== undefined && { language }) };
      const form = { wav: new Uint8Array(writeWav(pcm)), options: told, by };
      if (streams !== 'no' && (yield* tryStream(form, signal))) return;
      const transcript = await ask(client, form, signal);
      signal.throwIfAborted();
      streams = 'no';
      yield { kind: 'final', transcript };
    },
    inLanguage: (other) => inLanguage(baseLanguage(other)),
  });
  return inLanguage(options.language);
}

async function ask(client: OpenAI, form: Form, signal: AbortSignal): Promise<Transcript> {
  try {
    const body = await bodyOf(form);
    const reply: unknown = await client.audio.transcriptions.create(body, { signal });
    return signed(transcriptOf(reply, form.options.language), form.by);
  } catch (cause) {
    signal.throwIfAborted();
    throw describeError(cause, client);
  }
}

async function* follow(
  client: OpenAI,
  form: Form,
  signal: AbortSignal,
  onWhole: () => void,
): AsyncGenerator<TranscriptUpdate> {
  try {
    const body = { ...(await bodyOf(form)), stream: true as const };
    const response = await client.audio.transcriptions.create(body, { signal }).asResponse();
    for await (const update of readTranscript(response, client, form.options.language, onWhole)) {
      signal.throwIfAborted();
      if (update.kind === 'partial') yield update;
      else yield { kind: 'final', transcript: signed(update.transcript, form.by) };
    }
    signal.throwIfAborted();
  } catch (cause) {
    signal.throwIfAborted();
    throw describeError(cause, client);
  }
}

function signed(transcript: Transcript, by: ServedBy): Transcript {
  return { ...transcript, took: { ...transcript.took, by } };
}

async function bodyOf({ wav, options: { model, language } }: Form) {
  // Servers choose their decoder by the name of the file.
  const file = await toFile(wav, 'utterance.wav', { type: 'audio/wav' });
  return { model, file, response_format: 'json' as const, ...languageHint(model, language) };
}
