import { z } from 'zod';
import type { FormBody } from '#src/web/api/form-body.ts';
import { invalid, refusal } from '#src/web/api/refusal.ts';
import { checked } from '#src/web/api/request-body.ts';

const isTrue = z.enum(['true', 'false']).transform((value) => value === 'true');

/** Fields of a form as OpenAI has them; others change nothing. */
const common = {
  model: z.string().max(200).optional(),
  prompt: z.string().max(4_000).optional(),
  response_format: z.enum(['json', 'text', 'srt', 'vtt', 'verbose_json']).default('json'),
  temperature: z.coerce.number().min(0).max(1).optional(),
};

const translationForm = z.object(common);
const transcriptionForm = z.object({
  ...common,
  language: z
    .string()
    .regex(/^[a-z]{2,3}(-[a-z0-9]{2,8})*$/i, 'must be a language code like en or pt-BR')
    .optional(),
  timestamp_granularities: z.array(z.enum(['word', 'segment'])).default(['segment']),
  stream: isTrue.default(false),
});

/** Recording to transcribe, and the format of the answer. */
export type TranscriptionForm = z.output<typeof transcriptionForm> & {
  readonly sound: Uint8Array;
};

export type TranscriptionTask = 'transcribe' | 'translate';

/** Errors: `ApiRefusal`. */
export function transcriptionAsked(form: FormBody, task: TranscriptionTask): TranscriptionForm {
  const fields = valuesOf(form);
  const asked =
    task === 'transcribe'
      ? checked(transcriptionForm, fields)
      : { ...checked(translationForm, fields), ...untold };
  const { response_format: format, stream, timestamp_granularities: granularities } = asked;
  if (stream && format !== 'json' && format !== 'text')
    throw invalid('stream: needs response_format json or text.', 'stream');
  if (granularities.includes('word') && format !== 'verbose_json') {
    const message = 'timestamp_granularities: word needs response_format verbose_json.';
    throw invalid(message, 'timestamp_granularities');
  }
  return { ...asked, sound: soundOf(form) };
}

/** A translation is into English, comes as a whole, and its words were not said. */
const untold = { stream: false, timestamp_granularities: ['segment' as const] };

function valuesOf({ fields }: FormBody): Readonly<Record<string, unknown>> {
  const lists = new Set(['timestamp_granularities']);
  const values = [...fields].map(([name, all]) => [name, lists.has(name) ? all : all.at(-1)]);
  return Object.fromEntries(values);
}

function soundOf({ file }: FormBody): Uint8Array {
  if (file?.field !== 'file')
    throw refusal(400, 'file.missing', 'file: send an audio file.', 'file');
  if (file.bytes.length === 0)
    throw refusal(400, 'sound.empty', 'The audio file is empty.', 'file');
  return file.bytes;
}
