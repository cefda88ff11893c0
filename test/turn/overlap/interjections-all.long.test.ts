import { languages } from '#src/turn/languages/languages.ts';
import { classifyInterjection } from '#src/turn/overlap/interjections.ts';

/** Nova, as recognisers of other scripts spell her. */
const names = 'Nova Нова Νόβα نوفا נובה نوا नोवा নোভা நோவா نووا โนวา ノバ 노바'.split(
  ' ',
);

const classifyHeard = (text: string) =>
  classifyInterjection(text, { isFinal: true, names });

test('no sign of listening is a stop word of another big language', () => {
  const yes = languages.flatMap(({ overlap }) => overlap.backchannel);
  expect(yes.filter((text) => classifyHeard(text).kind === 'stop')).toEqual([]);
});

/** Everyday words of other languages. */
const doubtful = new Set(['ti', 'tiše', 'mir', 'gotovo', 'acha']);

test('every stop word but the doubtful ones stops, with politeness and our name around it', () => {
  const missed = languages.flatMap(({ code, overlap: { stop, fillers } }) => {
    const [politely = ''] = fillers;
    return stop
      .filter((word) => !doubtful.has(word))
      .flatMap((word) => [`Nova, ${word}`, `${politely} ${word}!`, `${word}, ${word}`])
      .filter((text) => classifyHeard(text).kind !== 'stop')
      .map((text) => `${code} ${text}`);
  });
  expect(missed).toEqual([]);
});
