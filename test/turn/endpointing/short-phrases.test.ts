import { predictEndOfTurn } from '#src/turn/endpointing/end-of-turn.ts';
import { listHeldOutPhrases } from '#test/turn/held-out-phrases.ts';

const others = listHeldOutPhrases().filter(({ language }) => language !== 'en');

/** Shares of wholes that are judged whole, and of beginnings that are judged unfinished, in percent. */
function measureShares(findToldLanguage: (language: string) => string | undefined) {
  const judged = others.map(({ text, language, isWhole }) => {
    const { completeLogit } = predictEndOfTurn(text, findToldLanguage(language));
    return { isWhole, isRight: isWhole ? completeLogit > 0 : completeLogit < 0 };
  });
  const measureShare = (isAsked: boolean) => {
    const kind = judged.filter(({ isWhole }) => isWhole === isAsked);
    return (100 * kind.filter(({ isRight }) => isRight).length) / kind.length;
  };
  return { whole: measureShare(true), unfinished: measureShare(false) };
}

test('three of four short questions and orders in 14 languages are judged whole, and two of three of their beginnings unfinished', () => {
  const { whole, unfinished } = measureShares((language) => language);
  expect(whole).toBeGreaterThanOrEqual(78);
  expect(unfinished).toBeGreaterThanOrEqual(69);
});

test('words in a language that the recogniser does not tell are not taken for English', () => {
  const { whole, unfinished } = measureShares(() => undefined);
  expect(whole).toBeGreaterThanOrEqual(75);
  expect(unfinished).toBeGreaterThanOrEqual(69);
});

test('the language that a recogniser tells counts where the bot has no word list of it, whatever the region', () => {
  const logit = predictEndOfTurn('che ore sono', 'it').completeLogit;
  expect(predictEndOfTurn('che ore sono', 'it-IT').completeLogit).toBe(logit);
  expect(predictEndOfTurn('che ore sono', 'sw').completeLogit).not.toBe(logit);
});
