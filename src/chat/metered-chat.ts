import { counted, type HoldResult } from '#src/provider/models/request-hold.ts';
import type { ChatMessage, ChatModel, ChatPart, Usage } from './ports.ts';
import { estimateUsage, isReport, settled } from './usage.ts';

/** Estimates the usage of a request whose server did not report it, from `messages` and the output. */
type UsageEstimate = (messages: readonly ChatMessage[], progress: RequestProgress) => Usage;

/** Called before each request, which it may refuse by an error; the request writes so many tokens at most. */
export type HoldRequest = (messages: readonly object[], tools: readonly object[]) => HoldResult;

const byLength: UsageEstimate = (messages, { written }) => estimateUsage(messages, written);

/**
 * A chat model with every request counted, also of one that stands in for another. `spent` gets the usage of each when it
 * has ended or was cut short, but not of one that was refused before its first word.
 */
export function meteredChat(
  chat: ChatModel,
  spent: (usage: Usage) => void,
  hold?: HoldRequest,
  estimate = byLength,
): ChatModel {
  const each = (model: ChatModel): ChatModel => {
    const { wrapped } = model;
    if (wrapped) return wrapped.call(model, each);
    return {
      reply(messages, tools, signal, _, voice) {
        const progress = new RequestProgress();
        return counted(
          {
            hold: () => hold?.(messages, tools),
            ask: (most) => model.reply(messages, tools, signal, most, voice),
            isOutput: (part) => progress.note(part),
            over: () => spent(settled(progress.usage, () => estimate(messages, progress))),
          },
          signal,
        );
      },
    };
  };
  return each(chat);
}

/** Output of a request so far. */
export class RequestProgress {
  /** Its text, or the transcript of its sound: one of the two, the first to arrive. */
  written = '';
  hasSound = false;
  usage: Usage | undefined;
  #source: 'text' | 'transcript' | undefined;

  /** Whether the part is output: an estimate alone is no beginning. */
  note(part: ChatPart): boolean {
    switch (part.kind) {
      case 'text':
      case 'transcript':
        this.#source ??= part.kind;
        if (this.#source === part.kind) this.written += part.text;
        return true;
      case 'sound':
        this.hasSound = true;
        return true;
      case 'usage':
        this.usage = part.usage;
        return isReport(part.usage);
      case 'tool':
        return true;
    }
  }
}
