import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { VoiceWebSocket } from '@discordjs/voice';
import { guardMessages } from '#src/discord/link/voice-library.ts';
import { countOpened, openReceiver } from './unbound-receiver.ts';

test('consent that is taken back holds from the very next packet on, and can be given again', () => {
  const allowed = new Set(['ann']);
  const { name, say, heard, receiver } = openReceiver((id) => allowed.has(id));
  name(5, 'ann');
  say(5);
  allowed.delete('ann');
  const count = countOpened(receiver);
  say(5);
  expect([count.opened, receiver.subscriptions.size]).toEqual([0, 0]);
  allowed.add('ann');
  say(5);
  expect(heard).toHaveLength(2);
});

test('junk of any length, from anybody, neither throws nor ends hearing', () => {
  const {
    name,
    say,
    arrive,
    heard,
    voiceReceiver: receiver,
  } = openReceiver(() => true);
  name(5, 'ann');
  for (let length = 0; length <= 40; length++) {
    arrive(randomBytes(length));
  }
  const forged = Buffer.concat([Buffer.from([0x80, 120]), Buffer.alloc(60)]);
  forged.writeUInt32BE(5, 8);
  arrive(forged);
  say(5);
  expect(heard).toHaveLength(1);
  expect(receiver.counts.unparsed).toBe(1);
});

test('a fault in the consent rule is reported and counts as a no', () => {
  const bug = new Error('bug');
  const { name, say, heard, failed } = openReceiver(() => {
    throw bug;
  });
  name(5, 'ann');
  say(5);
  expect([heard, failed]).toEqual([[], [bug]]);
});

/** A socket of the library that was never opened, and what arrives over it. */
function openSocket() {
  const ws: VoiceWebSocket = Object.create(VoiceWebSocket.prototype);
  EventEmitter.call(ws);
  const target = {} as Parameters<typeof ws.onMessage>[0]['target'];
  const receiveData = (data: Buffer | object) =>
    ws.onMessage({
      data: data instanceof Buffer ? data : JSON.stringify(data),
      type: 'message',
      target,
    });
  const errors: unknown[] = [];
  ws.on('error', (error) => errors.push(error));
  return { ws, arrive: receiveData, errors };
}

test('JSON that breaks the library becomes an error of that connection, and a message for the group does not', () => {
  const { ws, arrive, errors } = openSocket();
  const throwBug = () => {
    throw new Error('a bug');
  };
  ws.on('packet', throwBug);
  ws.on('binary', throwBug);
  guardMessages(ws);
  arrive(Buffer.from([0]));
  arrive(Buffer.from([0, 1, 27, 0]));
  expect(errors).toEqual([]);
  arrive({ op: 5, d: {} });
  expect(errors).toMatchObject([{ code: 'link.lost', retryable: true }]);
});

test('proposals that the group refuses are tried again when somebody is announced, until the next epoch', () => {
  const { ws, arrive } = openSocket();
  const known = new Set<number>();
  const taken: number[] = [];
  ws.on('binary', ({ op, payload }) => {
    const [who = 0] = payload;
    if (op === 27 && !known.has(who)) throw new Error('UnexpectedUser');
    taken.push(who);
  });
  guardMessages(ws);
  const announced = { op: 11, d: { user_ids: [] }, seq: 9 };
  for (const who of [1, 2]) arrive(Buffer.from([0, who, 27, who]));
  known.add(2);
  arrive(announced);
  expect([taken, ws.sequence]).toEqual([[2], 9]);
  known.add(1);
  arrive(announced);
  arrive(announced);
  expect(taken).toEqual([2, 1]);
  arrive(Buffer.from([0, 3, 27, 3]));
  arrive(Buffer.from([0, 4, 29, 4]));
  known.add(3);
  arrive(announced);
  expect(taken).toEqual([2, 1, 4]);
});
