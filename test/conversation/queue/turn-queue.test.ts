import { expect, test } from 'vitest';
import type { DroppedTurnReason } from '#src/conversation/ports/session-events.ts';
import type {
  QueuedQuestion,
  QueuedReading,
  QueuedTurn,
} from '#src/conversation/queue/queued-turn.ts';
import { TurnHandle } from '#src/conversation/queue/turn-handle.ts';
import { TurnQueue } from '#src/conversation/queue/turn-queue.ts';
import { openText } from '#src/people/confidential-text.ts';
import { settled } from '#test/fakes/clock.ts';

const staying = new AbortController().signal;

/** A floor, what it lost, and a reader that gives each matter the floor until `next` is called. */
function openQueue() {
  const time = { nowMs: 0 };
  const lost: [string, DroppedTurnReason][] = [];
  const queue = new TurnQueue({
    nowMs: () => time.nowMs,
    onLost: ({ said }, why) => void lost.push([said.name, why]),
  });
  const turns = queue.turns(staying);
  const next = async (): Promise<QueuedTurn | undefined> => {
    const { value } = await Promise.race([turns.next(), settled().then(() => ({ value: null }))]);
    return value ?? undefined;
  };
  return { queue, lost, next, time };
}

function asked(name: string, text: string, endedAtMs = 0): QueuedQuestion {
  const said = {
    speakerId: name.toLowerCase(),
    name,
    fromMs: endedAtMs - 1_000,
    toMs: endedAtMs,
    transcript: async () => ({ text }),
  };
  const words = { text, atMs: endedAtMs };
  return { kind: 'question', said, earlier: [], endedAtMs, words, handle: new TurnHandle() };
}

const names = (questions: readonly (QueuedTurn | undefined)[]) =>
  questions.map((one) => (one?.kind === 'question' ? one.said.name : one));

test('whoever finished first is answered first, whoever was understood first', async () => {
  const { queue, next } = openQueue();
  queue.ask(asked('Ana', 'one', 300));
  queue.ask(asked('Ben', 'two', 200));
  queue.ask(asked('Cleo', 'three', 100));
  expect(names([await next(), await next(), await next()])).toEqual(['Cleo', 'Ben', 'Ana']);
});

test('three wait at most; a fourth drops the one who waited longest, and that is told', async () => {
  const { queue, lost, next } = openQueue();
  for (const [n, name] of ['Ana', 'Ben', 'Cleo', 'Dan'].entries()) {
    queue.ask(asked(name, name, n * 100));
    if (n === 0) await next();
  }
  expect(lost).toEqual([]);
  queue.ask(asked('Eva', 'more', 500));
  expect(lost).toEqual([['Ben', 'crowded']]);
  expect(queue.following?.said.name).toBe('Cleo');
});

test('of each person one typed question waits, so that nobody pushes others out by asking on', async () => {
  const { queue, lost, next } = openQueue();
  const typed = (name: string, text: string, atMs: number): QueuedQuestion => ({
    ...asked(name, text, atMs),
    report: () => undefined,
  });
  queue.ask(asked('Ana', 'a long story', 0));
  await next();
  queue.ask(typed('Eva', 'the capital of Peru', 100));
  const mine = [200, 300, 400].map((atMs) => typed('Mallory', `question at ${atMs}`, atMs));
  for (const one of mine) queue.ask(one);
  expect(lost).toEqual([]);
  expect(mine.map(({ handle }) => handle.dropped)).toEqual(['replaced', 'replaced', undefined]);
  expect(names([await next(), await next()])).toEqual(['Eva', 'Mallory']);
});

test('whoever has several questions waiting loses one of their own first', async () => {
  const { queue, lost, next } = openQueue();
  queue.ask(asked('Ana', 'one', 0));
  await next();
  queue.ask(asked('Eva', 'two', 100));
  for (const atMs of [200, 300, 400]) queue.ask(asked('Mallory', `at ${atMs}`, atMs));
  expect(lost).toEqual([['Mallory', 'crowded']]);
  expect(queue.following?.said.name).toBe('Eva');
});

test('nobody is next where nothing is said', () => {
  const { queue } = openQueue();
  queue.ask(asked('Ana', 'one'));
  expect(queue.following).toBeUndefined();
});

test('a question that has waited for 45 s is dropped, and that is told', async () => {
  const { queue, lost, next, time } = openQueue();
  queue.ask(asked('Ana', 'one'));
  await next();
  const waits = asked('Ben', 'two', 1_000);
  queue.ask(waits);
  time.nowMs = 45_900;
  queue.expire();
  expect(lost).toEqual([]);
  time.nowMs = 46_000;
  expect(await next()).toBeUndefined();
  expect([lost, waits.handle.dropped]).toEqual([[['Ben', 'late']], 'late']);
});

test('what is being answered does not grow too old', async () => {
  const { queue, next, time } = openQueue();
  const question = asked('Ana', 'one');
  queue.ask(question);
  await next();
  time.nowMs = 100_000;
  queue.expire();
  expect(question.handle.dropped).toBeUndefined();
});

test('whoever leaves is not answered, but what they are being told is theirs to the end', async () => {
  const { queue, lost, next } = openQueue();
  const [first, second] = [asked('Ana', 'one'), asked('Ana', 'two', 500)];
  queue.ask(first);
  await next();
  queue.ask(second);
  queue.ask(asked('Ben', 'three', 600));
  queue.left('ana');
  expect([first.handle.dropped, second.handle.dropped, lost]).toEqual([
    undefined,
    'late',
    [['Ana', 'late']],
  ]);
  expect(names([await next()])).toEqual(['Ben']);
});

test('the same question of two people within 3 s is one', async () => {
  const { queue, next } = openQueue();
  const [ana, ben] = [
    asked('Ana', 'What time is it?', 100),
    asked('Ben', 'what time is it', 2_900),
  ];
  expect([queue.ask(ana), queue.ask(ben)]).toEqual(['waiting', 'joined']);
  expect(names([await next()])).toEqual(['Ana']);
  expect(names(ana.also ?? [])).toEqual(['Ben']);
  expect(await next()).toBeUndefined();
  expect([ana.handle.dropped, ben.handle.dropped]).toEqual(['over', 'over']);
});

test.each([
  ['later than that', 'Ben', 'what time is it', 3_200],
  ['of the same person', 'Ana', 'what time is it', 1_000],
  ['in other words', 'Ben', 'what day is it', 1_000],
  ['without words', 'Ben', '...', 1_000],
])('a question %s is another one', (_what, name, text, endedAtMs) => {
  const { queue } = openQueue();
  queue.ask(asked('Ana', name === 'Ben' && text === '...' ? '?' : 'What time is it?', 100));
  expect(queue.ask(asked(name, text, endedAtMs))).toBe('waiting');
});

test.each(['leaves', 'says no', 'goes on talking'])(
  'the question of somebody who %s goes to whoever asked the same, in its place',
  async (what) => {
    const { queue, lost, next } = openQueue();
    const ana = asked('Ana', 'the same', 100);
    queue.ask(asked('Dan', 'first', 0));
    await next();
    queue.ask(ana);
    queue.ask(asked('Ben', 'the same', 200));
    queue.ask(asked('Cleo', 'another', 300));
    if (what === 'leaves') queue.left('ana');
    if (what === 'says no') queue.withdraw('ana');
    if (what === 'goes on talking') queue.giveUp(ana, 'continued');
    expect(names([await next(), await next()])).toEqual(['Ben', 'Cleo']);
    expect(lost).toEqual([]);
  },
);

test('somebody who asked the same and says no is not answered with the other', () => {
  const { queue } = openQueue();
  const [ana, ben] = [asked('Ana', 'the same', 100), asked('Ben', 'the same', 200)];
  queue.ask(ana);
  queue.ask(ben);
  queue.withdraw('ben');
  expect([ana.also, ana.handle.dropped, ben.handle.dropped]).toEqual([[], undefined, 'withdrawn']);
});

test('only those wait who are not spoken to, and not for what the bot says of itself', async () => {
  const { queue, next } = openQueue();
  const [ana, again, ben] = [asked('Ana', '1'), asked('Ana', '2', 1), asked('Ben', '3', 2)];
  queue.read({
    kind: 'reading',
    clauses: [openText('Hi')],
    when: 'now',
    interruptible: false,
    handle: new TurnHandle(),
  });
  const greeting = await next();
  for (const one of [ana, again, ben]) queue.ask(one);
  if (greeting) queue.heard(greeting);
  await next();
  queue.heard(ana);
  expect([ana.waited, again.waited, ben.waited]).toEqual([undefined, undefined, true]);
});

test('three answers may be awaited without the turn, and a stop ends them all', async () => {
  const { queue, next } = openQueue();
  const four = ['Ana', 'Ben', 'Cleo', 'Dan'].map((name, n) => asked(name, name, n * 100));
  const [put, all]: [boolean[], QueuedQuestion[]] = [[], []];
  for (const one of four.slice(0, 3)) {
    queue.ask(one);
    await next();
    put.push(queue.putAside(one));
    all.push(one);
  }
  queue.ask(four[3] ?? asked('?', '?'));
  await next();
  put.push(queue.putAside(four[3] ?? asked('?', '?')));
  expect(put).toEqual([true, true, true, false]);
  expect(all.map(({ handle }) => handle.dropped)).toEqual([undefined, undefined, undefined]);
  expect(queue.stop()).toBe(true);
  expect(four.map(({ handle }) => handle.dropped)).toEqual(Array(4).fill('stopped'));
  expect(queue.aside).toEqual([]);
});

test('an answer that was awaited gets the turn in its turn, however old the question is', async () => {
  const { queue, next, time } = openQueue();
  const slow = asked('Ana', 'slow');
  queue.ask(slow);
  await next();
  queue.putAside(slow);
  time.nowMs = 100_000;
  queue.ask(asked('Ben', 'quick', 99_000));
  expect(names([await next()])).toEqual(['Ben']);
  queue.resume(slow);
  expect(names([await next()])).toEqual(['Ana']);
});

test('lines of a chat let everything pass, also what comes later', async () => {
  const { queue, next } = openQueue();
  const line = (text: string, id = 'ana'): QueuedReading => ({
    kind: 'reading',
    clauses: [openText(text)],
    when: 'behind',
    owner: { id, name: id },
    answeredIds: [id],
    handle: new TurnHandle(),
  });
  const text = (words: string, when: 'now' | 'queue'): QueuedReading => ({
    kind: 'reading',
    clauses: [openText(words)],
    when,
    handle: new TurnHandle(),
  });
  const lines = [line('1'), line('2'), line('3', 'ben'), line('4')];
  for (const one of lines) expect(queue.read(one).kind).toBe('added');
  expect(queue.read(line('5'))).toEqual({ kind: 'full', limit: 3 });
  expect(queue.read(text('later', 'queue'))).toEqual({ kind: 'added', ahead: 0 });
  queue.ask(asked('Cleo', 'why', 100));
  expect(queue.read(text('at once', 'now'))).toEqual({ kind: 'added', ahead: 0 });
  queue.withdraw('ben');
  const order: unknown[] = [];
  for (let n = 0; n < 6; n++) {
    const turn = await next();
    order.push(turn?.kind === 'reading' ? turn.clauses[0]?.textIn(undefined) : turn?.kind);
    if (turn && turn === lines[0] && n === 3) queue.putBack(turn);
  }
  expect(order).toEqual(['at once', 'later', 'question', '1', '1', '2']);
});

test('24 lines wait at most, and as many texts as ever beside them', () => {
  const { queue } = openQueue();
  const reading = (when: 'behind' | 'queue', n: number) =>
    queue.read({
      kind: 'reading',
      clauses: [openText('Hi')],
      when,
      owner: { id: `person ${n}`, name: 'x' },
      handle: new TurnHandle(),
    }).kind;
  const lines = Array.from({ length: 25 }, (_, n) => reading('behind', n));
  expect(lines).toEqual([...Array(24).fill('added'), 'full']);
  const texts = Array.from({ length: 9 }, (_, n) => reading('queue', n));
  expect(texts).toEqual([...Array(8).fill('added'), 'full']);
});
