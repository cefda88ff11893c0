import { findClosestNames } from '#commands/closest-names.ts';
import { onlyInChannel, tellListeners } from '#commands/command-rights.ts';
import { maxVolumePercent } from '#src/base/volume.ts';
import type {
  Button,
  Caller,
  Command,
  CommandCall,
  CommandPorts,
  Replies,
  Reply,
} from '#src/features/command.ts';
import { toSoundKey } from '#src/features/tracks/server-sounds.ts';
import { boardTrack, isSameTrack } from '#src/features/tracks/track-names.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { toReplies, toShortReplies } from './track-replies.ts';

/** A message has 25 buttons in rows of five (Discord docs, "Action Row"). The first row steers. */
const soundsPerPage = 20;
const volumeStepPercent = 25;
const maxNameChars = 100;
const usualPercent = 100;

/** `/sounds`: a board with a button for each sound that the server may play. Members add sounds, and remove them. */
export const sounds: Command = {
  name: 'sounds',
  description: 'command.sounds',
  shownTo: ({ inputs, sound }) => (sound || inputs.remove ? 'caller' : 'room'),
  options: [
    { name: 'file', description: 'command.sounds.file', kind: 'sound' },
    {
      name: 'name',
      description: 'command.sounds.name',
      kind: 'text',
      maxChars: maxNameChars,
    },
    {
      name: 'remove',
      description: 'command.sounds.remove',
      kind: 'text',
      maxChars: maxNameChars,
      suggest: async (typed, { caller, guildId }, { features }) =>
        mayAddSounds(caller)
          ? findClosestNames(typed, await features.tracks.listAddedSounds(guildId))
          : [],
    },
  ],
  run: async (call, ports) => {
    if (call.sound) return [await addSound(call, call.sound, ports)];
    if (call.inputs.remove) return [await removeSound(call, call.inputs.remove, ports)];
    return await openBoard(call, ports);
  },
};

const openBoard = onlyInChannel(
  tellListeners({ run: async (call, ports) => [await buildBoard(call, ports, 1)] }),
);

/** Discord's own right to add sounds to the server. */
function mayAddSounds({ mayCreateExpressions, mayManage }: Caller) {
  return mayManage || mayCreateExpressions === true;
}

async function addSound(
  { caller, guildId, inputs }: CommandCall,
  file: NonNullable<CommandCall['sound']>,
  { features }: CommandPorts,
): Promise<Reply> {
  if (!mayAddSounds(caller)) return { id: 'perm.sounds' };
  const name = inputs.name ?? file.name.replace(/\.[a-z\d]{2,5}$/i, '');
  const outcome = await features.tracks.addSound(guildId, caller.id, file, name);
  switch (outcome.kind) {
    case 'added':
      return { id: 'sounds.added', with: { title: outcome.title } };
    case 'taken':
      return { id: 'sounds.taken', with: { title: outcome.title } };
    case 'full':
      return { id: 'limit', with: { limit: outcome.limit, command: '/sounds remove' } };
    case 'bad-name':
      return { id: 'sounds.name' };
    case 'bad':
      return outcome.reason;
    case 'unsaved':
      return { id: 'store.unread' };
  }
}

async function removeSound(
  { caller, guildId }: CommandCall,
  name: string,
  { features }: CommandPorts,
): Promise<Reply> {
  const outcome = await features.tracks.removeSound(guildId, caller, name);
  switch (outcome.kind) {
    case 'removed':
      return { id: 'sounds.removed', with: { title: outcome.title } };
    case 'denied':
      return { id: 'perm.sounds.remove', with: { title: outcome.title } };
    case 'unknown':
      return { id: 'unknown', with: { x: outcome.title } };
    case 'unsaved':
      return { id: 'store.unread' };
  }
}

/** Presses on the board. Behind the name stand the page of the board, and the key of a sound. */
export const boardPresses: readonly Button[] = [
  toBoardButton('back', 'button.sounds.back', showBoard),
  toBoardButton('next', 'button.sounds.next', showBoard),
  toBoardButton('quieter', 'button.sounds.quieter', (call, ports) =>
    changeVolume(call, ports, -volumeStepPercent),
  ),
  toBoardButton('louder', 'button.sounds.louder', (call, ports) =>
    changeVolume(call, ports, volumeStepPercent),
  ),
  toBoardButton('play', 'button.sounds.play', playPressed),
];

function toBoardButton(
  name: string,
  label: Button['label'],
  run: Button['run'],
): Button {
  return {
    name: `sounds.${name}`,
    label,
    style: 'plain',
    inPlace: true,
    run: onlyInChannel(tellListeners({ run })),
  };
}

/** Builds a page of the board. Pages begin at 1, and go round. */
async function buildBoard(
  { guildId }: CommandCall,
  { features }: CommandPorts,
  wantedPage: number,
  news: TextLine = { id: 'sounds.hint' },
): Promise<Reply> {
  const names = await features.tracks.listSounds(guildId);
  const pages = Math.max(1, Math.ceil(names.length / soundsPerPage));
  const page = ((((wantedPage - 1) % pages) + pages) % pages) + 1;
  const shown = names.slice((page - 1) * soundsPerPage, page * soundsPerPage);
  const n = getVolume(guildId, features);
  const soundButtons = new Map(
    shown.map((name) => [`sounds.play:${page}:${toSoundKey(name)}`, name] as const),
  );
  return {
    id: 'sounds.board',
    with: { page, pages, n },
    to: 'room',
    lines: [names.length > 0 ? news : { id: 'sounds.none' }],
    buttons: [
      `sounds.back:${page - 1}`,
      `sounds.next:${page + 1}`,
      `sounds.quieter:${page}`,
      `sounds.louder:${page}`,
      `track.stop:${boardTrack}`,
      ...soundButtons.keys(),
    ],
    buttonLabels: Object.fromEntries(soundButtons),
  };
}

function getVolume(
  guildId: CommandCall['guildId'],
  { tracks }: CommandPorts['features'],
) {
  const track = tracks
    .listTracks(guildId)
    ?.find(({ name }) => isSameTrack(name, boardTrack));
  return track?.percent ?? usualPercent;
}

/** Draws the board anew in its message. */
async function showBoard(
  call: CommandCall,
  ports: CommandPorts,
  news?: TextLine,
): Promise<Replies> {
  const { page } = parsePress(call);
  return [{ ...(await buildBoard(call, ports, page, news)), inPlace: true }];
}

/** Plays the sound of a button, of which the message then tells who pressed. */
async function playPressed(call: CommandCall, ports: CommandPorts): Promise<Replies> {
  const { caller, guildId } = call;
  const { tracks } = ports.features;
  const { key } = parsePress(call);
  const names = await tracks.listSounds(guildId);
  // The message may be older than this run, and than the sounds.
  const sound = names.find((name) => toSoundKey(name) === key);
  if (sound === undefined) return await showBoard(call, ports, { id: 'sounds.gone' });
  const request = { sound, track: boardTrack, loop: false, next: false };
  const outcomes = await tracks.playSound(guildId, caller, request);
  const [playing] = outcomes;
  if (!('ended' in playing)) return toReplies(outcomes);
  return await showBoard(call, ports, {
    id: 'sounds.played',
    with: { name: caller.name, title: playing.title },
  });
}

async function changeVolume(
  call: CommandCall,
  ports: CommandPorts,
  byPercent: number,
): Promise<Replies> {
  const { caller, guildId } = call;
  const { features } = ports;
  const wanted = getVolume(guildId, features) + byPercent;
  const percent = Math.min(maxVolumePercent, Math.max(0, wanted));
  const outcomes = features.tracks.changeTracks(
    guildId,
    caller,
    { kind: 'volume', percent },
    boardTrack,
  );
  const isChanged = outcomes.every(({ kind }) => kind === 'volume');
  return isChanged ? await showBoard(call, ports) : toShortReplies(outcomes);
}

function parsePress({ inputs }: CommandCall) {
  const [page = '', key = ''] = (inputs.about ?? '').split(':');
  const wantedPage = Number.parseInt(page, 10);
  return { page: Number.isNaN(wantedPage) ? 1 : wantedPage, key };
}
