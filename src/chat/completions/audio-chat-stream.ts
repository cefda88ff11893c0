import { BotError } from '#src/base/errors.ts';
import { fieldsOf } from '#src/base/json.ts';
import { wordsOf } from '#src/provider/models/error-phrases.ts';
import type { ServedBy } from '#src/provider/models/served-by.ts';
import type { SpokenAnswer } from './audio-chat-ids.ts';
import type { AudioChatPart } from './audio-chat-ports.ts';
import { ChatStream } from './chat-stream.ts';
import { ThinkFilter } from './think-filter.ts';

type ChunkFields = Readonly<Record<string, unknown>>;

/**
 * Reads the chunks of one streamed answer in words and sound, none of which is trusted to have its fields.
 *
 * It is whole if the server said so by a `finish_reason`, by a last `expires_at`, by `[DONE]`, or called tools.
 */
export class AudioChatStream {
  readonly #words: ChatStream;
  readonly #think = new ThinkFilter();
  #finish: string | undefined;
  #began = false;
  #isDone = false;
  #sounded = false;
  #transcript = '';
  #id: string | undefined;
  #expiresAtMs: number | undefined;

  constructor(by: ServedBy) {
    this.#words = new ChatStream(by);
  }

  get finished(): boolean {
    return this.#finish !== undefined || (this.#isDone && this.#began);
  }

  /** The spoken answer, if it has words and an id. */
  get spoken(): SpokenAnswer | undefined {
    const [text, id, expiresAtMs] = [this.#transcript, this.#id, this.#expiresAtMs];
    if (text === '' || id === undefined || !this.#sounded) return undefined;
    return { text, id, expiresAtMs };
  }

  /** The server wrote `[DONE]`; chunks before it may still be on their way here. */
  done(): void {
    this.#isDone = true;
  }

  *add(chunk: unknown): Generator<AudioChatPart> {
    const { choices, usage } = fieldsOf(chunk);
    const { delta, finish_reason } = fieldsOf(Array.isArray(choices) ? choices[0] : undefined);
    if (delta !== undefined) this.#began = true;
    yield* this.#words.add({ choices: [{ delta }], usage });
    yield* this.#hear(fieldsOf(fieldsOf(delta).audio));
    if (typeof finish_reason === 'string') this.#finish ??= finish_reason;
  }

  /** Gives the text held back, usage and calls. Errors: BotError `provider.truncated`, `provider.empty`. */
  *end(server: string): Generator<AudioChatPart> {
    yield* this.#emit(this.#think.flush());
    if (this.finished) {
      // an answer in sound may have no word
      const finish_reason = this.#sounded ? 'stop' : (this.#finish ?? 'stop');
      yield* this.#words.add({ choices: [{ finish_reason }] });
    }
    yield* this.#words.end(server);
  }

  *#hear({ id, data, transcript, expires_at }: ChunkFields): Generator<AudioChatPart> {
    if (typeof id === 'string' && id !== '') this.#id = id;
    if (typeof expires_at === 'number') {
      this.#expiresAtMs = expires_at * 1000;
      if (this.#sounded && !data && !transcript) this.#finish ??= 'stop';
    }
    if (typeof transcript === 'string') yield* this.#emit(this.#think.push(transcript));
    if (typeof data !== 'string') return;
    const bytes = Buffer.from(data, 'base64');
    if (bytes.length === 0) return;
    this.#sounded = true;
    yield { kind: 'sound', bytes };
  }

  *#emit(text: string): Generator<AudioChatPart> {
    if (text === '') return;
    this.#transcript += text;
    yield { kind: 'transcript', text };
  }
}

/** An answer in one piece, as a stream of one chunk. Errors: BotError `provider.wrong_type`. */
export function completionAsChunk(completion: unknown): AsyncIterable<unknown> {
  const { choices, usage } = fieldsOf(completion);
  if (!Array.isArray(choices)) {
    const serverWords = wordsOf(completion)?.slice(0, 120) ?? 'no answer';
    const message = 'The server answered with JSON that contains no answer.';
    throw new BotError('provider.wrong_type', false, message, undefined, undefined, {
      serverWords,
    });
  }
  const { message, finish_reason } = fieldsOf(choices[0]);
  return once({ choices: [{ delta: message, finish_reason: finish_reason ?? 'stop' }], usage });
}

async function* once(item: unknown): AsyncGenerator<unknown> {
  yield item;
}

/** Reports the end mark `data: [DONE]`, which readers of events hide. */
export function watchDone(response: Response, onDone: () => void): Response {
  let tail = '\n';
  const watch = new TransformStream<Uint8Array, Uint8Array>({
    transform(bytes, controller) {
      const text = tail + Buffer.from(bytes).toString('latin1');
      if (/[\r\n]data: ?\[DONE\]/.test(text)) onDone();
      tail = text.slice(-longestMark);
      controller.enqueue(bytes);
    },
  });
  return new Response(response.body?.pipeThrough(watch) ?? '', { headers: response.headers });
}

const longestMark = '\n\ndata: [DONE]'.length;
