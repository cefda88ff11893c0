import { openText } from '#src/people/confidential-text.ts';
import type { SessionContext } from '#src/session/context.ts';
import { spokenText } from '#src/session/localized-text.ts';
import type { SoundPlay, SoundRequest, ToolTracks } from '#src/session/ports/tool.ts';
import type { Playing, TrackCaller } from '#src/session/ports/tracks.ts';
import type { ShelvedSound } from '#src/sources/fetch/ports.ts';
import { placeSound } from './place-sound.ts';
import { everyTrack, isOwnTrack, trackNameOf, usualTrack } from './track-names.ts';
import { playingOutcome } from './track-outcome-texts.ts';

/** Sounds that are named in one question. */
const mostNamed = 5;

/** Sounds of the library as a tool may play them, for the last of those who asked. Links are for commands alone. */
export function soundsFor(
  askerIds: readonly string[],
  context: SessionContext,
): Pick<ToolTracks, 'play' | 'chosen'> {
  const asker = askerIn(askerIds.at(-1) ?? '', context);
  const { choices } = context.tracks;
  const { clock } = context.parts;
  return {
    chosen: (words) => choices.chosen(asker.id, words, clock.nowMs()),
    async play(request, signal) {
      const playing = await played(request, asker, context, signal);
      if (!('offered' in playing)) return heardPlay(playing);
      const offered = playing.offered.slice(0, mostNamed);
      choices.ask(asker.id, request, offered, clock.nowMs());
      return questionAbout(request, offered, context);
    },
  };
}

/** Outcome, or the sounds that fit. */
async function played(
  { sound, isName = false, track: typed = usualTrack, loop = false, next = false }: SoundRequest,
  asker: TrackCaller,
  context: SessionContext,
  signal: AbortSignal,
): Promise<Playing | { readonly offered: readonly ShelvedSound[] }> {
  const { channel, parts, tracks } = context;
  const track = trackNameOf(typed);
  if (track === undefined) return { kind: 'bad-name' };
  if (isOwnTrack(track) || track === everyTrack) return { kind: 'reserved', track };
  const lying = isName ? [{ name: sound }] : await parts.sounds.lying(sound, signal);
  const [meant, another] = lying;
  if (!meant) return { kind: 'no-sound', sound, closest: await parts.sounds.closest(sound) };
  if (another) return { offered: lying };
  using pending = tracks.owned.pendingOwner({ id: asker.id, name: asker.name });
  const requester = { guildId: channel.guildId, personId: asker.id };
  const found = await parts.sounds.find(requester, meant.name, signal);
  if (found.kind === 'bad') return found;
  if (found.kind !== 'found') return { ...found, sound };
  tracks.choices.over(asker.id);
  return placeSound(context, asker, { track, loop, next }, { ...found, owner: pending.owner });
}

function heardPlay(playing: Playing): SoundPlay {
  return { line: playingOutcome(playing), isHeard: playing.kind === 'playing' };
}

function questionAbout(
  { sound }: SoundRequest,
  offered: readonly ShelvedSound[],
  { channel, parts }: SessionContext,
): SoundPlay {
  const names = offered.map(({ name }) => name);
  const list = offered.map((one) => spokenName(one, offered)).join(', ');
  const question = spokenText({ id: 'track.which_of', with: { list } }, channel.guildId, parts);
  const line = playingOutcome({ kind: 'several', sound, names });
  return { line, isHeard: false, question: { text: openText(question), aboutIds: [] } };
}

/** Its title where no other has the same, else its name. */
function spokenName({ name, title }: ShelvedSound, offered: readonly ShelvedSound[]): string {
  const isOnly = offered.filter((one) => one.title === title).length === 1;
  return title !== undefined && isOnly ? title : name.replaceAll('/', ' ');
}

function askerIn(id: string, { channel, parts, people }: SessionContext): TrackCaller {
  const name = people().find((one) => one.id === id)?.name ?? 'Someone';
  return { id, name, mayManage: parts.places.mayManage(channel.guildId, id) };
}
