import type { MessageLine } from '#sandbox/program/message-line.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';
import { formatText } from '#src/texts/texts.ts';
import type { IgnoreReason } from '#src/turn/decide-utterance.ts';
import type { PrintedEvent } from './answer-order.ts';

type DropReason = Extract<SessionEvent, { kind: 'dropped' }>['why'];

/** Prints a conversation to a terminal. */
export interface ConversationPrinter {
  /** Prints a line at the margin, as it is. */
  printTitle(title: string): void;
  /** Prints an indented line, without control characters. */
  printNote(note: string): void;
  /** Prints a person's text behind the name, without control characters. */
  printWords(name: string, text: string): void;
}

/** Creates a printer that writes whole lines. */
export function createConversationPrinter(output: {
  write(text: string): unknown;
}): ConversationPrinter {
  const printTitle = (title: string) => {
    output.write(`${title}\n`);
  };
  return {
    printTitle,
    printNote: (note) => printTitle(`  ${removeControls(note)}`),
    printWords(name, text) {
      const [firstLine = '', ...furtherLines] = removeControls(text).split('\n');
      printTitle(`  ${removeControls(name).padEnd(6)} ${firstLine}`);
      for (const textLine of furtherLines) printTitle(`         ${textLine}`);
    },
  };
}

/**
 * Prints a message as Discord shows it. Deletions, and edits that everybody sees, are left out.
 */
export function printMessage(
  {
    author,
    change,
    text,
    to,
  }: Pick<MessageLine, 'author' | 'change' | 'text'> & { readonly to?: string },
  show: ConversationPrinter,
): void {
  if (change === 'deleted' || (change === 'edited' && to === undefined)) return;
  const plainText = text
    .replace(/<@!?\d+> ?/g, '')
    .replaceAll('**', '')
    .replace(/https:\/\/discord\.com\/channels(?:\/\d+)+/g, '(link)')
    .replace(/\\([!-/:-@[-`{-~])/g, '$1');
  const suffix = to === undefined ? '' : ` (only ${to} sees this)`;
  show.printWords(author, `${plainText}${suffix}`);
}

/** Prints an event that a person at the terminal has to know. */
export function printEvent(
  event: PrintedEvent,
  botName: string,
  show: ConversationPrinter,
): void {
  switch (event.kind) {
    case 'left':
      show.printNote(`${botName} left ${event.channel.name}`);
      break;
    case 'recognised':
      show.printWords(event.name, event.text);
      break;
    case 'answered':
      if (!event.typed) printAnswer(event, botName, show);
      break;
    case 'ignored': {
      const { stage, why: reason } = explainSilence(event.why, botName);
      const isTold = stage === 'attend' && event.why !== 'interjection';
      if (isTold) show.printNote(reason);
      break;
    }
    case 'failed':
      show.printNote(`${event.stage}: ${event.message}`);
      break;
    case 'dropped':
      show.printNote(explainDrop(event.why, event.name));
      break;
    case 'words':
      if (event.isWhole) show.printWords(event.name ?? botName, event.text);
  }
}

function printAnswer(
  { finish, text, heardText }: Extract<SessionEvent, { kind: 'answered' }>,
  botName: string,
  show: ConversationPrinter,
) {
  if (finish === 'empty' && text === '')
    show.printWords(botName, formatText('page.nothing'));
  else if (finish === 'completed' || finish === 'empty') show.printWords(botName, text);
  else if (heardText !== '') show.printWords(botName, `${heardText} (${finish})`);
}

/** Removes control characters, which could move the cursor. */
function removeControls(text: string) {
  return text.replace(/[^\P{Cc}\n]|[\u2028-\u202e\u2066-\u2069]/gu, '');
}

/** Why the bot did not answer, in a sentence, and how far the words came. */
export type Silence = {
  readonly stage: 'hear' | 'recognise' | 'attend';
  readonly why: string;
};

/** Explains why a question was dropped. */
export function explainDrop(reason: DropReason, name: string): string {
  return formatText(`page.dropped.${reason}`, { name });
}

/** Explains why an utterance was ignored. */
export function explainSilence(reason: IgnoreReason, botName: string): Silence {
  const code = reason === 'empty' ? 'no-voice' : reason;
  const explanation = formatText(`page.ignored.${code}`, { bot: botName });
  if (reason === 'no-voice') return { stage: 'hear', why: explanation };
  const isWordless = reason === 'empty' || reason === 'hallucination';
  return { stage: isWordless ? 'recognise' : 'attend', why: explanation };
}
