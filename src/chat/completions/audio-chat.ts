import type { Clock } from '#src/base/clock.ts';
import type { Tool } from '#src/chat/ports.ts';
import type { ApiClient } from '#src/provider/client.ts';
import { readEvents } from '#src/provider/event-stream.ts';
import { describeError } from '#src/provider/models/describe-error.ts';
import { serverName } from '#src/provider/models/error-phrases.ts';
import { type ServedBy, servedBy } from '#src/provider/models/served-by.ts';
import { AudioIds } from './audio-chat-ids.ts';
import type { AudioChatMessage, AudioChatModel, AudioChatPart } from './audio-chat-ports.ts';
import {
  type AudioAsk,
  type AudioChatOptions,
  type RefusableField,
  refusal,
  requestBody,
} from './audio-chat-request.ts';
import { AudioChatStream, completionAsChunk, watchDone } from './audio-chat-stream.ts';

/**
 * An audio model behind any server with OpenAI's chat completions.
 *
 * A recent answer of its own is shown to it by its id while that is valid, else as text. Parts that the server refuses
 * are left out from then on: optional fields, such ids, tools, and streams, without which the sound comes as a WAV file.
 */
export function openAudioChat(
  client: ApiClient,
  options: AudioChatOptions,
  clock: Pick<Clock, 'wallMs'>,
): AudioChatModel {
  return new AudioServer(client, options, clock);
}

type RequestAttempt = {
  readonly without: Set<RefusableField>;
  knowsIds: boolean;
  doubted?: unknown;
};

class AudioServer implements AudioChatModel {
  readonly #client: ApiClient;
  readonly #options: AudioChatOptions;
  readonly #clock: Pick<Clock, 'wallMs'>;
  readonly #by: ServedBy;
  readonly #ids = new AudioIds();
  /** Parts of requests that this server has refused. */
  readonly #refused = new Set<RefusableField>();

  constructor(client: ApiClient, options: AudioChatOptions, clock: Pick<Clock, 'wallMs'>) {
    this.#client = client;
    this.#options = options;
    this.#clock = clock;
    this.#by = servedBy(options.model, client.baseURL);
  }

  async *reply(
    messages: readonly AudioChatMessage[],
    tools: readonly Tool[],
    voice: string = this.#options.voice,
    signal: AbortSignal,
    mostTokens = this.#options.maxTokens,
  ): AsyncGenerator<AudioChatPart> {
    signal.throwIfAborted();
    const answer = new AudioChatStream(this.#by);
    const hangUp = new AbortController();
    const leave = () => hangUp.abort(signal.reason);
    signal.addEventListener('abort', leave);
    try {
      const ask = { messages, tools, voice, mostTokens, idOf: this.#idOf() };
      for await (const chunk of await this.#open(ask, answer, hangUp)) {
        signal.throwIfAborted();
        yield* answer.add(chunk);
      }
    } catch (cause) {
      signal.throwIfAborted();
      // An error after the last word does not concern the listener.
      if (!answer.finished) throw describeError(cause, this.#client);
    } finally {
      signal.removeEventListener('abort', leave);
      hangUp.abort();
    }
    signal.throwIfAborted();
    yield* answer.end(serverName(this.#client.baseURL));
    if (answer.spoken) this.#ids.remember(answer.spoken, this.#clock.wallMs());
  }

  /** Repeats the request without the refused parts, until the server answers or no part is left to leave out. */
  async #open(
    ask: AudioAsk,
    answer: AudioChatStream,
    hangUp: AbortController,
  ): Promise<AsyncIterable<unknown>> {
    const attempt: RequestAttempt = { without: new Set(this.#refused), knowsIds: true };
    for (;;) {
      const idOf = attempt.knowsIds ? ask.idOf : () => undefined;
      const { body, ids } = requestBody({ ...ask, idOf }, this.#options, attempt.without);
      try {
        const chunks = await this.#send(body, answer, hangUp);
        for (const given of attempt.without) this.#refused.add(given);
        return chunks;
      } catch (cause) {
        hangUp.signal.throwIfAborted();
        this.#leaveOut(attempt, cause, ids);
      }
    }
  }

  /** Errors: the cause, or the first error if leaving a part out on a guess did not help. */
  #leaveOut(attempt: RequestAttempt, cause: unknown, ids: readonly string[]): void {
    const found = refusal(cause, attempt.without, ids);
    if (!found) throw attempt.doubted ?? cause;
    if (found.kind === 'guess') attempt.doubted ??= cause;
    if (found.kind !== 'lost') {
      attempt.without.add(found.given);
      return;
    }
    this.#ids.forget(ids);
    attempt.knowsIds = false;
  }

  /** Resolves with the headers of the answer. */
  async #send(
    body: ReturnType<typeof requestBody>['body'],
    answer: AudioChatStream,
    hangUp: AbortController,
  ): Promise<AsyncIterable<unknown>> {
    const { signal } = hangUp;
    const asked = this.#client.chat.completions.create(body, { signal });
    if (!body.stream) return completionAsChunk(await asked);
    const watched = watchDone(await asked.asResponse(), () => answer.done());
    return readEvents(watched);
  }

  #idOf(): AudioAsk['idOf'] {
    const atMs = this.#clock.wallMs();
    return (text) => this.#ids.idOf(text, atMs);
  }
}
