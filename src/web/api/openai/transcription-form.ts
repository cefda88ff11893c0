import { z } from 'zod';
import {
  admitChosenLanguage,
  type ChosenLanguage,
} from '#src/base/language/expected-language.ts';
import { createInvalidRefusal, createRefusal } from '#src/web/api/api-refusal.ts';
import type { FormBody } from '#src/web/api/form-body.ts';
import { checkBody, isTrue } from '#src/web/api/request-body.ts';

interface TranscriptionFields {
  readonly model?: string | undefined;
  readonly prompt?: string | undefined;
  readonly response_format: 'json' | 'text' | 'srt' | 'vtt' | 'verbose_json';
  readonly temperature?: number | undefined;
  /** BCP 47 tag of the spoken language. */
  readonly language?: ChosenLanguage | undefined;
  readonly timestamp_granularities: readonly ('word' | 'segment')[];
  readonly stream: boolean;
}

/** Nobody knows the voices of a file. In a voice channel everybody has a line of their own. */
const needsChannel =
  'diarized_json needs the speakers of a voice channel: GET /v1/servers/{server}/transcripts/{session}?format=diarized_json';

const commonFields = {
  model: z.string().max(200).optional(),
  prompt: z.string().max(4_000).optional(),
  response_format: z
    .enum(['json', 'text', 'srt', 'vtt', 'verbose_json'], {
      error: ({ input }) => (input === 'diarized_json' ? needsChannel : undefined),
    })
    .default('json'),
  temperature: z.coerce.number().min(0).max(1).optional(),
};

/** Other fields change nothing. */
export const transcriptionForm: z.ZodType<TranscriptionFields> = z.object({
  ...commonFields,
  language: z
    .string()
    .regex(/^[a-z]{2,3}(-[a-z0-9]{2,8})*$/i, 'must be a language code like en or pt-BR')
    .transform(admitChosenLanguage)
    .optional(),
  timestamp_granularities: z.array(z.enum(['word', 'segment'])).default(['segment']),
  stream: isTrue.default(false),
});

/** A translation is into English, comes as a whole, and its words were not said. Other fields change nothing. */
export const translationForm: z.ZodType<TranscriptionFields> = z
  .object(commonFields)
  .transform((fields) => ({
    ...fields,
    stream: false,
    timestamp_granularities: ['segment'],
  }));

export interface TranscriptionForm extends TranscriptionFields {
  readonly sound: Uint8Array;
}

export type TranscriptionTask = 'transcribe' | 'translate';

/** Parses a form. Throws `ApiRefusal`. */
export function parseTranscriptionForm(
  form: FormBody,
  task: TranscriptionTask,
): TranscriptionForm {
  const fields = toFormValues(form);
  const request = checkBody(
    task === 'translate' ? translationForm : transcriptionForm,
    fields,
  );
  const {
    response_format: format,
    stream,
    timestamp_granularities: granularities,
  } = request;
  if (stream && format !== 'json' && format !== 'text')
    throw createInvalidRefusal('stream: needs response_format json or text.', 'stream');
  if (granularities.includes('word') && format !== 'verbose_json') {
    throw createInvalidRefusal(
      'timestamp_granularities: word needs response_format verbose_json.',
      'timestamp_granularities',
    );
  }
  return { ...request, sound: getSound(form) };
}

function toFormValues({ fields }: FormBody): Readonly<Record<string, unknown>> {
  const values = [...fields].map(([name, texts]) => [
    name,
    name === 'timestamp_granularities' ? texts : texts.at(-1),
  ]);
  // Forms of pages send a field that nobody filled in as an empty one.
  return Object.fromEntries(values.filter(([, value]) => value !== ''));
}

function getSound({ file }: FormBody) {
  if (file?.field !== 'file')
    throw createRefusal(400, 'file.missing', 'file: send an audio file.', 'file');
  if (file.bytes.length === 0)
    throw createRefusal(400, 'sound.empty', 'The audio file is empty.', 'file');
  return file.bytes;
}
