import type { ChatMessage } from './ports.ts';

export type HistoryLimits = { readonly items: number; readonly characters: number };

/** About an hour of talk, and small enough for a model with a context of 8000 tokens. */
export const standardHistory: HistoryLimits = { items: 40, characters: 12_000 };

/** Conversation of one channel, for the model. Above its limits the oldest items are dropped. */
export class History {
  readonly #limits: HistoryLimits;
  #items: readonly ChatMessage[] = [];

  constructor(limits: HistoryLimits) {
    this.#limits = limits;
  }

  /** Adds words said to the bot, or beside it. */
  addUser(name: string, content: string): void {
    this.#add({ role: 'user', name, content: content.trim() });
  }

  /** `heard` is the part of the answer that really left; an answer that was not heard is not added. */
  addAssistant(heard: string): void {
    this.#add({ role: 'assistant', content: heard.trim() });
  }

  /** Oldest first; not changed by what is added later. */
  messages(): readonly ChatMessage[] {
    return this.#items;
  }

  #add(item: ChatMessage): void {
    if (item.content !== '') this.#items = withinLimits([...this.#items, item], this.#limits);
  }
}

export function openHistory(limits: HistoryLimits = standardHistory): History {
  return new History(limits);
}

/** The newest items that fit; the newest one always stays, cut at its start if it is too long alone. */
function withinLimits(items: readonly ChatMessage[], limits: HistoryLimits): ChatMessage[] {
  const kept: ChatMessage[] = [];
  let characters = 0;
  for (const item of items.toReversed()) {
    characters += item.content.length;
    if (kept.length > 0 && (characters > limits.characters || kept.length >= limits.items)) break;
    kept.unshift(item);
  }
  const [only] = kept;
  if (kept.length > 1 || !only || only.content.length <= limits.characters) return kept;
  return [{ ...only, content: only.content.slice(-limits.characters).trimStart() }];
}
