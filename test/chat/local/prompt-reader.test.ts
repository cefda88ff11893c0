import { toGuildId } from '#src/base/ids.ts';
import { PromptReader } from '#src/chat/local/prompt-reader.ts';

const [guildA, guildB] = [toGuildId('1'), toGuildId('2')];
const never = new AbortController().signal;

/** A reader whose readings end by hand, each told by its body. */
function createReader() {
  const readings: { body: string; isStopped: boolean; end: (error?: Error) => void }[] =
    [];
  const process: { id: number | undefined } = { id: 1 };
  const reader = new PromptReader({
    findReader: () => process.id,
    read: (_guildId, body, signal) => {
      const { promise, reject, resolve } = Promise.withResolvers<void>();
      const reading = {
        body,
        isStopped: false,
        end: (error?: Error) => (error ? reject(error) : resolve()),
      };
      signal.addEventListener('abort', () => {
        reading.isStopped = true;
        reject(signal.reason);
      });
      readings.push(reading);
      return promise;
    },
  });
  const listBodies = () => readings.map(({ body }) => body);
  return { reader, readings, process, listBodies };
}

/** Lets everything that is due happen. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

test('beginnings of servers are read one after another, each once', async () => {
  const { listBodies, reader, readings } = createReader();
  reader.want(guildA, 'a', never);
  reader.want(guildB, 'b', never);
  reader.want(guildB, 'b', never);
  expect(listBodies()).toEqual(['a']);
  readings[0]?.end();
  await settle();
  readings[1]?.end();
  await settle();
  reader.giveWay()();
  await settle();
  expect(listBodies()).toEqual(['a', 'b']);
});

test('a request stops the reading, which goes on behind the last one', async () => {
  const { listBodies, reader, readings } = createReader();
  reader.want(guildA, 'a', never);
  const [endFirst, endSecond] = [reader.giveWay(), reader.giveWay()];
  expect(readings[0]?.isStopped).toBe(true);
  await settle();
  endFirst();
  await settle();
  expect(listBodies()).toEqual(['a']);
  endSecond();
  await settle();
  expect(listBodies()).toEqual(['a', 'a']);
});

test('a changed beginning takes the place of the former one, whose reading stops', async () => {
  const { listBodies, reader, readings } = createReader();
  reader.want(guildA, 'a', never);
  reader.want(guildA, 'changed', never);
  expect(readings[0]?.isStopped).toBe(true);
  await settle();
  expect(listBodies()).toEqual(['a', 'changed']);
});

test('what nobody wants any more is not read', async () => {
  const { listBodies, reader, readings } = createReader();
  const leaving = new AbortController();
  reader.want(guildA, 'a', leaving.signal);
  leaving.abort();
  expect(readings[0]?.isStopped).toBe(true);
  await settle();
  reader.giveWay()();
  await settle();
  expect(listBodies()).toEqual(['a']);
});

test('what a process has read is read again by the next one, and by the same one only if that is asked', async () => {
  const { listBodies, process, reader, readings } = createReader();
  reader.want(guildA, 'a', never);
  readings[0]?.end();
  await settle();
  reader.giveWay()();
  await settle();
  expect(listBodies()).toEqual(['a']);
  process.id = 2;
  reader.giveWay()();
  await settle();
  readings[1]?.end();
  await settle();
  void reader.readAgain();
  expect(listBodies()).toEqual(['a', 'a', 'a']);
});

test('what cannot be read is left alone until it changes', async () => {
  const { listBodies, reader, readings } = createReader();
  reader.want(guildA, 'a', never);
  readings[0]?.end(new Error('the process died'));
  await settle();
  reader.giveWay()();
  await settle();
  expect(listBodies()).toEqual(['a']);
});
