import type { IgnoreReason } from '#src/turn/answerable.ts';

/** Why an utterance got no answer: how far it came, and the reason as part of a sentence. */
export type Silence = { readonly stage: 'hear' | 'recognise' | 'attend'; readonly why: string };

/** Why a question is not answered, as part of a sentence. */
export const whyDropped = {
  crowded: 'too many were waiting',
  late: 'too late',
  ending: 'the bot is being stopped',
  budget: 'the budget is used',
};

/** Reason, in words, for leaving speech without an answer. */
export function silenceOf(why: IgnoreReason, botName: string): Silence {
  switch (why) {
    case 'no-voice':
      return { stage: 'hear', why: noWords };
    case 'empty':
      return { stage: 'recognise', why: noWords };
    case 'hallucination':
      return { stage: 'recognise', why: `${noWords}, only words that recognisers make of noise` };
    case 'not-named':
      return attend(`with several people it answers to its name ("${botName}, ...") or after Ask`);
    case 'interjection':
      return attend('that was a word about its answer, not a question');
    case 'dismissed':
      return attend('a person said that they did not mean it');
    case 'mentioned':
      return attend('people talked about it, not to it');
    case 'off':
      return attend('it answers commands only');
    case 'bot':
      return attend('it does not answer bots');
  }
}

/** Reason why the bot did not answer, as a line of its own. */
export function silenceLine({ stage, why }: Silence, botName: string): string {
  if (stage === 'attend') return `${botName} did not answer: ${why}.`;
  return `${why.charAt(0).toUpperCase()}${why.slice(1)}.`;
}

const noWords = 'no words were recognised';

function attend(why: string): Silence {
  return { stage: 'attend', why };
}
