import type { LlamaSequence, Token } from '#src/chat/local/process/llama-library.ts';
import { TalkSlots } from '#src/chat/local/process/talk-slots.ts';

function toTokens(...numbers: readonly number[]) {
  return numbers as unknown as readonly Token[];
}

/** A sequence that holds these tokens. */
function createSequence(held: readonly Token[]) {
  const sequence = {
    contextTokens: held,
    async clearHistory() {
      sequence.contextTokens = [];
    },
  };
  return sequence as unknown as LlamaSequence;
}

const head = Array.from({ length: 50 }, (_, n) => n);
const talkA = toTokens(...head, ...Array(20).fill(100));
const talkB = toTokens(...head, ...Array(20).fill(200));

test('a talk finds the place that holds its words, and another talk does not take it', () => {
  const [a, b] = [createSequence(talkA), createSequence([])];
  const slots = new TalkSlots([a, b], () => 1);
  {
    using held = slots.hold([...talkA, ...toTokens(7)], 50);
    expect(held?.sequence).toBe(a);
  }
  using otherSlot = slots.hold(talkB, 50);
  expect(otherSlot?.sequence).toBe(b);
});

test('a third talk takes the place that nobody has used for longest, and none that is busy', () => {
  const [a, b] = [createSequence(talkA), createSequence(talkB)];
  let nowMs = 1;
  const slots = new TalkSlots([a, b], () => nowMs);
  slots.hold(talkB, 50)?.[Symbol.dispose]();
  nowMs = 2;
  slots.hold(talkA, 50)?.[Symbol.dispose]();
  using third = slots.hold(toTokens(1, 2, 3), 50);
  expect(third?.sequence).toBe(b);
  using fourth = slots.hold(toTokens(1, 2, 3), 50);
  expect(fourth?.sequence).toBe(a);
  expect(slots.hold(toTokens(1), 50)).toBeUndefined();
});

test('words of a talk that nobody goes on with are forgotten after 15 minutes', async () => {
  const a = createSequence(talkA);
  let nowMs = 0;
  const slots = new TalkSlots([a], () => nowMs);
  slots.hold(talkA, 50)?.[Symbol.dispose]();
  nowMs = 15 * 60_000;
  await slots.forgetOld();
  expect(a.contextTokens).toHaveLength(70);
  nowMs += 1;
  await slots.forgetOld();
  expect(a.contextTokens).toHaveLength(0);
});

test('words that were erased are forgotten at once, and those of a running request at its end', async () => {
  const [a, b] = [createSequence(talkA), createSequence(talkB)];
  const slots = new TalkSlots([a, b], () => 1);
  const running = slots.hold(talkA, 50);
  await slots.forgetAll();
  expect([a.contextTokens, b.contextTokens]).toEqual([talkA, []]);
  running?.[Symbol.dispose]();
  await slots.forgetOld();
  expect(a.contextTokens).toEqual([]);
});
