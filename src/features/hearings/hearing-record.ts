import { randomUUID } from 'node:crypto';
import type { PersonId } from '#src/base/ids.ts';
import type { SessionConsent } from '#src/conversation/consent/session-consent.ts';
import type { ConversationLoop } from '#src/conversation/conversation-loop.ts';
import type { Mouth } from '#src/conversation/mouth/mouth.ts';
import type { SessionChannel } from '#src/conversation/session.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import type { Consent } from '#src/people/consent.ts';
import type { FeatureSession } from '#src/ports/feature-session.ts';
import { tryWrite } from '#src/ports/stores.ts';
import {
  type HeardSpan,
  type HearingStore,
  maxHearingAgeMs,
} from '#src/stores/hearing-store.ts';

/** After a crash, rows end at most this much early. */
const refreshMs = 60_000;
const refreshesPerHour = 60;
/** Rows that wait for a store that fails. Further ones are not kept. */
const maxWaitingRows = 1_000;

type RecordSession = {
  readonly consent: SessionConsent;
  readonly loop: ConversationLoop;
  readonly mouth: Mouth;
  readonly voiceChannel: SessionChannel;
};
type RecordDeps = Deps<'clock' | 'onEvent'> & { readonly store: HearingStore };

type RecordRow = {
  hearing: HeardSpan;
  isStored: boolean;
  isOver: boolean;
  /** The stored row lacks the latest end. */
  isChanged: boolean;
};

const ownRules: Partial<Readonly<Record<Consent, string>>> = {
  always: 'yes',
  brief: 'called',
};

/** Keeps who is heard in one session, from presence and consent. */
export class HearingRecord implements FeatureSession {
  readonly #session: RecordSession;
  readonly #deps: RecordDeps;
  readonly #rows = new Map<string, RecordRow>();
  #saving: Promise<void> | undefined;
  #isFailing = false;
  #hasEnded = false;
  #refreshCount = 0;
  #cancelRefresh: (() => void) | undefined;

  constructor(session: RecordSession, deps: RecordDeps) {
    this.#session = session;
    this.#deps = deps;
  }

  /** Begins and ends rows after people or consents changed. */
  onPresence(): void {
    this.#update();
    void this.#save();
  }

  /** Ends all rows, and resolves once they are stored or the store failed. */
  async onEnd(): Promise<object> {
    this.end();
    await this.#save();
    return {};
  }

  /** Ends all rows with the session. */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#update();
    void this.#save();
  }

  /** Moves the ends of open rows to now. Resolves once they are stored, or the store failed. */
  async refresh(): Promise<void> {
    this.#update();
    await this.#save();
  }

  /** Drops a person's rows, which the store erases. Never writes them again. */
  dropPerson(personId: PersonId): void {
    for (const [id, { hearing }] of this.#rows)
      if (hearing.personId === personId) this.#rows.delete(id);
  }

  #update() {
    const nowWallMs = this.#deps.clock.wallMs();
    const rules = this.#hasEnded ? new Map<PersonId, string>() : this.#listRules();
    // Nothing is heard without a link, so a row ends where it was last known.
    const isLinked = this.#session.loop.state.session.connection.kind === 'up';
    const openIds = new Set<PersonId>();
    for (const row of this.#rows.values()) {
      if (row.isOver) continue;
      const { personId, rule } = row.hearing;
      if (isLinked) {
        row.hearing = { ...row.hearing, toWallMs: nowWallMs };
        row.isChanged = true;
      }
      row.isOver = rules.get(personId) !== rule;
      if (!row.isOver) openIds.add(personId);
    }
    for (const [personId, rule] of rules)
      if (!openIds.has(personId)) this.#begin(personId, rule, nowWallMs);
    this.#planRefresh();
  }

  /** Plans to move ends after a minute, while rows are open or wait for the store. */
  #planRefresh() {
    if (this.#rows.size === 0 || this.#hasEnded) {
      this.#cancelRefresh?.();
      this.#cancelRefresh = undefined;
      return;
    }
    this.#cancelRefresh ??= this.#deps.clock.later(refreshMs, () => {
      this.#cancelRefresh = undefined;
      void this.#refreshAndExpire();
    });
  }

  async #refreshAndExpire() {
    await this.refresh();
    const { clock, onEvent, store } = this.#deps;
    const { guildId } = this.#session.voiceChannel.channel;
    // Old rows go at the first refresh of a session, and once an hour.
    if (this.#isFailing || this.#refreshCount++ % refreshesPerHour > 0) return;
    const oldestWallMs = clock.wallMs() - maxHearingAgeMs;
    await tryWrite(guildId, { clock, onEvent }, () => store.expire(oldestWallMs));
  }

  /** Lists the people who are heard now, by rule. */
  #listRules(): Map<PersonId, string> {
    const { consent, loop, voiceChannel } = this.#session;
    const rules = new Map<PersonId, string>();
    const { connection, restrictions } = loop.state.session;
    const isDeaf = restrictions.includes('deafened');
    if (connection.kind !== 'up' || isDeaf) return rules;
    for (const { id, isBot } of voiceChannel.listPeople())
      if (!isBot && consent.mayHear(id)) rules.set(id, this.#getRule(id));
    return rules;
  }

  #getRule(personId: PersonId): string {
    const { consent } = this.#session;
    const answer = consent.getConsent(personId);
    if (answer === 'policy') return consent.storedConsents.policy;
    return ownRules[answer] ?? answer;
  }

  #begin(personId: PersonId, rule: string, nowWallMs: number) {
    if (this.#rows.size >= maxWaitingRows) return;
    const { channelId, guildId } = this.#session.voiceChannel.channel;
    const hearing: HeardSpan = {
      id: randomUUID(),
      guildId,
      personId,
      channelId,
      fromWallMs: nowWallMs,
      toWallMs: nowWallMs,
      rule,
    };
    this.#rows.set(hearing.id, {
      hearing,
      isStored: false,
      isOver: false,
      isChanged: true,
    });
  }

  /** Writes what changed, one write at a time. */
  async #save(): Promise<void> {
    while (this.#saving !== undefined) await this.#saving;
    const changed = [...this.#rows.values()].filter(({ isChanged }) => isChanged);
    if (changed.length === 0) return;
    this.#saving = this.#write(changed);
    await this.#saving;
  }

  async #write(rows: readonly RecordRow[]) {
    const { guildId } = this.#session.voiceChannel.channel;
    const { clock, onEvent, store } = this.#deps;
    for (const row of rows) row.isChanged = false;
    const changes = {
      begun: rows.filter(({ isStored }) => !isStored).map(({ hearing }) => hearing),
      extended: rows.filter(({ isStored }) => isStored).map(({ hearing }) => hearing),
    };
    // One report is enough while the store is away.
    const watch = { clock, onEvent: this.#isFailing ? () => undefined : onEvent };
    const isWritten = await tryWrite(guildId, watch, () => store.write(changes));
    this.#isFailing = !isWritten;
    for (const row of rows) {
      if (isWritten) row.isStored = true;
      else row.isChanged = true;
      if (isWritten && row.isOver && !row.isChanged) this.#rows.delete(row.hearing.id);
    }
    this.#saving = undefined;
  }
}
