import { type GuildId, noGuild, type PersonId } from '#src/base/ids.ts';
import { runPeriodically } from '#src/base/loops/periodic-task.ts';
import { getAnswerMedium } from '#src/conversation/output/answer-delivery.ts';
import type { Owners } from '#src/conversation/session.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import { type Erasure, isRefusal } from '#src/people/consent.ts';
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
  /** Server and person of each erasure that runs now. */
  readonly #erasing = new Set<`${GuildId} ${PersonId}`>();

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
    sessions.denyAloud = (personId, session) => void this.#denyAloud(personId, session);
    sessions.deny = (guildId, personId) => this.deny(guildId, personId);
  }

  /** Collects the facts about a person that the bot knows. */
  async getStatus(guildId: GuildId, personId: PersonId): Promise<PrivacyStatus> {
    const [consent, settings, counts] = await Promise.all([
      this.#getConsent(guildId, personId),
      withStoreTimeout(guildId, this.#deps, 'store.unreadable', () =>
        this.#deps.store.countItems(guildId, personId),
      ),
      this.#askFeatures((feature) => feature.countStored?.(guildId, personId)),
    ]);
    if (settings === undefined || !counts) return { consent, stored: undefined };
    const lines = counts.reduce((sum, stored) => sum + stored.lines, 0);
    const memories = counts.reduce((sum, stored) => sum + stored.memories, 0);
    return { consent, stored: { settings, lines, memories } };
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
    const erasures = this.#forgetInFeatures(guildId, personId, 'withdrawn');
    const withdrawing = Promise.all(erasures.map((erase) => erase()));
    withdrawing.catch(() => undefined); // The caller awaits it.
    if (isSaved) await withdrawing;
    return { isSaved };
  }

  /** Applies a spoken no, and confirms it at the next pause or in writing. */
  async #denyAloud(
    personId: PersonId,
    session: Owners<'notices' | 'voiceChannel' | 'signal' | 'speech'>,
  ) {
    const { notices, voiceChannel, signal, speech } = session;
    const language = notices.getSpokenLocale(voiceChannel.languages.find(personId));
    const { isSaved } = await this.deny(voiceChannel.channel.guildId, personId);
    const lines = [
      { id: 'consent.no' },
      ...(isSaved ? [] : [{ id: 'privacy.unsaved' } as const]),
    ] as const;
    const isWaiting =
      getAnswerMedium(personId, voiceChannel) === 'aloud' &&
      speech.requests.queueNotice({
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
   * Erases a person's data in this server, and hears that person no more. An erasure with the outcome `failed` is
   * tried again each minute.
   */
  async forget(guildId: GuildId, personId: PersonId): Promise<ForgetOutcome> {
    // The no and the erasure are stored first, so that a crash in between ends nothing.
    const choices = this.#sessions.consents.getChoices(guildId);
    const erasure = { guildId, personId, sinceWallMs: this.#deps.clock.wallMs() };
    const isBegun = await choices.saveConsent(personId, {
      kind: 'forgotten',
      erasesSinceWallMs: erasure.sinceWallMs,
    });
    this.#sessions.forgetEndedConversation(guildId);
    for (const session of this.#sessions.listSessions(guildId)) {
      session.consentNotices.forgetPerson(personId);
      if (session.followedId === personId) session.followedId = undefined;
    }
    this.#forgetInMemory(guildId, personId);
    // A journal may hold what the database does not take. The erasure is then tried again each minute.
    const { store } = this.#deps;
    const [erasures] = await Promise.all([
      withStoreTimeout(guildId, this.#deps, 'store.unreadable', () =>
        store.listErasures(),
      ),
      this.#sessions.waitForSeat(guildId),
    ]);
    const isReachable = isBegun && erasures !== undefined;
    return isReachable ? await this.#eraseOnce(erasure) : { kind: 'failed' };
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
    for (const erasure of erasures) {
      const { guildId, personId } = erasure;
      if (
        this.#deps.places.hasGuild(guildId) &&
        !this.#erasing.has(`${guildId} ${personId}`)
      )
        await this.#eraseOnce(erasure);
    }
  }

  async #eraseOnce(erasure: Erasure) {
    const key = `${erasure.guildId} ${erasure.personId}` as const;
    this.#erasing.add(key);
    const outcome = await this.#eraseAll(erasure);
    this.#erasing.delete(key);
    return outcome;
  }

  async #eraseAll(erasure: Erasure): Promise<ForgetOutcome> {
    const { guildId, personId } = erasure;
    const deps = this.#deps;
    const erasures = this.#forgetInMemory(guildId, personId);
    const results = await Promise.all([
      withStoreTimeout(
        guildId,
        deps,
        'store.unwritable',
        () => deps.store.erasePerson(guildId, personId),
        eraseTimeoutMs,
      ),
      ...erasures.map((erase) => erase()),
    ]);
    this.#forgetInMemory(guildId, personId); // Again, for data that was read meanwhile.
    this.#sessions.consents.getChoices(guildId).erasedWords.noteErasure(personId);
    const counts = results.filter((count) => count !== undefined);
    if (counts.length < results.length) return { kind: 'failed' };
    const endErasure = () => deps.store.endErasure(erasure);
    if (!(await tryWrite(guildId, deps, endErasure))) return { kind: 'failed' };
    const staysBlocked = await this.#isBlocked(guildId, personId);
    const total = counts.reduce((sum, count) => sum + count);
    return { kind: 'forgotten', total, staysBlocked: staysBlocked || undefined };
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
