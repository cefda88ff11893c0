import { listenToPackets } from '#bench/turns/scenario-listening.ts';
import { openWorkshop, playScenarios } from '#bench/turns/scenario-runs.ts';
import { readScenarios } from '#bench/turns/voice-clips.ts';
import type { Packet } from '#src/audio/jitter-buffer.ts';
import { toPersonId } from '#src/base/ids.ts';
import { endpointRules } from '#src/turn/endpointing/endpointing.ts';
import { PauseHabits } from '#src/turn/endpointing/pause-habits.ts';
import { drawChance } from '#test/simulate/luck.ts';

/** What a line makes of a packet: by the luck of its number, it comes later, twice, or not at all. */
type Line = (packet: Packet, luck: (kind: string) => number) => readonly Packet[];

const delayPacket = (packet: Packet, byMs: number) => ({
  ...packet,
  atMs: packet.atMs + byMs,
});

const lines: Readonly<Record<string, Line>> = {
  'loses 5 %': (packet, luck) => (luck('lost') < 0.05 ? [] : [packet]),
  'loses 30 %': (packet, luck) => (luck('lost') < 0.3 ? [] : [packet]),
  'loses 30 % and is uneven': (packet, luck) =>
    luck('lost') < 0.3 ? [] : [delayPacket(packet, 60 * luck('late'))],
  'swaps and doubles 30 %': (packet, luck) => {
    const first = delayPacket(packet, luck('swapped') < 0.3 ? 40 : 0);
    return luck('doubled') < 0.3 ? [first, delayPacket(first, 20)] : [first];
  },
  'is late by up to 200 ms': (packet, luck) => [
    delayPacket(packet, 200 * luck('late')),
  ],
};

async function openScenes() {
  const workshop = await openWorkshop();
  const everyTenth = (await readScenarios()).filter((_, n) => n % 10 === 0);
  const sounds = await playScenarios(everyTenth.slice(0, 32), workshop);
  /** Counts the pauses at which a recogniser is asked, and the ends of utterances. */
  return (line: Line) => {
    const kinds = sounds.flatMap(({ packets, words, lengthMs }, scene) => {
      const arrived = packets.flatMap((packet, n) =>
        line(packet, (kind) => drawChance(scene, `${kind} ${n}`)),
      );
      return listenToPackets(
        arrived.toSorted((packet, otherPacket) => packet.atMs - otherPacket.atMs),
        lengthMs + 400,
        {
          ...workshop,
          speakerId: toPersonId('1'),
          pauseHabits: new PauseHabits(),
          rules: endpointRules,
          words,
        },
      ).map(({ event }) => event.kind);
    });
    const countKind = (kind: string) => kinds.filter((each) => each === kind).length;
    return { pauses: countKind('paused'), ends: countKind('ended') };
  };
}

const scenes = openScenes();

test.each(Object.entries(lines))(
  'a line that %s makes no pauses, so nothing is recognised twice because of it',
  async (_, line) => {
    const listen = await scenes;
    const [clean, bad] = [listen((packet) => [packet]), listen(line)];
    expect(clean.pauses).toBeGreaterThan(15);
    expect(bad.pauses).toBeLessThanOrEqual(clean.pauses * 1.5);
    expect(bad.ends).toBeLessThanOrEqual(clean.ends * 1.15);
    expect(bad.ends).toBeGreaterThanOrEqual(clean.ends * 0.9);
  },
);
