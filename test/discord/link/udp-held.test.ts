import { HeldDatagrams } from '#src/discord/link/consented-receiver.ts';

const makeDatagram = (n: number) => Buffer.from([n]);

test('a flood of made-up sources costs no more than 32 of them', () => {
  const held = new HeldDatagrams();
  for (let ssrc = 0; ssrc < 1_000; ssrc++) held.put(ssrc, makeDatagram(1), 0);
  const kept = [...Array(1_000).keys()].filter(
    (ssrc) => held.removePackets(ssrc, 0).length > 0,
  );
  expect(kept).toEqual([...Array(32).keys()].map((n) => n + 968));
});
