import type { ChatMessage, ChatModel, ChatPart } from '#src/chat/chat-model.ts';

/** Judgement of a chat model on words of a person that may go on. */
export type WordsVerdict = {
  /** Undefined: the model did not say. */
  readonly isWhole: boolean | undefined;
  /** Undefined: the usual model. */
  readonly model: string | undefined;
};

export type WordsJudge = {
  /** Called once, unless the request fails or is aborted first. Never throws. */
  readonly onJudged: (verdict: WordsVerdict) => void;
  /** Resolves once the answer is wanted. Throws the reason of `signal`. */
  readonly waitUntilWanted: (signal: AbortSignal) => Promise<void>;
};

/** Stands behind the newest words, so that all before it is the same in the next request. */
export const judgeOrder: ChatMessage = {
  role: 'user',
  name: '',
  content:
    '(A pause, and perhaps no end. Write on a first line only the word whole if these words are complete, or goes on if the speaker has more to say. Then, on the next line, answer as if they are complete.)',
};

/** Asks a chat model in its first request whether the words are whole, and takes its judgement out of the answer. */
export function withWordsJudge(chat: ChatModel, judge: WordsJudge): ChatModel {
  let isAsked = false;
  return {
    reply(...request) {
      if (isAsked) return chat.reply(...request);
      isAsked = true;
      return replyJudging(chat, judge, ...request);
    },
  };
}

async function* replyJudging(
  chat: ChatModel,
  { onJudged, waitUntilWanted }: WordsJudge,
  ...[messages, ...request]: Parameters<ChatModel['reply']>
): AsyncGenerator<ChatPart> {
  const head = new JudgedHead(onJudged);
  let isEmpty = true;
  for await (const part of chat.reply([...messages, judgeOrder], ...request)) {
    const passed = head.passPart(part);
    isEmpty &&= passed === undefined || passed.kind === 'usage';
    if (passed) yield passed;
  }
  const text = head.flush();
  if (text !== '') yield { kind: 'text', text };
  if (!isEmpty || text !== '' || head.isWhole === undefined) return;
  // The model only judged, so its answer is asked for, but not for words that go on.
  const [, signal] = request;
  await waitUntilWanted(signal);
  yield* chat.reply(messages, ...request);
}

const judgementLetters = ['whole', 'goeson'];
/** The judgement with marks around it, and a dash that separates it from the answer. */
const judgementPattern =
  /^[\s\p{P}\p{S}]*(?:(whole)|goes[\s_-]*on)(?!['\u2019-]?[\p{L}\p{M}\p{N}])["'`*_~)\]}>.,:;!?|\u2026\u3002\u2019\u201d\u00bb]*[^\S\n]*(?:[-\u2013\u2014:|]+(?=\s))?\s*/iu;
const possibleDash = /^[-\u2013\u2014:|]+$/;
/** An answer that begins with more marks than this has no judgement. */
const maxHeldChars = 40;

/** Takes the judgement off the head of an answer that comes in pieces. */
class JudgedHead {
  isWhole: boolean | undefined;
  readonly #onJudged;
  #model: string | undefined;
  #isTold = false;
  /** Text that may belong to the judgement. Undefined behind it. */
  #held: string | undefined = '';

  constructor(onJudged: WordsJudge['onJudged']) {
    this.#onJudged = onJudged;
  }

  /** Returns what surely belongs to the answer. */
  passPart(part: ChatPart): ChatPart | undefined {
    if (part.kind === 'usage' && part.usage.by?.kind === 'remote')
      this.#model = part.usage.by.model;
    if (part.kind !== 'text' || this.#held === undefined) return part;
    this.#held += part.text;
    const text = this.#readHeld(this.#held, false);
    return text === '' ? undefined : { kind: 'text', text };
  }

  flush(): string {
    return this.#held === undefined ? '' : this.#readHeld(this.#held, true);
  }

  #readHeld(held: string, isLast: boolean) {
    const found = judgementPattern.exec(held);
    const rest = found ? held.slice(found[0].length) : held;
    const isUnsure = found ? rest === '' || possibleDash.test(rest) : mayBecome(held);
    const isSure = found !== null && (isLast || !isUnsure || /\s$/.test(found[0]));
    if (isSure) this.isWhole = found[1] !== undefined;
    const isOver = isLast || !isUnsure;
    if (isSure || isOver) this.#tell();
    if (isOver) this.#held = undefined;
    return isOver ? rest : '';
  }

  #tell() {
    if (!this.#isTold) this.#onJudged({ isWhole: this.isWhole, model: this.#model });
    this.#isTold = true;
  }
}

/** Returns whether text may be the beginning of a judgement. */
function mayBecome(held: string) {
  const letters = held.toLowerCase().replace(/^[\s\p{P}\p{S}]+|[\s_-]/gu, '');
  return (
    held.length < maxHeldChars &&
    judgementLetters.some((known) => known.startsWith(letters))
  );
}
