import { writeWav } from '#src/audio/wav.ts';
import { BotError, type ErrorCode } from '#src/base/errors.ts';
import { type ApiClient, formOf } from '#src/provider/api-client.ts';
import { describeError } from '#src/provider/models/describe-error.ts';
import { type ServedBy, servedBy } from '#src/provider/models/served-by.ts';
import { hintFields } from '#src/speech/hints.ts';
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

const path = '/audio/transcriptions';

type Form = {
  readonly wav: Uint8Array<ArrayBuffer>;
  readonly options: TranscriberOptions;
  readonly by: ServedBy;
  readonly hints: readonly string[];
};

/** What an utterance is known to hold before it is heard. */
type Known = { readonly language: string | undefined; readonly hints: readonly string[] };

/** With these a server says that it cannot take a request as it is. */
const notUnderstood = new Set([400, 422]);

/** Any server with OpenAI's `/audio/transcriptions`; one upload an utterance, partials if it streams them. */
export function openTranscriber(client: ApiClient, options: TranscriberOptions): Transcriber {
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

  /** Of a server that takes no hints, only the first answer pays for finding out. */
  let takesHints = true;

  async function* recognise(form: Form, signal: AbortSignal): AsyncGenerator<TranscriptUpdate> {
    if (streams !== 'no' && (yield* tryStream(form, signal))) return;
    const transcript = await ask(client, form, signal);
    signal.throwIfAborted();
    streams = 'no';
    yield { kind: 'final', transcript };
  }

  async function* withHintsIfTaken(form: Form, signal: AbortSignal) {
    try {
      yield* recognise(form, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (form.hints.length === 0 || !isNotUnderstood(error)) throw error;
      yield* recognise({ ...form, hints: [] }, signal);
      takesHints = false;
    }
  }

  const knowing = (known: Known): Transcriber => ({
    async *transcribe(pcm, signal) {
      signal.throwIfAborted();
      if (!isListenable(pcm)) {
        yield { kind: 'final', transcript: { text: '' } };
        return;
      }
      const { language, hints } = known;
      const told = { ...options, ...(language !== undefined && { language }) };
      const wav = new Uint8Array(writeWav(pcm));
      yield* withHintsIfTaken({ wav, options: told, by, hints: takesHints ? hints : [] }, signal);
    },
    inLanguage: (other) => knowing({ ...known, language: baseLanguage(other) }),
    withHints: (hints) => knowing({ ...known, hints }),
  });
  return knowing({ language: options.language, hints: [] });
}

async function ask(client: ApiClient, form: Form, signal: AbortSignal): Promise<Transcript> {
  try {
    const reply = await client.ask(path, formOf(fieldsOf(form, client.baseURL)), signal);
    return signed(transcriptOf(reply, form.options.language), form.by);
  } catch (cause) {
    signal.throwIfAborted();
    throw describeError(cause, client);
  }
}

async function* follow(
  client: ApiClient,
  form: Form,
  signal: AbortSignal,
  onWhole: () => void,
): AsyncGenerator<TranscriptUpdate> {
  try {
    const body = formOf({ ...fieldsOf(form, client.baseURL), stream: true });
    const response = await client.post(path, body, signal);
    for await (const update of readTranscript(response, form.options.language, onWhole)) {
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

function isNotUnderstood(error: unknown): boolean {
  return error instanceof BotError && notUnderstood.has(error.about.status ?? 0);
}

function signed(transcript: Transcript, by: ServedBy): Transcript {
  return { ...transcript, took: { ...transcript.took, by } };
}

function fieldsOf({ wav, hints, options: { model, language } }: Form, baseUrl: string) {
  // Servers choose their decoder by the name of the file.
  const file = new File([wav], 'utterance.wav', { type: 'audio/wav' });
  const told = { ...languageHint(model, language), ...hintFields(model, baseUrl, hints) };
  return { model, file, response_format: 'json', ...told };
}
