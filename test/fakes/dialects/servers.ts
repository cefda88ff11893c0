import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { writeWav } from '#src/audio/wav.ts';
import { type MockReply, type ReceivedChatRequest, replyTo } from '#test/fakes/providers/chat.ts';
import { soundBytes, tone } from '#test/fakes/providers/sound.ts';
import {
  type Behind,
  type DialectRequest,
  type DialectRoute,
  openDialect,
  reply,
  sound,
  written,
} from './dialect.ts';

const folder = new URL('servers/', import.meta.url);

/** Parts of an answer in the order in which they are sent. The name of a step tells how often: once, or once a thought, word, crumb … */
type Steps = Readonly<Record<string, string>>;
/** `$name` stands for a value in JSON, `${name}` for its text inside a string of JSON. */
type Values = Readonly<Record<string, unknown>>;
type Answer = { readonly status?: number; readonly type?: string; readonly body: string };

type Endpoint = {
  readonly stream?: Steps;
  /** What a field has to be like, and the answer where it is not. */
  readonly takes?: Readonly<Record<string, Answer & { readonly like: string }>>;
  /** Code of its failure, where it comes before the first word. */
  readonly failsAs?: string;
  /** Rate of its sound, or that of each model. */
  readonly hz?: number | Readonly<Record<string, number>>;
} & Readonly<Partial<Record<'json' | 'text', Answer>>> &
  Readonly<Partial<Record<'pcm' | 'wav', Steps>>>;

/** One real server: the form of what it sends, and where that was read. */
type ServerForm = {
  readonly title: string;
  readonly version: string;
  /** By which the bot uses all that it has, at the address `http://NAME`. */
  readonly settings: Readonly<Record<string, string>>;
  readonly pages?: Readonly<Record<string, string>>;
} & Readonly<Partial<Record<'chat' | 'transcription' | 'speech', Endpoint>>>;

export const serverForms: ReadonlyMap<string, ServerForm> = new Map(
  readdirSync(folder).map((file) => [
    file.replace('.yaml', ''),
    parse(readFileSync(new URL(file, folder), 'utf8')),
  ]),
);

/** What stands behind a server, and after how many words it fails. */
type BehindServer = Behind & { readonly failsAfter?: number };
type ChatReply = Pick<BehindServer, 'failsAfter'> &
  Pick<MockReply, 'call'> & {
    readonly words: readonly string[];
    readonly thoughts?: readonly string[];
  };

/** Opens a server of this name by its form. */
export const openServer = (name: string) => (behind: BehindServer) => {
  const { chat, transcription, speech, pages = {} } = serverForms.get(name) ?? {};
  const routes: Record<string, DialectRoute> = {};
  for (const [path, body] of Object.entries(pages)) routes[path] = () => answer({ body }, {});
  const add = (path: string, of: Endpoint | undefined, route: (one: Endpoint) => DialectRoute) => {
    if (of) routes[`POST /v1/${path}`] = (asked) => refusal(of, asked) ?? route(of)(asked);
  };
  add('chat/completions', chat, ({ stream }) => ({ body }) => {
    const { text, call } = replyTo(body, behind.replies);
    return written([...chatEvents(stream, { ...behind, call, words: wordsOf(text) }, body)]);
  });
  add('audio/transcriptions', transcription, (of) => ({ body, pcm }) => {
    const text = pcm ? behind.hears(pcm) : '';
    if (body.stream === 'true' && of.stream)
      return written([...play(of.stream, { text }, { word: texts(wordsOf(text)) })]);
    return answer((body.response_format === 'text' && of.text) || of.json || { body: '' }, {
      text,
    });
  });
  add('audio/speech', speech, (of) => ({ body }) => {
    const { type, pieces } = soundPieces(of, `${body.input}`, body.response_format, body.model);
    return sound(type, ...pieces);
  });
  return openDialect({ routes });
};

function refusal({ takes = {} }: Endpoint, { body }: DialectRequest) {
  const wrong = Object.entries(takes).find(
    ([field, { like }]) => !RegExp(`^(?:${like})$`).test(`${body[field]}`),
  );
  return wrong && answer(wrong[1], body);
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
    for (const one of lists[name] ?? [{}]) yield `${fill(form, { ...values, ...one })}\n\n`;
}

const wordsOf = (text = '') => text.match(/\s*\S+/g) ?? [];
const texts = (all: readonly string[]) => all.map((text) => ({ text }));

/** A reply as a server writes it, with thoughts before it. */
export function* chatEvents(steps: Steps = {}, reply: ChatReply, body: ReceivedChatRequest = {}) {
  const { call, failsAfter, words, thoughts = ['They', ' greet', ' me.'] } = reply;
  const isWhole = failsAfter === undefined;
  const atEnd = isWhole ? [{}] : [];
  const calls = isWhole && call ? [{ name: call.name, arguments: call.argumentsJson }] : [];
  const values = { model: body.model, finish: call ? 'tool_calls' : 'stop' };
  const atThought = thoughts.length > 0 ? [{}] : [];
  yield* play(steps, values, {
    think: atThought,
    thought: texts(thoughts),
    thinkEnd: atThought,
    word: texts(words.slice(0, failsAfter)),
    call: calls,
    crumb: calls.flatMap((one) => texts(one.arguments.match(/[\s\S]{1,4}/g) ?? [])),
    failure: isWhole ? [] : [{}],
    finish: atEnd,
    usage: body.stream_options?.include_usage ? atEnd : [],
    done: atEnd,
  });
}

/** Parts of a sound. */
const makers: Readonly<Record<string, (text: string, hz: number) => Uint8Array>> = {
  samples: (text, hz) => soundBytes(tone(text, hz), hz, 'pcm'),
  file: (text, hz) => writeWav({ samples: tone(text, hz), rateHz: hz, channels: 1 }),
  endless: (_, hz) => soundBytes(new Int16Array(0), hz, 'wav'),
  piped: (_, hz) => pipedHeader(hz),
};

/** Sound of a text in the form of a server; one that does not know the format sends WAV. */
export function soundPieces(of: Endpoint, text: string, format: unknown, model?: unknown) {
  const { type = '', ...steps } = (format === 'pcm' && of.pcm) || of.wav || {};
  const hz = typeof of.hz === 'object' ? of.hz[`${model}`] : of.hz;
  const sentences = text.match(/[^.!?]+[.!?]*/g) ?? [];
  const pieces = Object.entries(steps).flatMap(([name, maker]) =>
    (name === 'sentence' ? sentences : [text]).flatMap(
      (one) => makers[maker]?.(one, hz ?? 24_000) ?? [],
    ),
  );
  return { type, pieces };
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
