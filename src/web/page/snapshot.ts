import type { RaisedAlert } from '#src/ops/alert-board.ts';
import type { SpentTotal } from '#src/spending/total-budget.ts';
import type { PageViewer } from '#src/web/http/viewer.ts';
import type { ProcessesView, ServerView } from './process-watch.ts';
import type { ProviderView } from './provider-states.ts';
import type { SessionView } from './session-view.ts';
import type { StageFigures } from './stage-history.ts';

/** One line of captions. */
export type CaptionWords = {
  readonly number: number;
  readonly name: string;
  readonly text: string;
};

/** Snapshot for one viewer: `words` only to a manager who may read them where captions are posted. */
export type ShownSnapshot = PageSnapshot & { readonly words?: readonly CaptionWords[] };

/** Alert with the name of its server where that is known, and of the other process that raised it. */
export type ShownAlert = RaisedAlert & { readonly guildName?: string; readonly process?: string };

/** Everything an operator sees at one moment: ids, names of who agreed, and numbers; never words people said. */
export type PageSnapshot = {
  readonly atWallMs: number;
  /** Spending of all servers today, beside its cap: for the operator alone. */
  readonly total?: SpentTotal;
  readonly rooms: readonly SessionView[];
  /** Every server of every process, and the processes; empty and absent for a manager. */
  readonly servers: readonly ServerView[];
  readonly processes?: ProcessesView;
  readonly providers: readonly ProviderView[];
  /** Raised now. */
  readonly alerts: readonly ShownAlert[];
  /** Figures of the latest turns of all servers. */
  readonly stages: StageFigures;
};

/** Viewer who may watch: the page of the sandbox is another. */
export type OperatorViewer = Extract<PageViewer, { kind: 'owner' | 'manager' }>;

/** Part of a snapshot that this viewer may see: a manager their own server, and of providers whether they work. */
export function shownTo(viewer: OperatorViewer, snapshot: PageSnapshot): PageSnapshot {
  if (viewer.kind === 'owner') return snapshot;
  const { guildId } = viewer;
  const sessions = snapshot.rooms.filter((session) => session.guildId === guildId);
  return {
    atWallMs: snapshot.atWallMs,
    rooms: sessions,
    servers: [],
    providers: snapshot.providers.map(({ role, state }) => ({ role, state })),
    alerts: snapshot.alerts.filter((alert) => alert.guildId === guildId),
    stages: sessions[0]?.stages ?? {},
  };
}

/** Whether this viewer may see and do something in that server. */
export function mayReach(viewer: OperatorViewer, guildId: string): boolean {
  return viewer.kind === 'owner' || viewer.guildId === guildId;
}
