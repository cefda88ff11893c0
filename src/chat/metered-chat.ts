import type { FallbackChain } from '#src/provider/fallback-chain.ts';
import {
  countPictures,
  maxPictureTokens,
  msPerTokenHeard,
  msPerTokenSpoken,
  type ReservationResult,
  runReserved,
} from '#src/provider/models/request-reservation.ts';
import type { ServedBy } from '#src/provider/models/standard-models.ts';
import { createPicturesError } from '#src/provider/reducible-request.ts';
import type { ChatMessage, ChatModel, ChatPart, Usage } from './chat-model.ts';

/** Tokens of European languages are about this long, and those of others are shorter. */
const bytesPerToken = 4;
const soundBytesPerMs = 48;

export function withServerReport(model: ChatModel, by: ServedBy): ChatModel {
  const usage: Usage = { inputTokens: 0, outputTokens: 0, isEstimate: true, by };
  const { wrapEach } = model;
  return {
    async *reply(messages, tools, signal, ...more) {
      // The server is reported first, so that it is known for an answer that is cut.
      signal.throwIfAborted();
      yield { kind: 'usage', usage };
      yield* model.reply(messages, tools, signal, ...more);
    },
    canTakePictures: () => model.canTakePictures?.() ?? false,
    wrapEach:
      wrapEach &&
      ((wrap) => wrapEach.call(model, (engine) => wrap(withServerReport(engine, by)))),
  };
}

export function isReportedUsage(usage: Usage | undefined): boolean {
  return usage !== undefined && !usage.isEstimate;
}

function estimateTokens(text: string) {
  return Math.ceil(Buffer.byteLength(text) / bytesPerToken);
}

export type ChatMeter = {
  /**
   * Counts a request at its end, by reported or estimated usage. A request rejected before its first word does not
   * count. Never throws.
   */
  recordUsage(usage: Usage): void;
  /**
   * Reserves money, and so limits the tokens of the answer. Undefined for no limit. Throws BotError `budget.used`.
   */
  reserveRequest?(
    messages: readonly object[],
    tools: readonly object[],
    heardMs: number,
  ): ReservationResult;
};

/** Pictures go only to models that take them. */
export function withMeter(
  chat: ChatModel,
  meter: ChatMeter,
  heardMsIn: (messages: readonly ChatMessage[]) => number = () => 0,
): ChatModel {
  const meterModel = (model: ChatModel): ChatModel => {
    const { wrapEach } = model;
    if (wrapEach) return wrapEach.call(model, meterModel);
    return {
      reply(messages, tools, signal, _, voice, sent) {
        if (countPictures(messages) > 0 && !model.canTakePictures?.())
          throw createPicturesError();
        const heardMs = heardMsIn(messages);
        const progress = createRequestProgress();
        return runReserved(
          {
            reserve: () =>
              meter.reserveRequest?.(
                messages,
                sent ? [...tools, sent] : tools,
                heardMs,
              ),
            ask: (most) => model.reply(messages, tools, signal, most, voice, sent),
            isOutput: progress.addPart,
            onEnd: () => meter.recordUsage(progress.getUsage(messages, heardMs)),
          },
          signal,
        );
      },
    };
  };
  return meterModel(chat);
}

function createRequestProgress() {
  let written = '';
  let soundBytes = 0;
  let usage: Usage | undefined;
  let source: 'text' | 'transcript' | undefined;

  return {
    /** Notes a part, and returns whether that is output, as an estimate alone is not. */
    addPart(part: ChatPart): boolean {
      switch (part.kind) {
        case 'text':
        case 'transcript':
          source ??= part.kind;
          if (source === part.kind) written += part.text;
          return true;
        case 'sound':
          soundBytes += part.bytes.length;
          return true;
        case 'usage':
          usage = part.usage;
          return isReportedUsage(part.usage);
        case 'tool':
          return true;
        case 'cut':
          return false;
      }
    },
    getUsage(messages: readonly ChatMessage[], heardMs: number): Usage {
      if (usage && isReportedUsage(usage)) return usage;
      const asked = messages.map(({ content }) => content).join('');
      const audioInputTokens = Math.ceil(heardMs / msPerTokenHeard);
      const audioOutputTokens = Math.ceil(
        soundBytes / soundBytesPerMs / msPerTokenSpoken,
      );
      const hasSound = audioInputTokens + audioOutputTokens > 0;
      return {
        inputTokens:
          estimateTokens(asked) +
          audioInputTokens +
          countPictures(messages) * maxPictureTokens,
        outputTokens: estimateTokens(written) + audioOutputTokens,
        ...(hasSound && { audioInputTokens, audioOutputTokens }),
        isEstimate: true,
        by: usage?.by,
      };
    },
  };
}

const isOutputPart = ({ kind }: ChatPart) => kind !== 'usage';

/** Combines several chat models. The first that answers is used, and `voice` belongs to the first. */
export function createChatChain(chain: FallbackChain<ChatModel>): ChatModel {
  const withEach = (wrap: (model: ChatModel) => ChatModel): ChatModel => ({
    reply: (messages, tools, signal, mostTokens, voice, sent) =>
      chain.run(
        {
          ask: (engine, inner, index) => {
            const own = index === 0 ? voice : undefined;
            return wrap(engine).reply(messages, tools, inner, mostTokens, own, sent);
          },
          isOutput: isOutputPart,
        },
        signal,
      ),
    feed: (...given) => chain.currentEngine?.feed?.(...given),
    wrapEach: (outer) => withEach((engine) => outer(wrap(engine))),
  });
  return withEach((engine) => engine);
}
