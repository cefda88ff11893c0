import type { ChatModel, ChatPart } from '#src/chat/ports.ts';
import type { ApiClient } from '#src/provider/client.ts';
import { readEvents } from '#src/provider/event-stream.ts';
import { describeError } from '#src/provider/models/describe-error.ts';
import { serverName } from '#src/provider/models/error-phrases.ts';
import { servedBy } from '#src/provider/models/served-by.ts';
import {
  type ChatOptions,
  type ChatRequest,
  type RefusableField,
  refusal,
  requestBody,
} from './chat-request.ts';
import { ChatStream, completionAsChunk } from './chat-stream.ts';

/** A chat model behind any server that speaks OpenAI's streamed chat completions; with a `voice` it speaks. */
export function openChatModel(
  client: ApiClient,
  options: ChatOptions & { readonly voice?: string },
): ChatModel {
  const server = new ChatServer(client, options);
  return {
    reply: (messages, tools, signal, mostTokens, voice = options.voice) =>
      server.reply({ messages, tools, voice, mostTokens }, signal),
  };
}

/**
 * One server and model. Parts of a request that it refuses are left out from then on, so that only the first answer pays for
 * finding out: optional fields, tools, and streams, without which an answer comes in one piece.
 */
class ChatServer {
  readonly #client: ApiClient;
  readonly #options: ChatOptions;
  readonly #refused = new Set<RefusableField>();

  constructor(client: ApiClient, options: ChatOptions) {
    this.#client = client;
    this.#options = options;
  }

  async *reply(request: ChatRequest, signal: AbortSignal): AsyncGenerator<ChatPart> {
    signal.throwIfAborted();
    const { baseURL } = this.#client;
    const answer = new ChatStream(servedBy(this.#options.model, baseURL));
    try {
      for await (const chunk of await this.#open(request, answer, signal)) {
        signal.throwIfAborted();
        yield* answer.add(chunk);
      }
    } catch (cause) {
      signal.throwIfAborted();
      // An error after the last word does not concern the listener.
      if (!answer.finished) throw describeError(cause, this.#client);
    }
    // The client ends an aborted stream quietly.
    signal.throwIfAborted();
    yield* answer.end(serverName(baseURL));
  }

  /** Repeats the request without the refused parts, until the server answers or no part is left to leave out. */
  async #open(request: ChatRequest, answer: ChatStream, signal: AbortSignal): Promise<Chunks> {
    const attempt: Attempt = { without: new Set(this.#refused), doubted: undefined };
    for (;;) {
      try {
        const chunks = await this.#send(request, attempt.without, answer, signal);
        // A part whose absence did not help was not the reason.
        for (const field of attempt.without) this.#refused.add(field);
        return chunks;
      } catch (cause) {
        signal.throwIfAborted();
        leaveOut(attempt, cause);
      }
    }
  }

  async #send(
    request: ChatRequest,
    without: ReadonlySet<RefusableField>,
    answer: ChatStream,
    signal: AbortSignal,
  ): Promise<Chunks> {
    const body = requestBody(this.#options, request, without);
    const asked = this.#client.chat.completions.create(body, { signal });
    if (!body.stream) return completionAsChunk(await asked);
    // The library's own stream ends with a TypeError at a choice that is null.
    return readEvents(await asked.asResponse(), () => answer.done());
  }
}

type Chunks = AsyncIterable<unknown> | Iterable<unknown>;
/** A request with what it is sent without, and the first error that was only taken for a refusal. */
type Attempt = { readonly without: Set<RefusableField>; doubted: unknown };

/** Errors: the cause, or the first error if leaving a part out on a guess did not help. */
function leaveOut(attempt: Attempt, cause: unknown): void {
  const found = refusal(cause, attempt.without);
  if (!found) throw attempt.doubted ?? cause;
  if (found.isGuess) attempt.doubted ??= cause;
  attempt.without.add(found.field);
}
