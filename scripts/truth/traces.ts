import {
  type OpenTraced,
  type PlotAct,
  plotOf,
  type TracedSession,
  type TracePlot,
} from './plots.ts';

const stepMs = 20;
/** Longest time, in ms, until a conversation is over once nothing more is done to it. */
const longestMs = 60_000;

/** Everything that a conversation sends out, a line each: virtual instant in ms, kind, content. */
export async function traceOf(seed: number, openTraced: OpenTraced): Promise<readonly string[]> {
  const plot = plotOf(seed);
  const lines: string[] = [];
  let nowMs = () => 0;
  const write = (kind: string, content: unknown) =>
    void lines.push(`${`${Math.round(nowMs())}`.padStart(6)} ${kind} ${shown(content)}`);
  const traced = await openTraced(plot, (line) => {
    const { time: _, ...fields } = JSON.parse(line);
    write('log', fields);
  });
  nowMs = () => traced.nowMs();
  await play(traced, plot, write);
  await traced.leave();
  await traced.advance(stepMs);
  for (const [kind, sum] of Object.entries(traced.sums())) write(kind, sum);
  return lines;
}

type Write = (kind: string, content: unknown) => void;

async function play(traced: TracedSession, plot: TracePlot, write: Write): Promise<void> {
  const watched = new WeakSet<unknown[]>();
  const packets = traced.packets.toSorted((a, b) => a.atMs - b.atMs);
  const acts = [...plot.acts, ...traced.acts].toSorted((a, b) => a.atMs - b.atMs);
  const endMs = Math.max(packets.at(-1)?.atMs ?? 0, acts.at(-1)?.atMs ?? 0) + 2_000;
  let [sent, isSending, tracks] = [0, false, ''];
  const check = () => {
    for (const [kind, list] of Object.entries(traced.lists())) {
      if (!watched.has(list)) watch(list, (one) => write(kind, one));
      watched.add(list);
    }
    const state = traced.state();
    if (state.sent > sent !== isSending) write('frames', isSending ? 'off' : 'on');
    [isSending, sent] = [state.sent > sent, state.sent];
    const shownTracks = shown(state.tracks);
    if (shownTracks.replace(/\d+/g, '') !== tracks.replace(/\d+/g, ''))
      write('tracks', state.tracks);
    tracks = shownTracks;
  };
  check();
  for (
    let atMs = 0;
    atMs < endMs + longestMs && (atMs < endMs || !traced.isCalm());
    atMs += stepMs
  ) {
    await traced.advance(stepMs);
    for (const packet of due(packets, traced.nowMs())) packet.arrive();
    for (const act of due(acts, traced.nowMs())) perform(traced, act, write);
    traced.tick();
    check();
  }
}

/** Told at once, and what came of it when that is known. */
function perform(traced: TracedSession, act: PlotAct, write: Write): void {
  const { kind, words, personId } = act;
  write('does', { personId, kind, ...(words !== undefined && { words }) });
  Promise.resolve()
    .then(() => traced.perform(act))
    .then(
      (outcome) => write('outcome', { kind, outcome }),
      (error) => write('outcome', { kind, error }),
    );
}

/** Tells of what is in the list, and of all that is added to it, as it is added. */
function watch(list: unknown[], report: (one: unknown) => void): void {
  for (const one of list) report(one);
  list.push = (...added) => {
    for (const one of added) report(one);
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
