import { type Deed, type OpenRoom, type Plot, plotOf, type TracedRoom } from './plots.ts';

const stepMs = 20;
/** Longest time, in ms, until a conversation is over once nothing more is done to it. */
const longestMs = 60_000;

/** Everything that a conversation sends out, a line each: virtual instant in ms, kind, content. */
export async function traceOf(seed: number, openRoom: OpenRoom): Promise<readonly string[]> {
  const plot = plotOf(seed);
  const lines: string[] = [];
  let nowMs = () => 0;
  const write = (kind: string, content: unknown) =>
    void lines.push(`${`${Math.round(nowMs())}`.padStart(6)} ${kind} ${shown(content)}`);
  const room = await openRoom(plot, (line) => {
    const { time: _, ...fields } = JSON.parse(line);
    write('log', fields);
  });
  nowMs = () => room.nowMs();
  await play(room, plot, write);
  await room.leave();
  await room.advance(stepMs);
  for (const [kind, sum] of Object.entries(room.sums())) write(kind, sum);
  return lines;
}

type Write = (kind: string, content: unknown) => void;

async function play(room: TracedRoom, plot: Plot, write: Write): Promise<void> {
  const watched = new WeakSet<unknown[]>();
  const packets = room.packets.toSorted((a, b) => a.atMs - b.atMs);
  const deeds = [...plot.deeds, ...room.deeds].toSorted((a, b) => a.atMs - b.atMs);
  const endMs = Math.max(packets.at(-1)?.atMs ?? 0, deeds.at(-1)?.atMs ?? 0) + 2_000;
  let [sent, isSending, tracks] = [0, false, ''];
  const look = () => {
    for (const [kind, list] of Object.entries(room.lists())) {
      if (!watched.has(list)) watch(list, (one) => write(kind, one));
      watched.add(list);
    }
    const state = room.state();
    if (state.sent > sent !== isSending) write('frames', isSending ? 'off' : 'on');
    [isSending, sent] = [state.sent > sent, state.sent];
    const shownTracks = shown(state.tracks);
    if (shownTracks.replace(/\d+/g, '') !== tracks.replace(/\d+/g, ''))
      write('tracks', state.tracks);
    tracks = shownTracks;
  };
  look();
  for (let atMs = 0; atMs < endMs + longestMs && (atMs < endMs || !room.isCalm()); atMs += stepMs) {
    await room.advance(stepMs);
    for (const packet of due(packets, room.nowMs())) packet.arrive();
    for (const deed of due(deeds, room.nowMs())) perform(room, deed, write);
    room.tick();
    look();
  }
}

/** Told at once, and what came of it when that is known. */
function perform(room: TracedRoom, deed: Deed, write: Write): void {
  const { kind, words, personId } = deed;
  write('does', { personId, kind, ...(words !== undefined && { words }) });
  Promise.resolve()
    .then(() => room.perform(deed))
    .then(
      (outcome) => write('outcome', { kind, outcome }),
      (error) => write('outcome', { kind, error }),
    );
}

/** Tells of what is in the list, and of all that is added to it, as it is added. */
function watch(list: unknown[], tell: (one: unknown) => void): void {
  for (const one of list) tell(one);
  list.push = (...added) => {
    for (const one of added) tell(one);
    return Array.prototype.push.apply(list, added);
  };
}

function due<T extends { readonly atMs: number }>(all: T[], nowMs: number): T[] {
  const later = all.findIndex(({ atMs }) => atMs > nowMs);
  return all.splice(0, later < 0 ? all.length : later);
}

/** As JSON, with errors by code and message, and without what is only there for the program. */
function shown(content: unknown): string {
  const text = JSON.stringify(content, (_key, value: unknown) => {
    if (value instanceof Error)
      return { error: value.message, ...('code' in value && { code: value.code }) };
    if (value instanceof AbortSignal) return undefined;
    if (value instanceof Map || value instanceof Set) return [...value];
    if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
    return value;
  });
  return (text ?? 'undefined').replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<uuid>');
}
