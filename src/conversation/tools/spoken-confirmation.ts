import { speakable } from '#src/chat/text/speakable.ts';
import { spokenText } from '#src/conversation/languages/localized-text.ts';
import { spokenNameOf } from '#src/conversation/output/spoken-name-prefix.ts';
import type { ToolEntry } from '#src/conversation/ports/tool-definition.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import type { TurnUtterance } from '#src/pipeline/pipeline.ts';
import { endpointRules } from '#src/turn/endpointing/endpointing.ts';
import { onOneLine } from './format-tool-result.ts';
import type { PendingConfirmation } from './pending-confirmations.ts';

/** Time, in ms after the end of the question, in which a yes counts. */
const spokenYesMs = 20_000;
/** Time, in ms after the end of the question, in which its last word may come back as an echo. */
const echoTailMs = 200;

/** A part of somebody's speech, in ms of the monotonic clock. */
export type SpokenSpan = { readonly fromMs: number; readonly toMs: number };

type SpokenQuestion = {
  readonly ask: PendingConfirmation;
  readonly fromMs: number;
  readonly untilMs: number;
  /** The yes that was said, while its speaker may still go on. */
  yes?: SpokenSpan;
};

/**
 * The question that a spoken yes confirms: one in a session, from its last word on. The next words in the channel decide about
 * it; whatever they are but a yes of the person asked, only the button is left.
 */
export class SpokenConfirmation {
  #question: SpokenQuestion | undefined;

  /** Whether there is such a question at all. */
  get isOpen(): boolean {
    return this.#question !== undefined;
  }

  /** The question has been heard to its end. */
  open(ask: PendingConfirmation, nowMs: number): void {
    this.#question = { ask, fromMs: nowMs + echoTailMs, untilMs: nowMs + spokenYesMs };
  }

  /** Something else is said by the bot, so that a yes would answer that. */
  close(): void {
    if (!this.#question?.yes) this.#question = undefined;
  }

  /** Whether a yes of this person in this time confirms. */
  awaits(personId: string, { fromMs, toMs }: SpokenSpan): boolean {
    const question = this.#question;
    if (!question || question.yes || question.ask.presser.id !== personId) return false;
    return fromMs >= question.fromMs && toMs <= question.untilMs;
  }

  /** The voice of this person has begun: who goes on after a yes has not said it as a whole. */
  began(personId: string): void {
    const { ask, yes } = this.#question ?? {};
    if (yes && ask?.presser.id === personId) this.#question = undefined;
  }

  /** Words of this person that are no yes, or none that counts. */
  said(personId: string, fromMs: number): void {
    const { ask, yes } = this.#question ?? {};
    const isLater = yes !== undefined && ask?.presser.id !== personId && fromMs > yes.fromMs;
    if (!isLater) this.#question = undefined;
  }

  /** The yes was said: the time, in ms, until which its speaker might go on. */
  accept(yes: SpokenSpan): number {
    if (this.#question) this.#question.yes = yes;
    return yes.toMs + endpointRules.mergeMs;
  }

  /** The confirmed call, once; undefined where something was said meanwhile. */
  take(yes: SpokenSpan): PendingConfirmation | undefined {
    const question = this.#question;
    if (question?.yes !== yes) return undefined;
    this.#question = undefined;
    return question.ask;
  }
}

/** Longest spoken question, in characters: nobody keeps a longer one in mind. */
const longestQuestionChars = 200;

type CallToConfirm = {
  readonly tool: Pick<ToolEntry, 'name'>;
  readonly given: Readonly<Record<string, unknown>>;
  readonly asker: TurnUtterance;
};

/**
 * The sentence that asks somebody aloud whether a call shall run, with all names and values of its arguments; undefined where it is too
 * long, a value cannot be said as it is, or something sounds beside the bot's voice.
 */
export function spokenConfirmationQuestion(
  { tool, given, asker: { speakerId, name } }: CallToConfirm,
  context: SessionContext,
): string | undefined {
  const { channel, languages, mix, parts } = context;
  const values = Object.entries(given).filter(([, value]) => value !== undefined);
  if (mix.sounds || !values.every(([, value]) => isSayable(value))) return undefined;
  const words = [readableName(tool), ...values.map(([key, value]) => `${key}: ${value}`)];
  const called = spokenNameOf({ id: speakerId, name }, channel.guildId, parts) || name;
  const call = words.join(', ').replaceAll('_', ' ');
  const line = { id: 'tool.spoken.ask', with: { name: onOneLine(called), call } } as const;
  const question = spokenText(line, channel.guildId, parts, languages.of(speakerId));
  return question.length <= longestQuestionChars ? question : undefined;
}

/** Name of a tool, for people. */
export function readableName({ name }: Pick<ToolEntry, 'name'>): string {
  return name.replaceAll('_', ' ');
}

/** Whether it is heard as it is: no link, code, list or hidden character is left out. */
function isSayable(value: unknown): boolean {
  if (typeof value === 'number' || typeof value === 'boolean') return true;
  return typeof value === 'string' && value === speakable(onOneLine(value, longestQuestionChars));
}
