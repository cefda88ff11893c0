import { SignalPace } from '#src/discord/link/signal-pace.ts';

test('each rest that Discord asks for is twice as long as the last, up to a quarter of an hour', () => {
  const pace = new SignalPace();
  const restsSeconds: number[] = [];
  for (let [n, atMs] = [0, 0]; n < 6; n++) {
    pace.startRest(atMs);
    restsSeconds.push(pace.getRestMs(atMs) / 1_000);
    atMs += pace.getRestMs(atMs);
  }
  expect(restsSeconds).toEqual([60, 120, 240, 480, 900, 900]);
  const laterMs = 60_000_000;
  pace.startRest(laterMs);
  expect(pace.getRestMs(laterMs)).toBe(60_000);
});
