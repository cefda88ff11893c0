import type { Pcm } from '#src/audio/pcm.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';
import { readUpload } from './read-upload.ts';

export type TranscriptionsOptions = {
  /** Recognised text of a sound. */
  readonly hears?: (pcm: Pcm, model: string) => string;
  /** Models that `/audio/translations` takes; absent: there is no such address. */
  readonly translates?: readonly string[];
  /** Status of all other translations where it has none. */
  readonly lacksBy?: number;
  /** Whether it tells times of words where it is asked for them; else it refuses such requests. */
  readonly hasWordTimes?: boolean;
  /** Language as servers name it in verbose_json. */
  readonly language?: string;
  /** Waited for before each answer, by the number of the request, from 1. */
  readonly hold?: (count: number) => Promise<void> | undefined;
  /** Of a server that knows no format but WAV: its status for any other, or the silence that it hears in one. */
  readonly knowsNoOgg?: number | 'silence';
  /** It refuses requests without a language, and hears what this says of the language that it is told. */
  readonly hearsIn?: (language: string) => string;
  /** In place of any answer. */
  readonly fails?: number;
};

export type TranscriptionsRequest = { readonly path: string; readonly form: FormData };

/** A server of our own with `/audio/transcriptions` and `/audio/translations`, which notes what it is asked. */
export async function openTranscriptions(rules: TranscriptionsOptions = {}) {
  const requests: TranscriptionsRequest[] = [];
  let hungUp = 0;
  const served = await openListeningServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const headers = { 'content-type': `${request.headers['content-type']}` };
    const form = await new Response(Buffer.concat(chunks), { headers }).formData();
    const question = { path: request.url?.replace('/v1', '') ?? '', form };
    requests.push(question);
    response.on('close', () => {
      if (!response.writableFinished) hungUp++;
    });
    await rules.hold?.(requests.length);
    const [status, body] = findRefusal(question, rules) ?? [
      200,
      await makeAnswer(question, rules),
    ];
    response
      .writeHead(status, { 'content-type': 'application/json' })
      .end(JSON.stringify(body));
  });
  return {
    ...served,
    baseUrl: `${served.origin}/v1`,
    requests,
    /** Requests whose sender did not wait for the answer. */
    hungUp: () => hungUp,
    listPaths: () => requests.map(({ path }) => path),
  };
}

const translationPath = '/audio/translations';

function findRefusal(
  { path, form }: TranscriptionsRequest,
  options: TranscriptionsOptions,
): readonly [status: number, body: object] | undefined {
  const {
    fails,
    hasWordTimes,
    hearsIn,
    knowsNoOgg,
    lacksBy = 404,
    translates,
  } = options;
  const model = `${form.get('model')}`;
  const isTranslation = path === translationPath;
  if (typeof knowsNoOgg === 'number' && isOgg(form))
    return [knowsNoOgg, { error: { message: 'Unknown format.' } }];
  if (hearsIn && !form.has('language'))
    return [422, { detail: [{ loc: ['body', 'language'], msg: 'Field required' }] }];
  if (fails !== undefined) return [fails, { error: { message: 'Out of order.' } }];
  if (isTranslation && !translates) return [lacksBy, { detail: 'Not Found' }];
  if (isTranslation && !translates?.includes(model))
    return [400, { error: { message: `The model ${model} does not translate.` } }];
  if (isAskingForWords(form) && !hasWordTimes)
    return [400, { error: { message: 'response_format must be json.' } }];
  return undefined;
}

export function isOgg(form: FormData) {
  const file = form.get('file');
  return file instanceof File && file.type === 'audio/ogg';
}

function isAskingForWords(form: FormData) {
  return form.getAll('timestamp_granularities[]').includes('word');
}

async function makeAnswer(
  { path, form }: TranscriptionsRequest,
  { hears, hearsIn, knowsNoOgg, language = 'german' }: TranscriptionsOptions,
): Promise<object> {
  const file = form.get('file');
  const isDeaf = knowsNoOgg === 'silence' && isOgg(form);
  const utterance =
    file instanceof File && !isDeaf
      ? (hearsIn?.(`${form.get('language')}`) ??
        hears?.(readUpload(await file.bytes()), `${form.get('model')}`) ??
        'hello')
      : '';
  const text = path === translationPath ? `In English: ${utterance}` : utterance;
  if (!isAskingForWords(form)) return { text };
  const words = utterance
    .split(' ')
    .map((word, n) => ({ word, start: n * 0.5, end: n * 0.5 + 0.4, probability: 0.9 }));
  return { task: 'transcribe', language, duration: 1, text, words };
}
