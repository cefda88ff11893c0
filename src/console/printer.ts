import type { MessageLine } from '#sandbox/program/message-line.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';
import type { IgnoreReason } from '#src/turn/decide-utterance.ts';

/** Prints a conversation as a newcomer reads it, in plain lines. */
export class ConversationPrinter {
  readonly #output;

  constructor(output: { write(text: string): unknown }) {
    this.#output = output;
  }

  printTitle(line: string): void {
    this.#output.write(`${line}\n`);
  }

  printNote(line: string): void {
    this.printTitle(`  ${cleanWords(line)}`);
  }

  /** Lines after the first stand under its words. */
  printWords(name: string, words: string): void {
    const [first = '', ...rest] = cleanWords(words).split('\n');
    this.printTitle(`  ${cleanWords(name).padEnd(6)} ${first}`);
    for (const line of rest) this.printTitle(`         ${line}`);
  }
}

/** One line an event: a message, and a reply to a person, as Discord shows it: `\\*` as `*`. A mention is left out. */
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
  const plain = text
    .replace(/<@!?\d+> ?/g, '')
    .replaceAll('**', '')
    .replace(/https:\/\/discord\.com\/channels(?:\/\d+)+/g, '(link)')
    .replace(/\\([!-/:-@[-`{-~])/g, '$1');
  show.printWords(author, to === undefined ? plain : `${plain} (only ${to} sees this)`);
}

/** One line an event, whoever it concerns: words of a person, the bot's answer, or why there is none. */
export function printEvent(
  event: Exclude<SessionEvent, { kind: 'alert' }>,
  botName: string,
  show: ConversationPrinter,
): void {
  switch (event.kind) {
    case 'left':
      show.printNote(`${botName} left ${event.channel.name}`);
      return;
    case 'recognised':
      show.printWords(event.name, event.text);
      return;
    case 'answered':
      if (!event.typed) printAnswer(event, botName, show);
      return;
    case 'ignored': {
      const silence = explainSilence(event.why, botName);
      const isTold = silence.stage === 'attend' && event.why !== 'interjection';
      if (isTold) show.printNote(describeSilence(silence, botName));
      return;
    }
    case 'failed':
      show.printNote(`${event.stage}: ${event.message}`);
      return;
    case 'dropped':
      show.printNote(`${event.name} was not answered: ${whyDropped[event.why]}`);
      return;
    case 'words':
      if (event.isWhole) show.printWords(event.name ?? botName, event.text);
      return;
    case 'joined':
    case 'feature':
    case 'typed':
    case 'played':
    case 'erased':
    case 'spent':
    case 'tool':
      return; // not for a newcomer
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

/** Shown in place of an answer without a word. */
export const nothingToSay = '(I have nothing to say.)';

/** Words of people and models could hold anything: what would move the cursor or turn the line round is left out. */
function cleanWords(words: string): string {
  return words.replace(/[^\P{Cc}\n]|[\u2028-\u202e\u2066-\u2069]/gu, '');
}

/** Why an utterance got no answer: how far it came, and the reason as part of a sentence. */
export type Silence = {
  readonly stage: 'hear' | 'recognise' | 'attend';
  readonly why: string;
};

/** Why a question is not answered, as part of a sentence. */
export const whyDropped = {
  crowded: 'too many were waiting',
  late: 'too late',
  ending: 'the bot is being stopped',
  budget: 'the budget is used',
};

/** Reason, in words, for leaving speech without an answer. */
export function explainSilence(why: IgnoreReason, botName: string): Silence {
  switch (why) {
    case 'no-voice':
      return { stage: 'hear', why: noWords };
    case 'empty':
      return { stage: 'recognise', why: noWords };
    case 'hallucination':
      return {
        stage: 'recognise',
        why: `${noWords}, only words that recognisers make of noise`,
      };
    case 'not-named':
      return toUnattended(
        `those words were not for it: say "${botName}, ..." first, or press Ask`,
      );
    case 'interjection':
      return toUnattended('that was a word about its answer, not a question');
    case 'dismissed':
      return toUnattended('a person said that they did not mean it');
    case 'mentioned':
      return toUnattended('people talked about it, not to it');
    case 'off':
      return toUnattended('it answers commands only');
    case 'bot':
      return toUnattended('it does not answer bots');
  }
}

/** Reason why the bot did not answer, as a line of its own. */
export function describeSilence({ stage, why }: Silence, botName: string): string {
  if (stage === 'attend') return `${botName} did not answer: ${why}.`;
  return `${why.charAt(0).toUpperCase()}${why.slice(1)}.`;
}

const noWords = 'no words were recognised';

function toUnattended(why: string): Silence {
  return { stage: 'attend', why };
}
