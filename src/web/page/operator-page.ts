import type { Clock } from '#src/base/clock.ts';
import type { ProcessStates } from '#src/base/process-states.ts';
import type { PageLinks } from '#src/conversation/ports/command-ports.ts';
import type { SessionEvent } from '#src/conversation/ports/session-events.ts';
import { SessionCaptions } from '#src/features/captions/session-captions.ts';
import type { RaisedAlert } from '#src/ops/alert-board.ts';
import type { ProviderBreaker, ProviderNews } from '#src/provider/provider-news.ts';
import type { SpentTotal } from '#src/spending/total-budget.ts';
import type { EntryLinks } from '#src/web/http/entry-links.ts';
import type { PageApp, PageViewer } from '#src/web/http/viewer.ts';
import { LinkFigureLog, type LinkReadings } from './link-figures.ts';
import { type ManagerFacts, ManagerRights } from './manager-rights.ts';
import { ProcessWatch, type ServerFacts } from './process-watch.ts';
import { ProviderStates } from './provider-states.ts';
import { operatorRoutes } from './routes.ts';
import { type SessionAction, SessionActions, type SessionControls } from './session-actions.ts';
import { viewSession } from './session-view.ts';
import { type OperatorViewer, type PageSnapshot, type ShownSnapshot, shownTo } from './snapshot.ts';
import { SnapshotFeed } from './snapshot-feed.ts';
import { type SpendingDays, SpendingPage } from './spending-days.ts';
import { StageHistory } from './stage-history.ts';

/** Access of the page to a running bot. */
export interface OperatorAccess extends ServerFacts, ManagerFacts {
  /** Spending of all servers today; undefined where there is no cap over them. */
  total(): SpentTotal | undefined;
  /** Spending of all processes by day. */
  readonly spending: SpendingDays;
  /** Undefined for a server that is not served here. */
  controls(guildId: string): SessionControls | undefined;
  /** Processes that share the servers. Errors: BotError `store.*`. */
  processes(): Promise<ProcessStates>;
  /** State of remote providers. */
  breakers(): readonly ProviderBreaker[];
}

export type OperatorPageOptions = {
  readonly clock: Clock;
  /** Undefined until the bot runs. */
  bot(): OperatorAccess | undefined;
  alerts(): readonly RaisedAlert[];
  /** Whether others than this machine's own people reach the page: only then managers are given links. */
  readonly isReachedByLink: boolean;
  onAction(viewer: OperatorViewer, action: SessionAction, guildId: string): void;
  onBug(error: unknown): void;
};

/** The operator's page: keeps events, and shows them while a viewer watches. */
export class OperatorPage implements Pick<PageLinks, 'link'> {
  readonly #options: OperatorPageOptions;
  readonly #history: StageHistory;
  readonly #voiceLinks: LinkFigureLog;
  readonly #providers = new ProviderStates();
  readonly #processes: ProcessWatch;
  readonly #feed: SnapshotFeed;
  readonly #rights: ManagerRights;
  #links: Pick<EntryLinks, 'create'> | undefined;

  constructor(options: OperatorPageOptions) {
    const { bot, clock, onBug } = options;
    this.#options = options;
    this.#history = new StageHistory(clock);
    this.#voiceLinks = new LinkFigureLog(clock);
    this.#processes = new ProcessWatch(clock);
    this.#rights = new ManagerRights(clock, bot);
    this.#feed = new SnapshotFeed({
      clock,
      take: () => this.snapshot(),
      show: (viewer, snapshot) => this.show(viewer, snapshot),
      isCurrent: (viewer) => this.#rights.seemsCurrent(viewer),
      onBug,
    });
  }

  /** The page has an address now. */
  open(links: Pick<EntryLinks, 'create'>): void {
    this.#links = links;
  }

  link(guildId: string, userId: string): string | undefined {
    if (!this.#options.isReachedByLink) return undefined;
    return this.#links?.create({ kind: 'manager', guildId, userId }).href;
  }

  /** Hears of every event of every session. */
  session(guildId: string, event: SessionEvent): void {
    this.#history.report(guildId, event);
    this.#voiceLinks.report(guildId, event);
  }

  provider(news: ProviderNews): void {
    this.#providers.report(news);
  }

  linkMade(guildId: string, readings: LinkReadings): void {
    this.#voiceLinks.made(guildId, readings);
  }

  linkClosed(guildId: string): void {
    this.#voiceLinks.closed(guildId);
  }

  /** Whether a viewer is still who they were: a manager as long as they have Manage Server. */
  isCurrent(viewer: PageViewer): Promise<boolean> {
    return this.#rights.isCurrent(viewer);
  }

  routes(app: PageApp): void {
    const { bot, clock, onAction } = this.#options;
    const actions = new SessionActions((guildId) => bot()?.controls(guildId));
    const spending = new SpendingPage(clock, () => {
      const running = bot();
      return (
        running && { spending: running.spending, servers: () => this.#all(running)?.servers ?? [] }
      );
    });
    const history = this.#history;
    operatorRoutes(app, { feed: this.#feed, history, spending, actions, onAction });
  }

  /**
   * Words of captions go to a manager who may know them, by the rule of captions; an owner's account at Discord is unknown.
   */
  show(viewer: OperatorViewer, snapshot: PageSnapshot): ShownSnapshot {
    const shown = shownTo(viewer, snapshot);
    if (viewer.kind === 'owner') return shown;
    const own = this.#options
      .bot()
      ?.sessions()
      .find(({ channel }) => channel.guildId === viewer.guildId);
    const lines = own?.context.features.of(SessionCaptions).view?.knownTo(viewer.userId) ?? [];
    const words = lines.map(({ number, speaker, text }) => ({ number, name: speaker.name, text }));
    return { ...shown, words };
  }

  /** Servers and processes of the whole bot. */
  #all(running: OperatorAccess | undefined) {
    const { alerts } = this.#options;
    return running && this.#processes.view(running, alerts(), () => running.processes());
  }

  snapshot(): PageSnapshot {
    const { alerts, bot, clock } = this.#options;
    const running = bot();
    const all = this.#all(running);
    const names = new Map(all?.servers.map((server) => [server.guildId, server.guildName]));
    const nameOf = (guildId = '') => {
      const guildName = names.get(guildId);
      return guildName === undefined ? {} : { guildName };
    };
    const sessions = (running?.sessions() ?? []).flatMap((session) => {
      const { guildId } = session.channel;
      const today = running?.today(guildId);
      if (!today) return [];
      const traffic = this.#voiceLinks.figures(guildId);
      const stages = this.#history.latest(guildId);
      return [viewSession(session, { today, traffic, stages, ...nameOf(guildId) })];
    });
    const total = running?.total();
    return {
      ...(total && { total }),
      atWallMs: clock.wallMs(),
      rooms: sessions,
      servers: all?.servers ?? [],
      ...(all && { processes: all.processes }),
      providers: this.#providers.views(running?.breakers()),
      alerts: (all?.alerts ?? alerts()).map((alert) => ({ ...alert, ...nameOf(alert.guildId) })),
      stages: this.#history.latest(),
    };
  }
}
