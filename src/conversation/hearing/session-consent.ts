import type { GuildId, PersonId } from '#src/base/ids.ts';
import type { ConversationLoop } from '#src/conversation/conversation-loop.ts';
import {
  getConsent,
  getStanding,
  mayHear,
} from '#src/conversation/machine/selectors.ts';
import type { Participant } from '#src/conversation/machine/state.ts';
import type { ChannelNotices } from '#src/notices/channel-notices.ts';
import type { Consent, Standing, StoredConsents } from '#src/people/consent.ts';
import { judgeAccess } from '#src/people/rights.ts';
import type { Places } from '#src/ports/command-ports.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import type { GuildChoices } from '#src/settings/guild-consents.ts';
import type { ConsentPolicySettings } from '#src/settings/setting-definition.ts';
import type { StoredSettings } from '#src/settings/stored-settings.ts';

type SessionConsentOptions = {
  readonly getRules: () => ConsentPolicySettings;
  readonly isAdmitted: (personId: PersonId) => boolean;
  readonly choices: GuildChoices;
  readonly isLoaded: () => boolean;
  readonly loop: () => Pick<
    ConversationLoop,
    'post' | 'state' | 'syncConsents' | 'syncPeople'
  >;
};

export type SessionAnswers = {
  readonly agreedIds: readonly PersonId[];
  readonly isPaused: boolean;
};

export type SessionConsent = ReturnType<typeof createSessionConsent>;

/** Keeps consent in one session. The conversation decides, and a change counts from the next packet. */
export function createSessionConsent(options: SessionConsentOptions) {
  const withdrawals = createWithdrawals();
  let changeListener: (() => void) | undefined;
  let answerListener: (() => void) | undefined;

  /** Returns whether a person is left out of captions and prompts. */
  function isLeftOut(personId: PersonId): boolean {
    // Until the choices are read, everybody is.
    return options.choices.isLeftOut(personId) !== false;
  }

  function isAdmitted(personId: PersonId): boolean {
    // The conversation knows of participants. Settings decide about others.
    const person = getPresence().people.find(({ id }) => id === personId);
    return person ? person.isAdmitted : options.isAdmitted(personId);
  }

  function refresh() {
    const loop = options.loop();
    loop.syncPeople();
    loop.syncConsents();
    changeListener?.();
    answerListener?.();
  }

  function isHeard(personId: PersonId): boolean {
    return isAdmitted(personId) && mayHear(getPresence(), personId);
  }

  function hasSaidNo(personId: PersonId): boolean {
    return getPresence().consent.no.includes(personId);
  }

  function getPresence() {
    return options.loop().state.presence;
  }

  return {
    withdrawals,
    get answers(): SessionAnswers {
      // A no outlives the session.
      const { callers, isPaused } = getPresence().consent;
      return { agreedIds: callers.filter((id) => !hasSaidNo(id)), isPaused };
    },
    get isPaused(): boolean {
      return getPresence().consent.isPaused;
    },
    set isPaused(isPaused: boolean) {
      options.loop().post({ kind: 'paused-hearing', isPaused });
      refresh();
    },
    /** Returns whether stored consents are loaded. Until then, only a press of Hear me counts. */
    get isLoaded(): boolean {
      return getPresence().consent.isLoaded;
    },
    addCaller(personId: PersonId) {
      options.loop().post({ kind: 'answered-consent', by: personId, answer: 'called' });
      refresh();
    },
    canWrite(personId: PersonId): boolean {
      return isHeard(personId) && !isLeftOut(personId);
    },
    isLeftOut,
    /** Gets the consent of a person, whether or not hearing is paused. Barred people have a no. */
    getConsent(personId: PersonId): Consent {
      return isAdmitted(personId) ? getConsent(getPresence(), personId) : 'no';
    },
    isAdmitted,
    refresh,
    mayHear: isHeard,
    getStanding(personId: PersonId): Standing {
      return isAdmitted(personId) ? getStanding(getPresence(), personId) : 'no';
    },
    hasSaidNo,
    onChange(listener: () => void) {
      changeListener = listener;
    },
    onAnswered(listener: () => void) {
      answerListener = listener;
    },
    get storedConsents(): StoredConsents {
      const { choices, isLoaded, getRules } = options;
      const { policy } = getRules();
      return { policy, isLoaded: isLoaded() && choices.isLoaded, ...choices.answers };
    },
    getRights({
      id,
      roleIds,
    }: ChannelMember): Pick<Participant, 'hasRole' | 'isAdmitted'> {
      const { roleId } = options.getRules();
      return {
        isAdmitted: options.isAdmitted(id),
        hasRole: roleId !== undefined && roleIds.includes(roleId),
      };
    },
  };
}

/** A no aborts the signal of its person. */
function createWithdrawals() {
  const controllers = new Map<string, AbortController>();

  return {
    getSignal(personId: PersonId) {
      const open = controllers.get(personId) ?? new AbortController();
      controllers.set(personId, open);
      return open.signal;
    },
    withdrawPerson(personId: PersonId) {
      controllers.get(personId)?.abort(new Error('the person withdrew their consent'));
      controllers.delete(personId);
    },
  };
}

/** Packets that an unheard person sends before the bot tells them: 5 s of sound. */
const minUnheardPackets = 250;
const maxRememberedPeople = 1_000;

type UndecidedDeps = {
  readonly consent: SessionConsent;
  readonly notices: ChannelNotices;
  readonly findPerson: (personId: PersonId) => ChannelMember | undefined;
  readonly signal: AbortSignal;
};

type ToldPeople = {
  readonly notified: Set<PersonId>;
  noticed: Set<string> | undefined;
};

export type UndecidedPeople = ReturnType<typeof createUndecidedPeople>;

/** Tells undecided people once how they are heard. */
export function createUndecidedPeople(
  deps: UndecidedDeps,
  former: { readonly told: ToldPeople } | undefined,
) {
  const packetCounts = new Map<string, number>();
  const told: ToldPeople = former
    ? { ...former.told }
    : { notified: new Set(), noticed: undefined };

  function isUndecided({ id, isBot }: ChannelMember) {
    const { consent } = deps;
    const isUndecided = consent.getStanding(id) === 'unasked' && !consent.isLeftOut(id);
    return consent.isLoaded && !isBot && isUndecided;
  }

  function notifyArrival(personId: PersonId, noticed: Set<string>) {
    const { consent, notices, signal } = deps;
    if (noticed.has(personId) || noticed.size >= maxRememberedPeople) return;
    if (consent.getConsent(personId) !== 'policy') return;
    noticed.add(personId);
    notices.notifyPerson(personId, [{ id: 'consent.policy' }], signal);
  }

  return {
    told,
    updatePresence(people: readonly ChannelMember[]) {
      const ids = new Set(people.map(({ id }) => id));
      for (const id of packetCounts.keys()) if (!ids.has(id)) packetCounts.delete(id);
      told.noticed ??= ids;
      for (const id of ids) notifyArrival(id, told.noticed);
    },
    forgetPerson(personId: PersonId) {
      packetCounts.delete(personId);
      told.notified.delete(personId);
      told.noticed?.delete(personId);
    },
    /** Counts an unheard person's packet. After enough packets, asks for consent. Never throws. */
    onUnheardPacket(speakerId: PersonId) {
      if (told.notified.has(speakerId) || told.notified.size >= maxRememberedPeople)
        return;
      const { consent, findPerson, notices, signal } = deps;
      const person = findPerson(speakerId);
      if (!person || consent.isPaused || !isUndecided(person)) return;
      const count = (packetCounts.get(speakerId) ?? 0) + 1;
      packetCounts.set(speakerId, count);
      if (count < minUnheardPackets) return;
      packetCounts.delete(speakerId);
      told.notified.add(speakerId);
      notices.notifyPerson(speakerId, [{ id: 'consent.unasked' }], signal);
    },
  };
}

/**
 * Creates a check whether a participant may use the bot, by the server's roles and
 * blocked people.
 */
export function createAdmissionCheck(
  guildId: GuildId,
  people: () => readonly ChannelMember[],
  { places }: { readonly places: Pick<Places, 'mayManage'> },
  settings: Pick<StoredSettings, 'getForGuild'>,
): (personId: PersonId) => boolean {
  return (id) => {
    const rules = settings.getForGuild(guildId);
    if (rules.blockedIds.length + rules.userRoleIds.length === 0) return true;
    const roleIds = people().find((person) => person.id === id)?.roleIds ?? [];
    const mayManage = places.mayManage(guildId, id);
    return judgeAccess(rules, { id, roleIds, mayManage }) === 'open';
  };
}
