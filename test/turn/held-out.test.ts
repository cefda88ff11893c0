import { predictEndOfTurn } from '#src/turn/endpointing/end-of-turn.ts';
import {
  decideEndpointingDelay,
  endpointingDelayRules,
} from '#src/turn/endpointing/endpointing-delay.ts';
import { heldOut } from './held-out-people.ts';

type Place = 'end' | '|' | '/';

/** Texts up to each mark and to the end. */
const texts = heldOut.flatMap((line) => {
  const pieces = line.split(/ ([|/]) /);
  const joinSaid = (n: number) =>
    pieces
      .slice(0, n + 1)
      .filter((_, at) => at % 2 === 0)
      .join(' ');
  return pieces.flatMap((_, n) =>
    n % 2 === 0
      ? [{ text: joinSaid(n), place: (pieces[n + 1] ?? 'end') as Place }]
      : [],
  );
});

/** Share of all places of this kind, in percent. */
function measureShare(
  place: Place,
  holds: (wait: ReturnType<typeof decideEndpointingDelay>) => boolean,
) {
  const all = texts.filter((text) => text.place === place);
  const those = all.filter(({ text }) => {
    const endOfTurn = predictEndOfTurn(text);
    return holds(
      decideEndpointingDelay(
        { isClosed: true, isLagging: false, isTextless: false, endOfTurn },
        endpointingDelayRules,
        {},
      ),
    );
  });
  return (100 * those.length) / all.length;
}

/** Answered as fast as a text and an answer come: 145 and 270 ms. */
const isPrompt = ({
  delayMs,
  preemptiveLeadMs,
}: ReturnType<typeof decideEndpointingDelay>) => delayMs <= 420 && preemptiveLeadMs > 0;

test('three of four requests that no rule was made for are answered at once', () => {
  expect(measureShare('end', isPrompt)).toBeGreaterThanOrEqual(78);
  expect(measureShare('end', ({ delayMs }) => delayMs >= 600)).toBeLessThanOrEqual(14);
});

test('where nobody would take it for all, three of four are waited for, and few answered', () => {
  expect(measureShare('|', ({ delayMs }) => delayMs >= 600)).toBeGreaterThanOrEqual(72);
  expect(measureShare('|', isPrompt)).toBeLessThanOrEqual(20);
});
