import { speakRateHz } from '#src/audio/pcm.ts';
import { Resampler } from '#src/audio/resampler.ts';
import type { ChatMessage, ChatPart, Tool, ToolCall } from '#src/chat/chat-model.ts';
import type { AnswerTextOptions } from '#src/chat/completions/answer-text.ts';
import { AnswerWords } from '#src/chat/completions/answer-words.ts';
import type { ResponsePart } from '#src/provider/realtime/realtime-response.ts';

/** The instructions say the bot's name like this. */
const ownNamePattern = /Your name is ([^.\n]{1,40})\./g;

/** The parts of one answer, with words as chat text has them and sound at the rate of the voice. */
export class RealtimeWords {
  readonly #words: AnswerWords;
  readonly #toolCalls: ToolCall[] = [];
  #sound: SoundRateChange | undefined;

  constructor(messages: readonly ChatMessage[], tools: readonly Tool[]) {
    const options = createTextOptions(messages, tools);
    this.#words = new AnswerWords(options, options.tools);
  }

  /** Yields all that a part completes. */
  *addPart(part: Exclude<ResponsePart, { kind: 'usage' }>): Generator<ChatPart> {
    switch (part.kind) {
      case 'text':
      case 'transcript':
        yield* this.#words.push(part.kind, part.text);
        break;
      case 'sound':
        if (this.#sound?.rateHz !== part.rateHz) {
          yield* this.#endSound();
          this.#sound = new SoundRateChange(part.rateHz);
        }
        yield* showSound(this.#sound.push(part.bytes));
        break;
      case 'tool':
        this.#toolCalls.push(part.call);
    }
  }

  /** Yields what was held back, and the calls, also those that the model has written as text. */
  *end(): Generator<ChatPart> {
    yield* this.#endSound();
    yield* this.#words.release(false);
    const calls = [...this.#toolCalls];
    // Some servers tell the words twice, or report the call besides.
    for (const call of this.#words.listCalls())
      if (!calls.some((other) => isSameCall(other, call))) calls.push(call);
    for (const call of calls) yield { kind: 'tool', call };
  }

  *#endSound() {
    if (this.#sound) yield* showSound(this.#sound.end());
    this.#sound = undefined;
  }
}

function isSameCall(call: Omit<ToolCall, 'id'>, other: Omit<ToolCall, 'id'>) {
  return call.name === other.name && call.argumentsJson === other.argumentsJson;
}

function* showSound(bytes: Uint8Array): Generator<ChatPart> {
  if (bytes.length > 0) yield { kind: 'sound', bytes };
}

function createTextOptions(
  messages: readonly ChatMessage[],
  tools: readonly Tool[],
): AnswerTextOptions {
  const ownNames = messages.flatMap(({ content, role }) =>
    role === 'system'
      ? [...content.matchAll(ownNamePattern)].map(([, name = '']) => name)
      : [],
  );
  const people = messages.flatMap((message) =>
    message.role === 'user' ? [message.name.trim()] : [],
  );
  return {
    tools: tools.map(({ name }) => name),
    ownNames,
    people: [...new Set(people)].filter(
      (name) => name !== '' && !ownNames.includes(name),
    ),
    isThinking: false,
  };
}

/** Samples of a server at the rate of the voice. A file with a header passes unchanged. */
class SoundRateChange {
  readonly rateHz: number;
  readonly #resampler: Resampler | undefined;
  #isFirst = true;
  #isFile = false;
  /** The first half of a sample. */
  #remainder: Uint8Array = new Uint8Array();

  constructor(rateHz: number) {
    this.rateHz = rateHz;
    if (rateHz !== speakRateHz) this.#resampler = new Resampler(rateHz, speakRateHz);
  }

  /** Adds bytes, and returns the sound that they complete. */
  push(bytes: Uint8Array): Uint8Array {
    if (this.#isFirst)
      this.#isFile = Buffer.from(bytes).subarray(0, 4).toString() === 'RIFF';
    this.#isFirst = false;
    if (!this.#resampler || this.#isFile) return bytes;
    const joined = Buffer.concat([this.#remainder, bytes]);
    const even = joined.length & ~1;
    this.#remainder = joined.subarray(even);
    // A copy lies at an even address.
    const samples = new Int16Array(new Uint8Array(joined.subarray(0, even)).buffer);
    return toBytes(this.#resampler.push(samples));
  }

  /** Returns the sound held back. */
  end(): Uint8Array {
    if (!this.#resampler || this.#isFile) return new Uint8Array();
    return toBytes(this.#resampler.flush());
  }
}

function toBytes({ buffer, byteLength, byteOffset }: Int16Array) {
  return new Uint8Array(buffer, byteOffset, byteLength).slice();
}
