import { type OpenAI, toFile } from 'openai';
import { writeWav } from '#src/audio/wav.ts';
import { BotError } from '#src/base/errors.ts';
import { describeError } from '#src/provider/describe-error.ts';
import { languageHint } from './language-hint.ts';
import { isListenable } from './listenable.ts';
import type { Transcriber, Transcript } from './ports.ts';

export type TranscriberOptions = {
  readonly model: string;
  /** BCP 47; left out, the server finds out by itself. */
  readonly language?: string;
};

/** Any server with OpenAI's `/audio/transcriptions`; one upload an utterance, no partials. */
export function openTranscriber(client: OpenAI, options: TranscriberOptions): Transcriber {
  return {
    async *transcribe(pcm, signal) {
      signal.throwIfAborted();
      if (!isListenable(pcm)) {
        yield { kind: 'final', transcript: { text: '' } };
        return;
      }
      const transcript = await ask(client, new Uint8Array(writeWav(pcm)), options, signal);
      signal.throwIfAborted();
      yield { kind: 'final', transcript };
    },
  };
}

async function ask(
  client: OpenAI,
  wav: Uint8Array<ArrayBuffer>,
  { model, language }: TranscriberOptions,
  signal: AbortSignal,
): Promise<Transcript> {
  try {
    // Servers choose their decoder by the name of the file.
    const file = await toFile(wav, 'utterance.wav', { type: 'audio/wav' });
    const hint = languageHint(model, language);
    const form = { model, file, response_format: 'json' as const, ...hint };
    const reply: unknown = await client.audio.transcriptions.create(form, { signal });
    return transcriptOf(reply, language);
  } catch (cause) {
    signal.throwIfAborted();
    throw describeError(cause, client);
  }
}

/** `{text}`, JSON in a string, or the bare text: servers send all three whatever was asked. */
function transcriptOf(reply: unknown, asked: string | undefined): Transcript {
  const answer = typeof reply === 'string' ? jsonOr(reply) : reply;
  if (typeof answer === 'string' && answer !== '') {
    return { text: answer.trim(), ...(asked && { language: asked }) };
  }
  const { text, language, languages } = (answer || {}) as Readonly<Record<string, unknown>>;
  if (typeof text !== 'string') throw new BotError('provider.empty', true, noText);
  const [first] = Array.isArray(languages) ? languages : [];
  const codes: unknown[] = [language, first?.code, asked];
  const told = codes.find((code) => typeof code === 'string' && code !== '');
  return { text: text.trim(), ...(typeof told === 'string' && { language: told }) };
}

const noText =
  'The transcription server answered without a text: check the base URL and the model.';

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
