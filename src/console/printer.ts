import type { MessageLine } from '#sandbox/program/message-line.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';
import type { IgnoreReason } from '#src/turn/decide-utterance.ts';

export type ConversationPrinter = ReturnType<typeof createConversationPrinter>;

export function createConversationPrinter(output: { write(text: string): unknown }) {
  function printTitle(line: string) {
    output.write(`${line}\n`);
  }

  return {
    printTitle,

    printNote(line: string) {
      printTitle(`  ${cleanWords(line)}`);
    },

    printWords(name: string, words: string) {
      const [first = '', ...rest] = cleanWords(words).split('\n');
      printTitle(`  ${cleanWords(name).padEnd(6)} ${first}`);
      for (const line of rest) printTitle(`         ${line}`);
    },
  };
}

/**
 * Prints a message as Discord shows it, but no deleted one, nor edits for everybody.
 */
export function printMessage(
  {
    author,
    change,
    text,
    to,
  }: Pick<MessageLine, 'author' | 'change' | 'text'> & { readonly to?: string },
  show: ConversationPrinter,
) {
  if (change === 'deleted' || (change === 'edited' && to === undefined)) return;
  const plain = text
    .replace(/<@!?\d+> ?/g, '')
    .replaceAll('**', '')
    .replace(/https:\/\/discord\.com\/channels(?:\/\d+)+/g, '(link)')
    .replace(/\\([!-/:-@[-`{-~])/g, '$1');
  show.printWords(author, to === undefined ? plain : `${plain} (only ${to} sees this)`);
}

export function printEvent(
  event: Exclude<SessionEvent, { kind: 'alert' }>,
  botName: string,
  show: ConversationPrinter,
) {
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
      const silence = explainSilence(event.why, botName);
      const isTold = silence.stage === 'attend' && event.why !== 'interjection';
      if (isTold) show.printNote(describeSilence(silence, botName));
      break;
    }
    case 'failed':
      show.printNote(`${event.stage}: ${event.message}`);
      break;
    case 'dropped':
      show.printNote(`${event.name} was not answered: ${whyDropped[event.why]}`);
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
  if (finish === 'empty' && text === '') show.printWords(botName, nothingToSay);
  else if (finish === 'completed' || finish === 'empty') show.printWords(botName, text);
  else if (heardText !== '') show.printWords(botName, `${heardText} (${finish})`);
}

export const nothingToSay = '(I have nothing to say.)';

/** Removes control characters, which could move the cursor. */
function cleanWords(words: string) {
  return words.replace(/[^\P{Cc}\n]|[\u2028-\u202e\u2066-\u2069]/gu, '');
}

export type Silence = {
  readonly stage: 'hear' | 'recognise' | 'attend';
  readonly why: string;
};

export const whyDropped = {
  crowded: 'too many were waiting',
  late: 'too late',
  ending: 'the bot is being stopped',
  budget: 'the budget is used',
};

export function explainSilence(reason: IgnoreReason, botName: string): Silence {
  const [stage, why] = silences[reason];
  return { stage, why: why.replace('{bot}', () => botName) };
}

export function describeSilence({ stage, why }: Silence, botName: string): string {
  if (stage === 'attend') return `${botName} did not answer: ${why}.`;
  return `${why.charAt(0).toUpperCase()}${why.slice(1)}.`;
}

const noWords = 'no words were recognised';

const silences: Readonly<
  Record<IgnoreReason, readonly [stage: Silence['stage'], why: string]>
> = {
  'no-voice': ['hear', noWords],
  empty: ['recognise', noWords],
  hallucination: ['recognise', `${noWords}, only words that recognisers make of noise`],
  'not-named': [
    'attend',
    'those words were not for it: say "{bot}, ..." first, or press Ask',
  ],
  interjection: ['attend', 'that was a word about its answer, not a question'],
  dismissed: ['attend', 'a person said that they did not mean it'],
  mentioned: ['attend', 'people talked about it, not to it'],
  off: ['attend', 'it answers commands only'],
  bot: ['attend', 'it does not answer bots'],
};
