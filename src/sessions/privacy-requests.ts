import type { AdmittedErasure, PersonErasure } from '#src/base/erasures.ts';
import { type GuildId, noGuild, type PersonId } from '#src/base/ids.ts';
import { runPeriodically } from '#src/base/loops/periodic-task.ts';
import { getAnswerMedium } from '#src/conversation/mouth/answer-delivery.ts';
import type { Mouth } from '#src/conversation/mouth/mouth.ts';
import type { SessionChannel } from '#src/conversation/session.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import type { ChannelNotices } from '#src/notices/channel-notices.ts';
import { isRefusal, type StoredErasure } from '#src/people/consent.ts';
import type {
  AllowOutcome,
  ExportOutcome,
  ForgetOutcome,
  PrivacyStatus,
  SaveOutcome,
} from '#src/ports/command-ports.ts';
import type { ErasureReason, PersonHooks } from '#src/ports/feature-session.ts';
import { eraseTimeoutMs, tryWrite, withStoreTimeout } from '#src/ports/stores.ts';
import type { FeatureShard } from './shard-features.ts';
import type { VoiceSessions } from './voice-sessions.ts';

const resumeErasuresMs = 60_000;
const failed: ForgetOutcome = { kind: 'failed' };
/** A spoken receipt that finds no pause in this time is written. */
const maxReceiptWaitMs = 10_000;

/**
 * Carries out the choices of people about being heard, and erases or exports their data. A choice applies in the
 * channel first, and is then stored.
 */
export class PrivacyRequests {
  readonly #deps;
  readonly #sessions;
  readonly #features;
  readonly #erasures;

  constructor(
    deps: Deps<
      'clock' | 'onEvent' | 'peopleSettings' | 'places' | 'spending' | 'store'
    >,
    sessions: VoiceSessions,
    features: readonly FeatureShard[],
  ) {
    this.#features = features.flatMap(({ person }) => person ?? []);
    this.#deps = deps;
    this.#sessions = sessions;
    this.#erasures = sessions.erasures;
    sessions.denyAloud = (personId, session) => void this.#denyAloud(personId, session);
    sessions.deny = (guildId, personId) => this.deny(guildId, personId);
  }

  /** Collects the facts about a person that the bot knows. */
  async getStatus(guildId: GuildId, personId: PersonId): Promise<PrivacyStatus> {
    const [consent, stored] = await Promise.all([
      this.#getConsent(guildId, personId),
      this.#countStored(guildId, personId),
    ]);
    return { consent, stored };
  }

  /** Counts what is stored of a person. Undefined where a store is in trouble. */
  async #countStored(
    guildId: GuildId,
    personId: PersonId,
    counting: 'countItems' | 'countErasable' = 'countItems',
  ) {
    const [settings, counts] = await Promise.all([
      withStoreTimeout(guildId, this.#deps, 'store.unreadable', () =>
        this.#deps.store[counting](guildId, personId),
      ),
      this.#askFeatures((feature) => feature.countStored?.(guildId, personId)),
    ]);
    if (settings === undefined || !counts) return undefined;
    const lines = counts.reduce((sum, stored) => sum + stored.lines, 0);
    const memories = counts.reduce((sum, stored) => sum + stored.memories, 0);
    const notes = counts.reduce((sum, stored) => sum + stored.notes, 0);
    return { settings, lines, memories, notes };
  }

  /** Lets a person that may use the bot be heard from the next packet on, even if that is not stored. */
  async allow(guildId: GuildId, personId: PersonId): Promise<AllowOutcome> {
    const choices = this.#sessions.consents.getChoices(guildId);
    const former = choices.findConsent(personId);
    const line = await this.#findDenial(guildId, personId);
    if (line) return { kind: 'denied', line };
    // A no that came while Discord or the store was asked is the later answer.
    const latest = choices.findConsent(personId);
    if (latest !== former && isRefusal(latest)) return { kind: 'withdrawn' };
    const isSaved = await choices.saveConsent(personId, { kind: 'always' });
    return { kind: 'allowed', isSaved };
  }

  /** Finds why a person may not use the bot, by the roles of now. */
  async #findDenial(guildId: GuildId, personId: PersonId) {
    const { places } = this.#deps;
    const present = this.#sessions
      .listSessions(guildId)
      .flatMap(({ voiceChannel }) => voiceChannel.findPerson(personId) ?? []);
    const [member] =
      present.length > 0 ? present : await places.listMembers(guildId, [personId]);
    const caller = {
      id: personId,
      roleIds: member?.roleIds ?? [],
      mayManage: places.mayManage(guildId, personId),
    };
    return await this.#sessions.settings.findDenial({ guildId, caller });
  }

  /** Hears a person no more, from the next packet on, and withdraws that person's data. */
  async deny(guildId: GuildId, personId: PersonId): Promise<SaveOutcome> {
    // The no counts in every session and is stored before anything is erased. Where it cannot be stored, nobody waits for the
    // other stores.
    const choices = this.#sessions.consents.getChoices(guildId);
    const isSaved = await choices.saveConsent(personId, { kind: 'never' });
    const erasers = this.#forgetInFeatures(guildId, personId, 'withdrawn');
    const withdrawing = this.#erasures.admitErasure(
      { kind: 'withdrawn', guildId, personId },
      (erasure) => Promise.all(erasers.map((erase) => erase(erasure))),
    );
    withdrawing.catch(() => undefined); // The caller awaits it.
    if (isSaved) await withdrawing;
    return { isSaved };
  }

  /** Applies a spoken no, and confirms it at the next pause or in writing. */
  async #denyAloud(
    personId: PersonId,
    session: {
      readonly notices: ChannelNotices;
      readonly voiceChannel: SessionChannel;
      readonly signal: AbortSignal;
      readonly mouth: Mouth;
    },
  ) {
    const { notices, voiceChannel, signal, mouth } = session;
    const language = notices.getSpokenLocale(voiceChannel.languages.find(personId));
    const { isSaved } = await this.deny(voiceChannel.channel.guildId, personId);
    const lines = [
      { id: 'consent.no' },
      ...(isSaved ? [] : [{ id: 'privacy.unsaved' } as const]),
    ] as const;
    const isWaiting =
      getAnswerMedium(personId, voiceChannel) === 'aloud' &&
      mouth.requests.queueNotice({
        language,
        maxWaitMs: maxReceiptWaitMs,
        getText: () =>
          lines
            .map((noticeLine) => notices.formatSpokenText(noticeLine, language))
            .join(' '),
        onEnded: (wasHeard) =>
          wasHeard || notices.notifyPerson(personId, lines, signal),
      });
    if (!isWaiting) notices.notifyPerson(personId, lines, signal);
  }

  /**
   * Erases a person's data in this server, and hears that person no more. Requests that come meanwhile get the same outcome.
   * An erasure with the outcome `failed` is tried again each minute.
   */
  async forget(guildId: GuildId, personId: PersonId): Promise<ForgetOutcome> {
    const beginning = this.#beginForgetting(guildId, personId);
    const outcome = await this.#erasures.admitErasure(
      { kind: 'forgotten', guildId, personId },
      async (erasure, former?: ForgetOutcome) =>
        (await beginning) ? await this.#erasePerson(erasure, former) : failed,
    );
    return (await beginning) ? outcome : failed;
  }

  /**
   * Says no for a person and drops their words from memory, at once. Of a person who was forgotten and did not agree since,
   * nothing is in the talk of others. False if the no is not stored.
   */
  async #beginForgetting(guildId: GuildId, personId: PersonId) {
    const choices = this.#sessions.consents.getChoices(guildId);
    this.#forgetInMemory(guildId, personId);
    for (const session of this.#sessions.listSessions(guildId)) {
      session.consentNotices.forgetPerson(personId);
      if (session.followedId === personId) session.followedId = undefined;
    }
    if (choices.wasForgotten(personId)) return true;
    this.#forgetQuotes(guildId);
    // The no and the erasure are stored first, so that a crash in between ends nothing.
    return await choices.saveConsent(personId, {
      kind: 'forgotten',
      erasesSinceWallMs: this.#deps.clock.wallMs(),
    });
  }

  #forgetQuotes(guildId: GuildId) {
    this.#sessions.forgetEndedConversation(guildId);
    for (const feature of this.#features) feature.forgetQuotes?.(guildId);
  }

  /** Goes on with erasures that failed or were cut off by a restart, until `signal` is aborted. Never rejects. */
  async resumePendingErasures(signal: AbortSignal): Promise<void> {
    await runPeriodically(
      {
        name: 'erasure',
        clock: this.#deps.clock,
        everyMs: resumeErasuresMs,
        run: () => this.#resumePendingErasures(),
        report: (change) => this.#deps.onEvent(noGuild, change),
      },
      signal,
    );
  }

  async #resumePendingErasures() {
    const erasures = await this.#deps.store.listErasures().catch(() => []); // A store in trouble is reported elsewhere.
    for (const { guildId, personId } of erasures)
      if (this.#deps.places.hasGuild(guildId))
        await this.#erasures.admitErasure(
          { kind: 'forgotten', guildId, personId },
          (erasure, former?: ForgetOutcome) => this.#erasePerson(erasure, former),
        );
  }

  /** Erases what a stored erasure is for, or what came after it ended. Writes nothing where nothing is stored. */
  async #erasePerson(
    erasure: AdmittedErasure<PersonErasure>,
    former: ForgetOutcome | undefined,
  ): Promise<ForgetOutcome> {
    const { guildId, personId } = erasure;
    const formerTotal = former?.kind === 'forgotten' ? former.total : 0;
    const pending = await this.#findErasure(guildId, personId);
    if (pending === 'unread') return failed;
    const count = pending ? await this.#eraseStored(erasure, pending) : 0;
    if (count === undefined) return failed;
    const staysBlocked = await this.#isBlocked(guildId, personId);
    return {
      kind: 'forgotten',
      total: formerTotal + count,
      staysBlocked: staysBlocked || undefined,
    };
  }

  /** Finds the stored erasure of a person, and stores one if there is none though something is stored. */
  async #findErasure(guildId: GuildId, personId: PersonId) {
    const { clock, store } = this.#deps;
    // A journal may hold what the database does not take. The erasure is then tried again each minute.
    const [erasures] = await Promise.all([
      withStoreTimeout(guildId, this.#deps, 'store.unreadable', () =>
        store.listErasures(),
      ),
      this.#sessions.waitForSeat(guildId),
    ]);
    if (!erasures) return 'unread';
    const pending = erasures.find(
      (one) => one.guildId === guildId && one.personId === personId,
    );
    if (pending) return pending;
    const stored = await this.#countStored(guildId, personId, 'countErasable');
    if (stored && Object.values(stored).every((count) => count === 0)) return undefined;
    const choices = this.#sessions.consents.getChoices(guildId);
    const sinceWallMs = clock.wallMs();
    // A yes that came meanwhile stays.
    const { kind } = choices.findConsent(personId) ?? { kind: 'forgotten' };
    const word = { kind, erasesSinceWallMs: sinceWallMs };
    const isBegun = await choices.saveConsent(personId, word);
    return isBegun ? { guildId, personId, sinceWallMs } : 'unread';
  }

  /** Erases stored data, and ends the stored erasure. Undefined after a failure. */
  async #eraseStored(erasure: AdmittedErasure<PersonErasure>, pending: StoredErasure) {
    const { guildId, personId } = erasure;
    const deps = this.#deps;
    const erasers = this.#forgetInMemory(guildId, personId);
    const results = await Promise.all([
      withStoreTimeout(
        guildId,
        deps,
        'store.unwritable',
        () => deps.store.erasePerson(erasure),
        eraseTimeoutMs,
      ),
      ...erasers.map((erase) => erase(erasure)),
    ]);
    this.#forgetInMemory(guildId, personId); // Again, for data that was read meanwhile.
    this.#sessions.consents.getChoices(guildId).erasedWords.noteErasure(personId);
    const counts = results.filter((count) => count !== undefined);
    const total = counts.reduce((sum, count) => sum + count, 0);
    if (total > 0) this.#forgetQuotes(guildId);
    if (counts.length < results.length) return undefined;
    const endErasure = () => deps.store.endErasure(pending, deps.clock.wallMs());
    return (await tryWrite(guildId, deps, endErasure)) ? total : undefined;
  }

  #forgetInMemory(guildId: GuildId, personId: PersonId) {
    this.#deps.spending.forget(guildId, personId);
    this.#deps.peopleSettings.forgetSettings(guildId, personId);
    return this.#forgetInFeatures(guildId, personId, 'forgotten');
  }

  #forgetInFeatures(guildId: GuildId, personId: PersonId, reason: ErasureReason) {
    return this.#features.flatMap(
      (feature) => feature.forgetPerson?.(guildId, personId, reason) ?? [],
    );
  }

  /** Collects a person's data in this server as JSON. Words of others are not in it. */
  async exportPerson(guildId: GuildId, personId: PersonId): Promise<ExportOutcome> {
    const deps = this.#deps;
    const { store } = deps;
    const standings = await withStoreTimeout(guildId, deps, 'store.unreadable', () =>
      store.read(guildId),
    );
    const settings = await this.#deps.peopleSettings.loadSettings(guildId, personId);
    const fields = await this.#askFeatures((feature) =>
      feature.exportFields?.(guildId, personId),
    );
    const tables = await withStoreTimeout(guildId, deps, 'store.unreadable', () =>
      store.listRows(guildId, personId),
    );
    if (!standings || !settings || !fields || !tables) return { kind: 'failed' };
    const consent = standings.get(personId);
    const isSet = Object.keys(settings).length > 0;
    const isBlocked = await this.#isBlocked(guildId, personId);
    const personFields = {
      consent,
      settings: isSet ? settings : undefined,
      isBlocked: isBlocked || undefined,
    };
    const featureFields = Object.assign({}, ...fields);
    const exported = { guildId, personId, ...personFields, ...featureFields, tables };
    return { kind: 'exported', json: JSON.stringify(exported, undefined, 2) };
  }

  /** Asks each feature. Undefined where a store is in trouble. */
  async #askFeatures<T>(
    hook: (feature: PersonHooks) => Promise<T | undefined> | undefined,
  ) {
    const results = await Promise.all(
      this.#features.flatMap((feature) => hook(feature) ?? []),
    );
    const read = results.filter((result): result is Awaited<T> => result !== undefined);
    return read.length === results.length ? read : undefined;
  }

  async #getConsent(guildId: GuildId, personId: PersonId) {
    // Where the bot sits nowhere, only a stored consent counts.
    const { consents, settings } = this.#sessions;
    const session = this.#sessions.listSessions(guildId).at(-1)?.consent;
    const [areSettingsLoaded, choices] = session
      ? []
      : await Promise.all([settings.loadGuild(guildId), consents.loadChoices(guildId)]);
    const consent = session
      ? session.getConsent(personId)
      : consents.getConsent(guildId, { id: personId, roleIds: [] });
    const isLoaded = session?.isLoaded ?? (areSettingsLoaded && choices?.isLoaded);
    return consent === 'unasked' && !isLoaded ? 'unread' : consent;
  }

  async #isBlocked(guildId: GuildId, personId: PersonId) {
    const { settings } = this.#sessions;
    await settings.loadGuild(guildId);
    return settings.getForGuild(guildId).blockedIds.includes(personId);
  }
}
