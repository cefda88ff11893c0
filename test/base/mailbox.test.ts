import { Mailbox } from '#src/base/loops/mailbox.ts';
import { fc } from '#test/properties.ts';

const open = new AbortController().signal;

test('a full box drops its oldest items and counts them', () =>
  fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 9 }),
      fc.array(fc.nat()),
      async (limit, items) => {
        const box = new Mailbox<number>(limit);
        for (const item of items) box.put(item);
        box.end();
        expect(await Array.fromAsync(box.read(open))).toEqual(items.slice(-limit));
        expect(box.dropped).toBe(Math.max(0, items.length - limit));
      },
    ),
  ));

test('a box that failed delivers what is inside, then throws that error', async () => {
  const box = new Mailbox<number>(3);
  const error = new Error('the line broke');
  box.put(1);
  box.fail(error);
  box.end();
  const reader = box.read(open);
  expect(await reader.next()).toEqual({ done: false, value: 1 });
  await expect(reader.next()).rejects.toBe(error);
});

test('an aborted reader throws the reason of its signal, waiting or not', async () => {
  const reason = new Error('left');
  await expect(new Mailbox(3).read(AbortSignal.abort(reason)).next()).rejects.toBe(
    reason,
  );
  const leaving = new AbortController();
  const next = new Mailbox(3).read(leaving.signal).next();
  leaving.abort(reason);
  await expect(next).rejects.toBe(reason);
});
