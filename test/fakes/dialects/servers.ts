import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { writeWav } from '#src/audio/wav.ts';
import { type ChatRequest, replyTo } from '#test/fakes/providers/chat.ts';
import { soundBytes, tone } from '#test/fakes/providers/sound.ts';
import {
  type Behind,
  type DialectReply,
  type DialectRequest,
  type DialectRoute,
  type DialectServer,
  openDialect,
  reply,
  sound,
  written,
} from './dialect.ts';

const folder = new URL('servers/', import.meta.url);

type Environment = Readonly<Record<string, string>>;
/** Parts of an answer in the order in which they are sent. The name of a step tells how often: once, or once a thought, word, crumb … */
type Steps = Readonly<Record<string, string>>;
/** `$name` stands for a value in JSON, `${name}` for its text inside a string of JSON. */
type Values = Readonly<Record<string, unknown>>;
type Answer = { readonly status?: number; readonly type?: string; readonly body: string };

type Endpoint = {
  /** Models that are there; of voices with the rate of their sound, in Hz. */
  readonly models: readonly string[] | Readonly<Record<string, number>>;
  readonly stream?: Steps;
  /** Absent: it takes any name of a model. */
  readonly refusal?: Answer;
  /** Answer to every request, where the server is to fail. */
  readonly failure?: Answer;
  /** Voices that are there, and the answer for others. */
  readonly voices?: string;
  readonly noVoice?: Answer;
  /** Code of its failure, where it comes before the first word. */
  readonly failsAs?: string;
} & Readonly<Record<'json' | 'text', Answer | undefined>> &
  Readonly<Record<'pcm' | 'wav', Steps | undefined>>;

/** One real server: the form of what it sends, and where that was read. */
type ServerForm = {
  readonly title: string;
  readonly version: string;
  readonly settings?: Environment;
  readonly pages?: Readonly<Record<string, string>>;
} & Readonly<Partial<Record<(typeof roles)[number][0], Endpoint>>>;

export const serverForms: ReadonlyMap<string, ServerForm> = new Map(
  readdirSync(folder).map((file) => [
    file.replace('.yaml', ''),
    parse(readFileSync(new URL(file, folder), 'utf8')),
  ]),
);

/** Each role, and how the names of its settings begin. */
export const roles = [
  ['chat', 'CHAT_COMPLETION'],
  ['transcription', 'TRANSCRIPTION'],
  ['speech', 'SPEECH'],
] as const;

/** Settings by which the bot uses all that a server has. */
export function settingsFor({ settings, ...form }: ServerForm, origin: string): Environment {
  const own = roles.flatMap(([role, name]) => {
    const [model] = modelsOf(form[role]);
    return model === undefined
      ? []
      : [
          [`${name}_BASE_URL`, `${origin}/v1`],
          [`${name}_MODEL`, model],
        ];
  });
  return { ...Object.fromEntries(own), ...settings };
}

function modelsOf({ models }: Partial<Endpoint> = {}): readonly string[] {
  return Array.isArray(models) ? models : Object.keys(models ?? {});
}

/** What stands behind a server, and after how many words it fails. */
type BehindServer = Behind & { readonly failsAfter?: number };

/** Opens a server of this name by its form. */
export const openServer = (name: string) => (behind: BehindServer) => {
  const form = serverForms.get(name);
  if (!form) throw new Error(`There is no server ${name}.`);
  return openForm(form, behind);
};

async function openForm(form: ServerForm, behind: BehindServer): Promise<DialectServer> {
  const { chat, transcription, speech, pages = {} } = form;
  const routes: Record<string, DialectRoute> = {};
  for (const [path, body] of Object.entries(pages)) routes[path] = () => answer({ body }, {});
  const add = (path: string, of: Endpoint | undefined, route: (one: Endpoint) => DialectRoute) => {
    if (of) routes[`POST /v1/${path}`] = (asked) => refusal(of, asked, behind) ?? route(of)(asked);
  };
  add('chat/completions', chat, ({ stream = {} }) => ({ body }) => {
    return written([...chatEvents(stream, body, behind)]);
  });
  add('audio/transcriptions', transcription, (of) => ({ body, pcm }) => {
    const text = pcm ? behind.hears(pcm) : '';
    if (body.stream === 'true' && of.stream) return written([...wordEvents(of.stream, text)]);
    const form = body.response_format === 'text' ? of.text : of.json;
    return answer(form ?? of.json ?? { body: '' }, { text });
  });
  add('audio/speech', speech, (of) => (asked) => spoken(of, asked));
  return await openDialect({ routes });
}

function refusal(of: Endpoint, { body }: DialectRequest, { failsAfter }: BehindServer) {
  if (of.refusal && !modelsOf(of).includes(`${body.model}`)) return answer(of.refusal, body);
  if (of.noVoice && !RegExp(of.voices ?? '').test(`${body.voice}`)) return answer(of.noVoice, body);
  return of.failure && failsAfter !== undefined ? answer(of.failure, body) : undefined;
}

function answer({ body, status = 200, type = 'application/json' }: Answer, values: Values) {
  return { ...reply(type, [fill(body, values)]), status };
}

function fill(form: string, values: Values): string {
  const inJson = (name: string) => JSON.stringify(values[name] ?? '');
  return form
    .replace(/\$(\w+)/g, (_, name) => inJson(name))
    .replace(/\$\{(\w+)\}/g, (_, name) => inJson(name).slice(1, -1));
}

/** Each step, as often as there are values for it. */
function* play(steps: Steps, values: Values, lists: Readonly<Record<string, readonly Values[]>>) {
  for (const [name, form] of Object.entries(steps))
    for (const one of lists[name] ?? [{}]) yield fill(form, { ...values, ...one });
}

const wordsOf = (text = '') => text.match(/\s*\S+/g) ?? [];
const texts = (all: readonly string[]) => all.map((text) => ({ text }));

/** The reply to a request as a server writes it, with thoughts before it. */
function* chatEvents(steps: Steps, body: ChatRequest, behind: BehindServer) {
  const { replies, failsAfter = Number.POSITIVE_INFINITY } = behind;
  const { text, call } = replyTo(body, replies);
  const isWhole = failsAfter === Number.POSITIVE_INFINITY;
  const atEnd = isWhole ? [{}] : [];
  const calls = isWhole && call ? [{ name: call.name, arguments: call.argumentsJson }] : [];
  const finish = call ? 'tool_calls' : 'stop';
  yield* framed(
    play(
      steps,
      { model: body.model, finish },
      {
        thought: texts(['They', ' greet', ' me.']),
        word: texts(wordsOf(text).slice(0, failsAfter)),
        call: calls,
        crumb: calls.flatMap((one) => texts(one.arguments.match(/[\s\S]{1,4}/g) ?? [])),
        failure: isWhole ? [] : [{}],
        finish: atEnd,
        usage: body.stream_options?.include_usage ? atEnd : [],
        done: atEnd,
      },
    ),
  );
}

function* wordEvents(steps: Steps, text: string) {
  yield* framed(play(steps, { text }, { word: texts(wordsOf(text)) }));
}

function* framed(events: Iterable<string>) {
  for (const event of events) yield `${event}\n\n`;
}

/** Parts of a sound. */
const makers: Readonly<Record<string, (text: string, hz: number) => Uint8Array>> = {
  samples: (text, hz) => soundBytes(tone(text, hz), hz, 'pcm'),
  file: (text, hz) => writeWav({ samples: tone(text, hz), rateHz: hz, channels: 1 }),
  endless: (_, hz) => soundBytes(new Int16Array(0), hz, 'wav'),
  piped: (_, hz) => pipedHeader(hz),
};

/** Sound of a text in the form of a server; one that does not know the format sends WAV. */
function spoken(of: Endpoint, { body }: DialectRequest): DialectReply {
  const { type = '', ...steps } = (body.response_format === 'pcm' && of.pcm) || of.wav || {};
  const hz = Object.entries(of.models).find(([name]) => name === body.model)?.[1] ?? 24_000;
  const sentences = `${body.input}`.match(/[^.!?]+[.!?]*/g) ?? [];
  const pieces = Object.entries(steps).flatMap(([name, maker]) =>
    (name === 'sentence' ? sentences : [`${body.input}`]).flatMap(
      (text) => makers[maker]?.(text, hz) ?? [],
    ),
  );
  return sound(type, ...pieces);
}

/** The header that ffmpeg and PyAV write into a pipe: sizes nobody knows, a `LIST` chunk, samples from byte 78 on. */
function pipedHeader(hz: number): Buffer {
  const plain = soundBytes(new Int16Array(0), hz, 'wav');
  const list = Buffer.alloc(34);
  list.write('LIST', 0, 'latin1');
  list.writeUInt32LE(26, 4);
  list.write('INFOISFT', 8, 'latin1');
  list.writeUInt32LE(14, 16);
  list.write('Lavf61.7.100', 20, 'latin1');
  return Buffer.concat([plain.subarray(0, 36), list, plain.subarray(36)]);
}
