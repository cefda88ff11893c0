import { toChannelId, toGuildId } from '#src/base/ids.ts';
import { mayBeHeard } from '#src/people/audience.ts';
import { Owned } from '#src/people/owned.ts';
import { NamedTracks } from '#src/playback/tracks/named-tracks.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { Band, makeSteady } from '#test/playback/tracks/band.ts';

const [lounge, den] = ['lounge', 'den'].map((id) => ({
  guildId: toGuildId('g'),
  channelId: toChannelId(id),
})) as [Place, Place];
type Place = Parameters<typeof mayBeHeard>[1];

/** Tracks in the Lounge, while the same people may open the Den or not. */
function openLounge() {
  const band = new Band();
  const facts = { isSame: true };
  const places = { hasSameReaders: () => facts.isSame };
  band.tracks.moveTo((owner) => mayBeHeard(owner, lounge, { places }));
  return { band, facts };
}

test('a track takes only sound that has an owner', () => {
  const tracks = new NamedTracks(new VirtualClock());
  const source = makeSteady(1, 20);
  // @ts-expect-error: Nobody said whose words the sound holds.
  const enqueueUnowned = () => tracks.enqueue('main', source);
  // @ts-expect-error: Here neither.
  const enqueueNext = () => tracks.findTrack('main')?.enqueue(source, { isNext: true });
  // @ts-expect-error: An owner is a channel, a person or `given`.
  const ownByName = () => new Owned(source, 'lounge');
  expect([enqueueUnowned, enqueueNext, ownByName]).toHaveLength(3);
});

test('before its place is known, and in another place, a track takes no words of a channel', () => {
  const sound = new Owned(makeSteady(1, 20), den);
  const band = new Band();
  expect(band.tracks.enqueue('main', sound)).toEqual({ kind: 'nowhere' });
  const { band: loungeBand, facts } = openLounge();
  facts.isSame = false;
  expect(loungeBand.tracks.enqueue('main', sound)).toEqual({ kind: 'nowhere' });
});

test('the owner of a sound is asked again at each frame, and of the next one as it fades in', async () => {
  const { band, facts } = openLounge();
  const song = new Owned(makeSteady(1000, 1_000), lounge);
  const ownSteady = () => new Owned(makeSteady(500, 5_000), den);
  band.tracks.enqueue('main', song);
  band.tracks.findTrack('main')?.perform({ kind: 'crossfade', ms: 600 });
  band.tracks.enqueue('main', ownSteady());
  const { ended } = expectPlaying(band.tracks.enqueue('bg', ownSteady()));
  await band.run(700);
  expect(band.level).toBeGreaterThan(1_000);
  facts.isSame = false;
  await band.run(200);
  expect(band.level).toBe(1_000);
  expect(await ended).toBe('left');
  await band.run(300);
  expect(band.level).toBe(0);
  expect(band.tracks.listTracks().flatMap(({ items }) => items)).toEqual([]);
});

function expectPlaying(outcome: ReturnType<NamedTracks['enqueue']>) {
  if (!('ended' in outcome)) throw new Error(`It does not play: ${outcome.kind}.`);
  return outcome;
}
