import { speakable } from '#src/chat/text/speakable.ts';
import { spokenNameOf } from '#src/conversation/output/spoken-name-prefix.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import { spokenText } from '#src/notices/localized-text.ts';
import type { TurnUtterance } from '#src/pipeline/pipeline.ts';
import { onOneLine } from './format-tool-result.ts';
import { readableName } from './pending-confirmations.ts';
import type { ToolEntry } from './tool-entry.ts';

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

/** Whether it is heard as it is: no link, code, list or hidden character is left out. */
function isSayable(value: unknown): boolean {
  if (typeof value === 'number' || typeof value === 'boolean') return true;
  return typeof value === 'string' && value === speakable(onOneLine(value, longestQuestionChars));
}
