import { expect, test } from 'vitest';
import { Mailbox } from '#src/base/mailbox.ts';
import { fc } from '#test/properties.ts';

const open = new AbortController().signal;

test('items are read in the order they were put', async () => {
  const box = new Mailbox<number>(3);
  for (const item of [1, 2, 3]) box.put(item);
  box.end();
  expect(await Array.fromAsync(box.read(open))).toEqual([1, 2, 3]);
});

test('a full box drops its oldest items and counts them', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 9 }), fc.array(fc.nat()), async (limit, items) => {
      const box = new Mailbox<number>(limit);
      for (const item of items) box.put(item);
      box.end();
      expect(await Array.fromAsync(box.read(open))).toEqual(items.slice(-limit));
      expect(box.dropped).toBe(Math.max(0, items.length - limit));
    }),
  );
});

test('a waiting reader gets an item as soon as it is put', async () => {
  const box = new Mailbox<string>(3);
  const next = box.read(open).next();
  box.put('late');
  expect(await next).toEqual({ done: false, value: 'late' });
});

test('an undefined item is an item', async () => {
  const box = new Mailbox<string | undefined>(3);
  box.put(undefined);
  box.put('after');
  box.end();
  expect(await Array.fromAsync(box.read(open))).toEqual([undefined, 'after']);
});

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

test('what is put after the end is dropped', async () => {
  const box = new Mailbox<number>(3);
  box.end();
  box.put(1);
  expect(await Array.fromAsync(box.read(open))).toEqual([]);
});

test('an aborted reader throws the reason of its signal, waiting or not', async () => {
  const reason = new Error('left');
  await expect(new Mailbox(3).read(AbortSignal.abort(reason)).next()).rejects.toBe(reason);
  const leaving = new AbortController();
  const next = new Mailbox(3).read(leaving.signal).next();
  leaving.abort(reason);
  await expect(next).rejects.toBe(reason);
});

test('a reader that left gives its place to the next one', async () => {
  const box = new Mailbox<number>(3);
  const leaving = new AbortController();
  const first = box.read(leaving.signal).next();
  const second = box.read(open).next();
  leaving.abort(new Error('left'));
  await expect(first).rejects.toThrow('left');
  box.put(1);
  expect(await second).toEqual({ done: false, value: 1 });
});
